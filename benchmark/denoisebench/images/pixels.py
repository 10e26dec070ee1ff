"""Pixels of an image, gray and colour."""

import hashlib

import numpy as np
import numpy.typing as npt

Pixels = npt.NDArray[np.float32]


GRAY, COLOUR = 1, 3


CHANNEL_WORDS = {GRAY: "gray", COLOUR: "colour"}


LUMA_BT601 = (0.299, 0.587, 0.114)
"""Weights of R, G, B in the luma that the suite's gray versions use (full range, as in JPEG)."""


def to_gray(rgb: Pixels) -> Pixels:
    """The gray version of a colour image: BT.601 luma rounded to 8 bits.  (3, H, W) -> (1, H, W)

    Rounding makes the gray version an 8-bit image, as Set12 and BSD68 are.  A gray image passes
    through as it is.  Sums in float64, in one order, so that the result is the same everywhere.
    """
    if rgb.shape[0] == GRAY:
        return rgb
    red, green, blue = (rgb[c].astype(np.float64) * w for c, w in enumerate(LUMA_BT601))
    luma = np.round((red + green + blue) * 255.0, 4)  # a tie of 8-bit values is a tie again
    levels = np.clip(np.rint(luma), 0.0, 255.0)
    gray: Pixels = (levels / 255.0).astype(np.float32)[None]
    return gray


def pixel_hash(pixels: Pixels) -> str:
    """SHA-256 (hex) of an image's shape and float32 pixels: its name by content."""
    shape = ",".join(str(n) for n in pixels.shape)
    data = np.ascontiguousarray(pixels, dtype="<f4")
    return hashlib.sha256(shape.encode() + b"\n" + data.tobytes()).hexdigest()


def as_colour(pixels: Pixels) -> Pixels:
    """A gray image three times over; a colour image as it is.  (1 or 3, H, W) -> (3, H, W)"""
    return pixels if pixels.shape[0] == COLOUR else np.repeat(pixels, COLOUR, axis=0)
