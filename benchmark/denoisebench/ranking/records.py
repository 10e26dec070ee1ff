"""Findings of ranking without clean images: one JSON file for each method on each image set.

A file, `OUT/ranks/ID.json`, appears whole or not at all; its id is a hash of everything that
decides what is in it, so that what was found is not computed again.
"""

import math
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Self

from denoisebench.documents import read_json
from denoisebench.errors import UserError
from denoisebench.files import write_whole
from denoisebench.planning.ids import hash_of
from denoisebench.planning.plan import CellPlan
from denoisebench.results.strict_json import json_text, parse, stored

UNITS_255 = "0-255 units"
VARIANCES = "variances of the noise"

RANK_VERSION = "denoisebench rank 1"
"""Part of every key and id: a change of what is drawn or scored changes it."""


@dataclass(frozen=True, slots=True)
class ImageRank:
    """The scores of one denoised image that need no clean image.

    NaN: not to be had.  An image that does not tell the level that the method needs is not denoised
    and has none.  sigma_255: the level that SURE used.  psnr_db: against the clean image, where
    there is one.
    """

    image: str
    masked_error: float
    whiteness: float
    sure: float
    sigma_255: float
    psnr_db: float

    @property
    def is_denoised(self) -> bool:
        return not math.isnan(self.masked_error)


@dataclass(frozen=True, slots=True)
class RankedMethod:
    """A method on one image set.  weights, train_set: where its denoiser comes from.  unit: of its
    squares, the masked error and SURE."""

    dataset: str
    noise: str
    parameters: str
    method: str
    weights: str
    train_set: str
    images: tuple[ImageRank, ...]
    unit: str = UNITS_255

    def in_variances(self, sigma_255: float) -> Self:
        """The same with squares in variances of noise of this level: 1 is the noisy image."""
        variance = sigma_255**2
        images = tuple(
            replace(i, masked_error=i.masked_error / variance, sure=i.sure / variance)
            for i in self.images
        )
        return replace(self, images=images, unit=VARIANCES)


def rank_path(out: Path, cell: CellPlan) -> Path:
    """Where the ranks of a cell are, or will be."""
    return out / "ranks" / f"{hash_of({'rank': RANK_VERSION, 'cell': cell.id})}.json"


def write_ranked(path: Path, ranked: RankedMethod) -> None:
    """Store what was found.  Raises UserError when it cannot be written."""
    write_whole(path, json_text(stored(asdict(ranked))).encode())


def read_ranked(path: Path) -> RankedMethod:
    """The stored records.  Raises UserError for a file that cannot be read or is damaged."""
    try:
        record = read_json(path)
        for image in record["images"]:  # NaN was null in files of earlier versions
            image.update({name: "nan" for name, value in image.items() if value is None})
        return parse(RankedMethod, record)
    except OSError as error:
        raise UserError(f"cannot read {path}: {error.strerror or error}") from None
    except (ValueError, KeyError, TypeError, AttributeError):
        raise UserError(
            f"{path} is damaged; delete it, and the next ranking computes it again"
        ) from None
