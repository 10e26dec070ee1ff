"""A line through local variances over local means, Var = slope·mean + intercept, and how well it
fits.  Each variance has the same relative error, and texture adds to some: weights are those of
Cauchy's law, over the variance of the line."""

from dataclasses import dataclass
from typing import Self

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float64]

FEWEST_POINTS = 6
"""Of a line."""

ROUNDS = 15
"""Of reweighting."""

LEAST_SCALE = 0.02
"""Of relative residuals: variances scatter by as much at least."""

LEAST_VARIANCE = 0.3
"""Where a line falls below this share of the least variance, it counts as that in the weights."""


@dataclass(frozen=True, slots=True, eq=False)
class Line:
    """The line through (mean, variance), both (N,).

    slope_error: standard error of the slope.  scatter: of the variances about the line, relative
    to it.
    """

    mean: Array
    variance: Array
    slope: float
    intercept: float
    slope_error: float
    scatter: float

    @property
    def rise(self) -> float:
        """The growth of the variance from dark to bright, as a share of its least value."""
        low = self.slope * float(self.mean.min()) + self.intercept
        growth = self.slope * float(np.ptp(self.mean))
        return growth / max(low, LEAST_VARIANCE * float(self.variance.min()))

    def curvature(self) -> tuple[float, float]:
        """Of Var = a + b·u + c·u², u from 0 to 1: the share of c in |b| + |c|, and c in standard
        errors."""
        u = (self.mean - self.mean.min()) / np.ptp(self.mean)
        found, error, _ = _fit(np.stack([np.ones_like(u), u, u**2], axis=1), self.variance)
        return float(found[2] / np.abs(found[1:]).sum()), float(found[2] / error[2])

    def with_slope(self, slope: float) -> Self:
        """The line of this slope."""
        ones = np.ones((len(self.mean), 1))
        found, _, scatter = _fit(ones, self.variance, slope * self.mean)
        return self._with(slope, float(found[0]), 0.0, scatter)

    def through(self, zero: float, at_zero: float = 0.0) -> Self:
        """The line that is `at_zero` at the mean `zero`."""
        found, error, scatter = _fit((self.mean - zero)[:, None], self.variance, at_zero)
        slope = float(found[0])
        return self._with(slope, at_zero - slope * zero, float(error[0]), scatter)

    def _with(self, slope: float, intercept: float, error: float, scatter: float) -> Self:
        return type(self)(self.mean, self.variance, slope, intercept, error, scatter)


def fit_line(mean: Array, variance: Array) -> Line:
    """The line through `FEWEST_POINTS` points or more.  mean: any; variance: above 0."""
    centre = float(mean.mean())  # an offset far above the signal costs no digits
    terms = np.stack([mean - centre, np.ones_like(mean)], axis=1)
    (slope, level), error, scatter = _fit(terms, variance)
    return Line(
        mean, variance, float(slope), float(level - slope * centre), float(error[0]), scatter
    )


def _fit(terms: Array, variance: Array, known: Array | float = 0.0) -> tuple[Array, Array, float]:
    """Coefficients of the terms (N, K), their standard errors, and the relative scatter.

    known: the part of the variance that is not fitted.
    """
    least = LEAST_VARIANCE * float(variance.min())
    weight = 1.0 / variance
    for _ in range(ROUNDS):
        wanted = (variance - known) * weight
        found = np.linalg.lstsq(terms * weight[:, None], wanted, rcond=None)[0]
        fitted = np.maximum(known + terms @ found, least)
        away = (variance - known - terms @ found) / fitted
        scatter = max(1.4826 * float(np.median(np.abs(away))), LEAST_SCALE)
        weight = 1.0 / fitted / np.sqrt(1.0 + (away / (2.0 * scatter)) ** 2)
    weighted = terms * weight[:, None]
    spread = float(np.sum((weight * fitted * away) ** 2)) / (len(variance) - len(found))
    covariance = spread * np.linalg.pinv(weighted.T @ weighted)
    errors: Array = np.sqrt(np.diag(covariance)).astype(np.float64)
    return found.astype(np.float64), errors, scatter
