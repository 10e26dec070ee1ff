"""An image file whose header was read, whatever its format."""

import logging
import struct
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

Stored = npt.NDArray[Any]  # (H, W) or (H, W, samples), in the file's own type
Shape = tuple[int, int, int]  # channels, height, width

UPRIGHT = 1
"""EXIF's orientation of pixels that are stored as they are shown."""
_ORIENTATION = 274  # tag of EXIF

EIGHT_BITS, SIXTEEN_BITS = np.dtype(np.uint8), np.dtype(np.uint16)


class Kind(NamedTuple):
    """The type of a file's values.  bits: of a value as stored."""

    bits: int
    is_float: bool


@dataclass(frozen=True, slots=True)
class Encoded:
    """A file's header, and how its values are decoded.

    shape: of the image, without alpha.  samples: values of a pixel as decoded, alpha included.
    type: of a value as decoded.  bits: of a value as stored.  nodata: the value that the file says
    stands for missing data.  orientation: EXIF's number for how the pixels are turned to be shown.
    decode: gives the values; raises RefusedError for a sound file that is not taken, and anything
    else for a broken one.
    """

    shape: Shape
    samples: int
    type: "np.dtype[Any]"
    bits: int
    decode: Callable[[], Stored]
    nodata: float | None = None
    orientation: int = UPRIGHT

    @property
    def kind(self) -> "Kind":
        """The type of its values, apart from their byte order."""
        return Kind(self.bits, self.type.kind == "f")

    @property
    def decoded_bytes(self) -> int:
        """How much memory the values take."""
        return self.shape[1] * self.shape[2] * self.samples * int(self.type.itemsize)


@contextmanager
def quiet(logger: logging.Logger, least: int = logging.ERROR) -> Iterator[None]:
    """Let `logger` say what is at `least` this grave."""
    level = logger.level
    logger.setLevel(least)
    try:
        yield
    finally:
        logger.setLevel(level)


def exif_orientation(exif: bytes) -> int:
    """The orientation that EXIF data tell; upright where they tell none or are broken."""
    from PIL.Image import Exif

    tags = Exif()
    try:
        tags.load(exif)
        return int(tags.get(_ORIENTATION, UPRIGHT))
    except (OSError, SyntaxError, TypeError, ValueError, struct.error):
        return UPRIGHT
