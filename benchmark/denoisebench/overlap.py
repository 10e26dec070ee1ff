"""Training images that are also test images: found by content, refused with both files named.

Three nets: the same stored file; a record in the catalog (crops, the same photograph stored
otherwise); the same pixels (`refuse_same_pixels`, when the images are read anyway).
"""

from collections.abc import Mapping

from denoisebench.errors import UserError
from denoisebench.images import ImageSet


def refuse_overlap(train_set: ImageSet, test_set: ImageSet) -> None:
    """Raise UserError when the two sets share a file, or content that is on record."""
    trained = {image.sha256: image.id for image in train_set.images}
    tested = {image.sha256: image.id for image in test_set.images}
    for sha256 in trained.keys() & tested.keys():
        raise _refusal(train_set.spec, trained[sha256], test_set.spec, tested[sha256], "same file")
    for share in test_set.shares:
        if share.other_sha256 in trained:
            train_id = trained[share.other_sha256]
            raise _refusal(train_set.spec, train_id, test_set.spec, share.image, share.how)
    for share in train_set.shares:
        if share.other_sha256 in tested:
            test_id = tested[share.other_sha256]
            raise _refusal(train_set.spec, share.image, test_set.spec, test_id, share.how)


def refuse_same_pixels(
    train_spec: str, trained: Mapping[str, str], test_spec: str, tested: Mapping[str, str]
) -> None:
    """Raise UserError when an image is in both; `trained`, `tested`: pixel hash -> image id."""
    for key in trained.keys() & tested.keys():
        raise _refusal(train_spec, trained[key], test_spec, tested[key], "same pixels")


def _refusal(train_spec: str, train_id: str, test_spec: str, test_id: str, how: str) -> UserError:
    return UserError(
        f"training set {train_spec} and data set {test_spec} overlap: {train_spec}/{train_id}"
        f" and {test_spec}/{test_id} ({how}); train on a set without it"
    )
