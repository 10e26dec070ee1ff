"""Kept estimates: what a cell's images were denoised to, so that they can be scored again.

OUT/estimates/CELL/REPEAT/NAME.npy is float32, (H, W) or (H, W, 3), as a method made it: neither
clipped nor rounded, cropped to the image where a protocol pads.
"""

from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from denoisebench.errors import UserError
from denoisebench.files import file_names, npy_bytes, ordinary_file, write_whole
from denoisebench.images.pixels import Pixels


@dataclass(frozen=True, slots=True)
class Estimates:
    """The estimates of one cell, kept or to be kept.  images: the ids of its images, in order."""

    out: Path
    cell: str
    images: tuple[str, ...]

    @property
    def folder(self) -> Path:
        """The folder of all of them."""
        return self.out / "estimates" / self.cell

    def path(self, image: str, repeat: int) -> Path:
        """Where the estimate of one image is, or will be."""
        return self.folder / str(repeat) / f"{file_names(self.images)[image]}.npy"

    def keep(self, estimate: Pixels, image: str, repeat: int) -> None:
        """Store an estimate (C, H, W).  Raises UserError when it cannot be written."""
        write_whole(self.path(image, repeat), npy_bytes(estimate))

    def missing(self, repeats: int, left_out: Collection[tuple[str, int]] = ()) -> bool:
        """Whether an estimate of some image is missing; each image has `repeats` of them, except
        for the pairs of image and repeat in `left_out`."""
        wanted = {(image, repeat) for image in self.images for repeat in range(repeats)}
        return not all(self.path(*which).exists() for which in wanted.difference(left_out))

    def read(self, image: str, repeat: int) -> Pixels:
        """A kept estimate, (C, H, W).  Raises UserError for a file that is missing or damaged."""
        path = self.path(image, repeat)
        try:
            # Mapped: a header that claims more than the file holds allocates nothing.
            pixels = np.load(ordinary_file(path), mmap_mode="r", allow_pickle=False)
        except OSError as error:
            raise UserError(f"cannot read the estimate {path}: {error.strerror or error}") from None
        except Exception as error:  # noqa: BLE001  # NumPy parses the header as Python code
            raise _damaged(path, str(error)) from None
        if pixels.dtype != np.float32 or pixels.ndim not in (2, 3):
            raise _damaged(path, "it is not a float32 image")
        return np.array(pixels[None] if pixels.ndim == 2 else np.moveaxis(pixels, -1, 0))


def _damaged(path: Path, why: str) -> UserError:
    reason = " ".join(why.split())[:100]
    return UserError(
        f"the estimate {path} is damaged: {reason}; delete it, and a run with --keep-estimates"
        " makes it again"
    )
