"""Which values of an image are shown as black and white in a picture."""

from typing import Any

import numpy as np
import numpy.typing as npt

Values = npt.NDArray[Any]

DARK_PERCENT, BRIGHT_PERCENT = 0.1, 99.9
"""The percentiles that are shown as black and white where an image is stretched."""

LEAST_SPAN = 1.0 / 8.0
"""An image whose percentiles span less shows next to nothing in 8 bits."""

LOWEST, HIGHEST = -1.0, 2.0
"""Percentiles beyond these are those of values in another unit, as a camera's counts."""


def percentile_range(values: Values) -> tuple[float, float]:
    """The percentiles of values of any shape; half a unit around the middle if they are equal."""
    black, white = map(float, np.percentile(values, (DARK_PERCENT, BRIGHT_PERCENT)))
    if black < white:
        return black, white
    return float(values.min()) - 0.5, float(values.max()) + 0.5


def shown_range(pixels: Values) -> tuple[float, float]:
    """0 and 1, or the percentiles of an image whose values are far from [0, 1].

    pixels: any shape.  An image of one value, and one of 8 bits (every value is a whole number of
    255ths in [0, 1]), are never stretched.

    >>> shown_range(np.array([0.0, 1.0])), shown_range(np.array([90.0, 90.0, 280.0]))[0]
    ((0.0, 1.0), 90.0)
    """
    black, white = map(float, np.percentile(pixels, (DARK_PERCENT, BRIGHT_PERCENT)))
    near = black >= LOWEST and white <= HIGHEST and white - black >= LEAST_SPAN
    if near or black == white or _is_eight_bit(pixels):
        return 0.0, 1.0
    return black, white


def _is_eight_bit(pixels: Values) -> bool:
    levels = pixels.astype(np.float64) * 255.0
    within = pixels.min() >= 0.0 and pixels.max() <= 1.0
    return within and bool(np.abs(levels - np.rint(levels)).max() < 1e-4)
