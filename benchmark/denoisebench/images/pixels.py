"""Pixels of an image, gray and colour."""

import hashlib
import math
from collections.abc import Iterator
from typing import Any

import numpy as np
import numpy.typing as npt

from denoisebench.images.channels import COLOUR, GRAY

Pixels = npt.NDArray[np.float32]
"""An image: float32, (C, H, W), C = 1 (gray) or 3 (RGB), nominally in [0, 1].

>>> image: Pixels = np.zeros((COLOUR, 4, 6), np.float32)
>>> image.shape
(3, 4, 6)
"""

STRIP_PX = 1 << 20
"""Pixels of an image that are worked on at once, about."""

LARGEST_VALUE = 1e15
"""The largest number of an image that is worked with: its square is far from the end of float32."""

LUMA_BT601 = (0.299, 0.587, 0.114)
"""Weights of R, G, B in the luma that the suite's gray versions use (full range, as in JPEG)."""


def to_gray(rgb: Pixels) -> Pixels:
    """The gray version of a colour image: BT.601 luma rounded to 8 bits.  (3, H, W) -> (1, H, W)

    Rounding makes the gray version an 8-bit image, as Set12 and BSD68 are.  A gray image is
    returned unchanged.  Sums are in float64, in one order, so that every machine gets the same.

    >>> to_gray(np.ones((3, 4, 6), np.float32)).shape
    (1, 4, 6)
    """
    if rgb.shape[0] == GRAY:
        return rgb
    gray = np.empty((GRAY, *rgb.shape[1:]), np.float32)
    for rows in strips(rgb.shape):
        red, green, blue = (rgb[c, rows].astype(np.float64) * w for c, w in enumerate(LUMA_BT601))
        luma = np.round((red + green + blue) * 255.0, 4)  # a tie of 8-bit values is a tie again
        gray[0, rows] = np.clip(np.rint(luma), 0.0, 255.0) / 255.0
    return gray


def why_no_values(values: npt.NDArray[np.generic]) -> str:
    """Why numbers are no values of an image: they are not finite, or too large.  Else "".

    >>> why_no_values(np.array([[0.5, np.nan]]))
    'holds NaN or infinite values; replace or cut them first'
    """
    if values.size == 0 or (values.dtype.kind in "ui" and values.dtype.itemsize < 8):
        return ""
    largest = max(-float(values.min()), float(values.max()))
    if largest <= LARGEST_VALUE:  # never so with a NaN, which passes through min and max
        return ""
    if math.isfinite(largest):
        return f"holds values of {largest:.3g}; scale it to values below {LARGEST_VALUE:g}"
    return "holds NaN or infinite values; replace or cut them first"


def strips(shape: tuple[int, ...], most_px: int | None = None) -> Iterator[slice]:
    """The rows of an image (C, H, W), a megapixel at a time, or `most_px` if fewer: computed so,
    even the largest image takes little memory.

    >>> list(strips((1, 2500, 1000)))
    [slice(0, 1048, None), slice(1048, 2096, None), slice(2096, 2500, None)]
    """
    height, width = shape[-2:]
    at_a_time = STRIP_PX if most_px is None else min(most_px, STRIP_PX)
    rows = max(at_a_time // max(width, 1), 1)
    return (slice(start, min(start + rows, height)) for start in range(0, height, rows))


def float_type(dtype: np.dtype[Any]) -> type[np.float32] | type[np.float64]:
    """The floats in which numbers of a type are computed with: float32 has 24 bits and loses none
    of 16.

    >>> float_type(np.dtype(np.uint16)).__name__, float_type(np.dtype(np.float32)).__name__
    ('float32', 'float64')
    """
    return np.float32 if dtype.itemsize <= 2 else np.float64


def pixel_hash(pixels: Pixels) -> str:
    """SHA-256 (hex) of an image's shape and float32 pixels, (C, H, W): its name by content.

    >>> pixel_hash(np.zeros((1, 4, 6), np.float32))[:8]
    'b1f85444'
    """
    shape = ",".join(str(n) for n in pixels.shape)
    digest = hashlib.sha256(shape.encode() + b"\n")
    for channel in pixels:
        digest.update(np.ascontiguousarray(channel, dtype="<f4").reshape(-1).data)
    return digest.hexdigest()


def as_colour(pixels: Pixels) -> Pixels:
    """A gray image in three equal channels; a colour image unchanged.  (1 or 3, H, W) -> (3, H, W)

    >>> as_colour(np.zeros((1, 4, 6), np.float32)).shape
    (3, 4, 6)
    """
    return pixels if pixels.shape[0] == COLOUR else np.repeat(pixels, COLOUR, axis=0)
