"""Whether noise, or what a method took for noise, is independent from pixel to pixel."""

import math

import numpy as np
import numpy.typing as npt

Values = npt.NDArray[np.floating]

FARTHEST = 2
"""The largest distance of the autocorrelation, in rows and columns."""


def whiteness(noisy: Values, denoised: Values) -> float:
    """The root mean square of the residual's autocorrelation ρ over the lags within `FARTHEST`.

        ρ(k) = mean of r_i·r_(i+k) / mean of r_i²,   r = y − f(y), less its mean in each channel

    noisy, denoised: (C, H, W), in [0, 1].  0 for a white residual; of N independent values about
    1/√N by chance, and at most 1.  NaN where nothing was removed.
    """
    r = noisy.astype(np.float64) - denoised.astype(np.float64)
    r -= r.mean(axis=(1, 2), keepdims=True)
    power = float(np.mean(np.square(r)))
    if power < 1e-14:
        return math.nan
    span = range(-FARTHEST, FARTHEST + 1)
    lags = [(dy, dx) for dy in span for dx in span if (dy, dx) > (0, 0)]
    height, width = r.shape[1:]
    squares = []
    for dy, dx in lags:
        left, right = max(0, -dx), max(0, dx)
        here = r[:, : height - dy, left : width - right]
        there = r[:, dy:, right : width - left]
        squares.append((float(np.mean(here * there)) / power) ** 2)
    return math.sqrt(math.fsum(squares) / len(squares))
