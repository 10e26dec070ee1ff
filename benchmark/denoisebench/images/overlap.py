"""Images that two sets share and must not: found by content, refused with both files named.

Three nets: the same stored file; a record in the catalog (crops, the same photograph stored
otherwise); the same pixels (`refuse_same_pixels`, when the images are read anyway).
"""

from collections.abc import Mapping
from dataclasses import dataclass

from denoisebench.errors import UserError
from denoisebench.images.image_set import ImageSet


@dataclass(frozen=True, slots=True)
class DisjointRule:
    """The roles of two sets that must share nothing, and the advice if they do."""

    one: str
    other: str
    advice: str


TRAIN_AND_TEST = DisjointRule("training set", "data set", "train on a set without it")
CLEAN_AND_TEST = DisjointRule("clean set", "data set", "give a --clean-set without it")
CLEAN_AND_TRAIN = DisjointRule("clean set", "training set", "give a --clean-set of other scenes")


def refuse_overlap(one: ImageSet, other: ImageSet, apart: DisjointRule = TRAIN_AND_TEST) -> None:
    """Raise UserError when the two sets share a file, or content that is on record."""
    of_one = {image.sha256: image.id for image in one.images}
    of_other = {image.sha256: image.id for image in other.images}
    for sha256 in of_one.keys() & of_other.keys():
        raise _refusal(apart, one.spec, of_one[sha256], other.spec, of_other[sha256], "same file")
    for share in other.shares:
        if share.other_sha256 in of_one:
            one_id = of_one[share.other_sha256]
            raise _refusal(apart, one.spec, one_id, other.spec, share.image, share.how)
    for share in one.shares:
        if share.other_sha256 in of_other:
            other_id = of_other[share.other_sha256]
            raise _refusal(apart, one.spec, share.image, other.spec, other_id, share.how)


def refuse_same_pixels(
    one_spec: str,
    of_one: Mapping[str, str],
    other_spec: str,
    of_other: Mapping[str, str],
    apart: DisjointRule = TRAIN_AND_TEST,
) -> None:
    """Raise UserError when an image is in both; `of_one`, `of_other`: pixel hash -> image id."""
    for key in of_one.keys() & of_other.keys():
        raise _refusal(apart, one_spec, of_one[key], other_spec, of_other[key], "same pixels")


def _refusal(
    apart: DisjointRule, one_spec: str, one_id: str, other_spec: str, other_id: str, how: str
) -> UserError:
    return UserError(
        f"{apart.one} {one_spec} and {apart.other} {other_spec} overlap: {one_spec}/{one_id}"
        f" and {other_spec}/{other_id} ({how}); {apart.advice}"
    )
