"""Intervals of the mean difference between two methods on the same images.

Differences are skewed: one image of fine texture or of flat sky makes most of them.  A t-interval
is then too short on one side, so its statistic is bent by the sample's skewness first (Hall, "On
the removal of skewness by transformation", J. R. Stat. Soc. B 54, 1992: its cubic transformation of
the Studentised mean).  Without skewness it is the t-interval.  docs/statistics.md has the
simulation that chose it.
"""

import math
from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from denoisebench.scoring.statistics import CONFIDENCE, t_quantile

Floats = npt.NDArray[np.float64]

_STRAIGHT = 1e-6
"""A skewness below which the transformation is the identity, to the precision of a float."""


Scores = Mapping[str, float]
"""One method's score of each image, by the image's id."""


class Difference(NamedTuple):
    """The mean difference of two methods over images, and its interval; NaN without two images.

    mean: NaN without an image.
    """

    mean: float
    low: float
    high: float

    @property
    def holds_zero(self) -> bool:
        """Whether the two methods cannot be told apart; false where the images do not say."""
        return self.low <= 0.0 <= self.high

    @property
    def half_width(self) -> float:
        return (self.high - self.low) / 2.0


def paired_difference(one: Scores, other: Scores, confidence: float = CONFIDENCE) -> Difference:
    """`one` less `other`, over the images on which both are finite."""
    pairs = [(one[i], other[i]) for i in sorted(one.keys() & other.keys())]
    both = [a - b for a, b in pairs if math.isfinite(a) and math.isfinite(b)]
    differences = np.array(both, dtype=np.float64)
    low, high = difference_interval(differences, confidence)
    return Difference(float(np.mean(differences)) if both else math.nan, float(low), float(high))


def difference_interval(
    differences: npt.NDArray[np.floating[Any]], confidence: float = CONFIDENCE
) -> tuple[Floats, Floats]:
    """The lower and upper end of the interval of the mean.  (..., images) -> (...), (...).

    NaN for fewer than two images, and where a difference is infinite or NaN.
    """
    n = differences.shape[-1]
    if n < 2:
        nan = np.full(differences.shape[:-1], math.nan)
        return nan, nan
    finite = np.isfinite(differences).all(axis=-1)
    values = np.where(finite[..., None], differences, 0.0)
    mean = values.mean(axis=-1)
    spread = values.std(axis=-1, ddof=1)
    skewness = _skewness(values - mean[..., None])
    t = t_quantile(confidence, n - 1) / math.sqrt(n)
    ends = (mean - spread * _unbent(side * t, skewness, n) for side in (1.0, -1.0))
    low, high = (np.where(finite, end, math.nan) for end in ends)
    return low, high


def _skewness(centred: Floats) -> Floats:
    """The third standardised moment; 0 for values without a spread.  (..., N) -> (...)"""
    variance = np.square(centred).mean(axis=-1)
    spread = np.where(variance > 0.0, variance, 1.0) ** 1.5
    return np.where(variance > 0.0, (centred**3).mean(axis=-1) / spread, 0.0)


def _unbent(u: float, skewness: Floats, n: int) -> Floats:
    """The w with w + γ w²/3 + γ² w³/27 + γ/(6n) = u, for the skewness γ of n values."""
    straight = np.abs(skewness) < _STRAIGHT
    gamma = np.where(straight, 1.0, skewness)
    bent = 3.0 / gamma * (np.cbrt(1.0 + gamma * (u - gamma / (6.0 * n))) - 1.0)
    return np.where(straight, u, bent)
