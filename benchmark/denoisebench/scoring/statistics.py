"""A mean over images and Student's t-interval of it, without scipy (whose import takes longer than
a report)."""

import math
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache

import numpy as np
import numpy.typing as npt

CONFIDENCE = 0.95


@dataclass(frozen=True, slots=True)
class Mean:
    """The mean of the finite scores of a method, in their unit.

    value: NaN without a finite score.  half_interval: half the 95 % t-interval; NaN for fewer than
    two.  count: of how many scores it is the mean.  An infinite or a NaN score would take the whole
    mean, whatever the others are, so these are left out; who shows the mean says how many.
    """

    value: float
    half_interval: float
    count: int


def mean_of(scores: Iterable[float]) -> Mean:
    """The mean of one score per image, without those that are infinite or NaN."""
    finite = _finite(scores)
    return Mean(_mean(finite), half_interval(finite), int(finite.size))


def finite_mean(scores: Iterable[float]) -> float:
    """The value of `mean_of` alone."""
    return _mean(_finite(scores))


def _finite(scores: Iterable[float]) -> npt.NDArray[np.float64]:
    values = np.array(list(scores), dtype=np.float64)
    return values[np.isfinite(values)]


def _mean(finite: npt.NDArray[np.float64]) -> float:
    return float(finite.mean()) if finite.size else math.nan


def half_interval(values: npt.NDArray[np.float64], confidence: float = CONFIDENCE) -> float:
    """Half the width of the t-interval of the mean of `values`.  (N,) -> their unit.

    NaN for fewer than two values, and where a value is infinite or NaN.
    """
    if len(values) < 2 or not np.isfinite(values).all():
        return math.nan
    standard_error = float(np.std(values, ddof=1)) / math.sqrt(len(values))
    return t_quantile(confidence, len(values) - 1) * standard_error


@cache
def t_quantile(confidence: float, freedom: int) -> float:
    """The t with P(|T| <= t) = `confidence`, for Student's T with `freedom` >= 1 degrees.

    Bisection over the angle θ, t = √freedom · tan θ; the angle loses no digit where t is large.
    """
    low, high = 0.0, math.pi / 2
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (middle, high) if _probability(middle, freedom) < confidence else (low, middle)
    return math.sqrt(freedom) * math.tan(low)


def _probability(angle: float, freedom: int) -> float:
    """P(|T| <= √freedom · tan angle).  Abramowitz and Stegun 26.7.3 (odd) and 26.7.4 (even)."""
    sine, cosine = math.sin(angle), math.cos(angle)
    odd = freedom % 2
    term = total = cosine if odd else 1.0
    for k in range(2 + odd, freedom, 2):
        term *= (k - 1) / k * cosine**2
        total += term
    if not odd:
        return sine * total
    return 2 / math.pi * (angle + (sine * total if freedom > 1 else 0.0))
