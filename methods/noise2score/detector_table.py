"""Tweedie's formula for counts with read noise, exact, as a table.

For any noise the score of what is seen is the mean of ∂z log p(z|x) over the x that may be behind
it.  The formulas of the families give the x with that score,

    ∂z log p(z|x̂) = s(z),

which is the posterior mean under Gaussian noise, and exp E[log x|y] under Poisson noise.  Here p is
that of z = root(Poisson(x) + N(0, σ²)) + N(0, a²), a being the last probe.  It grows with x at each
z, so that x̂ is one number.  There is no stabilised variance to assume, which is below 1 where
counts are few, and nothing to invert with a bias.
"""

from functools import lru_cache

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float64]

FEW = 60.0
"""Counts, from which on the noise of a root is as good as Gaussian."""

MOST_READ = 20.0
"""Counts of read noise, from which on it is so in the dark too."""

ROWS, COLUMNS, RATES = 160, 240, 240
"""Of z, of the plain estimate along it, and of x."""

NODES = np.linspace(-5.0, 5.0, 61)
"""The nodes over the read noise, in standard deviations."""

LEAST = 3e-4
"""The least likelihood of z under x̂, as a share of that under the likeliest x: four standard
deviations.  Between counts, and below them, all x have nearly one score."""


def root(v: Array, floor: float) -> Array:
    """2·√(v + c), going on as a straight line below 0, so that no two v are the same."""
    line: Array = np.minimum(v, 0.0) / floor**0.5
    return line + 2.0 * np.sqrt(np.maximum(v, 0.0) + floor)


@lru_cache(maxsize=8)
def clean_counts(sigma: float, floor: float, a: float) -> tuple[Array, Array, Array]:
    """x̂ over z and over the plain estimate m = z + (1 + a²)·s(z).

    sigma, floor: the read noise and c, in counts.  a: the last probe, along z.
    Returns z (ROWS,), m (COLUMNS,), both evenly spaced, and x̂ in counts (ROWS, COLUMNS).
    """
    most = FEW + 8.0 * (FEW + sigma**2) ** 0.5
    x = most * np.linspace(0.0, 1.0, RATES) ** 2
    z = np.linspace(float(root(np.array(-6.0 * sigma), floor)), 2.0 * (FEW + floor) ** 0.5, ROWS)
    m = np.linspace(z[0] - 3.0, 2.0 * (most + floor) ** 0.5, COLUMNS)
    scores = _scores(z, x, sigma, floor, a)
    wanted = (m - z[:, None]) / (1.0 + a**2)
    found = np.empty((ROWS, COLUMNS))
    for i in range(ROWS):
        seen = np.isfinite(scores[i])
        found[i] = np.interp(wanted[i], np.maximum.accumulate(scores[i, seen]), x[seen])
    return z, m, found


def _scores(z: Array, x: Array, sigma: float, floor: float, a: float) -> Array:
    """∂z log p(z|x), (Z, X); NaN where z is next to impossible."""
    from scipy.special import gammaln, xlogy

    n = np.arange(x[-1] + 9.0 * x[-1] ** 0.5)
    chances = np.exp(xlogy(n[:, None], x) - x - gammaln(n + 1.0)[:, None])
    weights = np.exp(-0.5 * NODES**2)
    density, slope = np.zeros((2, len(z), len(n)))
    for node, weight in zip(NODES, weights / weights.sum(), strict=True):
        away = (root(n + sigma * node, floor) - z[:, None]) / a
        part = weight * np.exp(-0.5 * away**2)
        density += part
        slope += part * away / a
    density, slope = density @ chances, slope @ chances
    scores: Array = np.full(density.shape, np.nan)
    likely = density > LEAST * density.max(axis=1, keepdims=True)
    np.divide(slope, density, out=scores, where=likely)
    return scores
