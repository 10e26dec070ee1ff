"""The generalised Anscombe transform, which gives Poisson and Gaussian noise a variance of 1.

Starck, Murtagh & Bijaoui, *Image Processing and Data Analysis* (1998): the transform.
Mäkitalo & Foi, *A Closed-Form Approximation of the Exact Unbiased Inverse of the Anscombe
Variance-Stabilizing Transformation*, IEEE TIP 2011; *Optimal Inversion of the Generalized Anscombe
Transformation for Poisson-Gaussian Noise*, IEEE TIP 2013: the inverse.

Counts are z = P(x) + N(0, σ²), P being Poisson of mean x, σ in counts; z ≥ 0 where σ = 0.
"""

import math
from collections.abc import Callable, Mapping
from typing import Literal

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float64]

DARKEST = 2.0 * math.sqrt(3.0 / 8.0)
"""The transform of zero counts: the mean of the transform is above it where x > 0."""


def forward(z: Array, sigma: float = 0.0) -> Array:
    """D = 2·√(z + 3/8 + σ²), of variance about 1 where x is 3 or more; 0 below the root's domain.

    z, sigma: in counts, any shape.
    """
    d = np.asarray(z + (3.0 / 8.0 + sigma**2))
    np.sqrt(np.maximum(d, 0.0, out=d), out=d)
    d *= 2.0
    return d


def algebraic_inverse(d: Array, sigma: float = 0.0) -> Array:
    """z = D²/4 − 3/8 − σ², at least 0: what undoes `forward`.

    Too dark for a mean of D, by about ¼ count: the mean of a root is below the root of the mean.
    """
    z: Array = np.maximum(np.maximum(d, 0.0) ** 2 / 4.0 - 3.0 / 8.0 - sigma**2, 0.0)
    return z


def asymptotic_inverse(d: Array, sigma: float = 0.0) -> Array:
    """x = D²/4 − 1/8 − σ², at least 0: unbiased where there are many counts."""
    x: Array = np.maximum(np.maximum(d, 0.0) ** 2 / 4.0 - 1.0 / 8.0 - sigma**2, 0.0)
    return x


def exact_inverse(d: Array, sigma: float = 0.0) -> Array:
    """The x whose D has the mean d, in the closed form of Mäkitalo & Foi; within 0.02 counts.

        x = D²/4 + ¼·√(3/2)/D − (11/8)/D² + (5/8)·√(3/2)/D³ − 1/8 − σ²,  at least 0

    The formula is 0 at D = 2·√(3/8) for σ = 0, grows above it and runs away to +∞ below, where no
    mean of D lies: there it is taken at that D.
    """
    d = np.asarray(np.maximum(d, DARKEST))
    root = math.sqrt(3.0 / 2.0)
    u = 1.0 / d
    series = u * (5.0 * root / 8.0)
    for coefficient in (-11.0 / 8.0, root / 4.0):
        series += coefficient
        series *= u
    x = np.square(d, out=d)
    x /= 4.0
    x += series
    x -= 1.0 / 8.0 + sigma**2
    positive: Array = np.maximum(x, 0.0, out=x)
    return positive


Inverse = Literal["exact", "asymptotic", "algebraic"]
"""How Anscombe's transform is inverted, see `denoise_poisson`.

>>> sorted(Inverse.__args__)
['algebraic', 'asymptotic', 'exact']
"""

INVERSES: Mapping[Inverse, Callable[[Array, float], Array]] = {
    "exact": exact_inverse,
    "asymptotic": asymptotic_inverse,
    "algebraic": algebraic_inverse,
}
"""By the names that a config gives them."""


def denoise_poisson(
    noisy: Array,
    zeta: float,
    denoise: Callable[[Array], Array],
    inverse: Inverse,
    *,
    read: float = 0.0,
    offset: float = 0.0,
) -> Array:
    """Denoise y = ζ·P((x − o)/ζ) + o + N(0, r²) with what removes Gaussian noise of standard
    deviation 1.

    noisy: any shape.  zeta: the intensity of one count, or the gain of a detector.  inverse:
    `exact` is unbiased, `asymptotic` where there are many counts; `algebraic` is a quarter of a
    count too dark.  read: r, offset: o, in the unit of `noisy`.  Returns o at least.

    >>> flat = np.full((64, 64), 0.05 * 7.0)
    >>> round(float(denoise_poisson(flat, 0.05, lambda d: d, "algebraic")[0, 0]), 6)
    0.35
    """
    sigma = read / zeta
    even = denoise(forward((noisy - offset) / zeta, sigma))
    return zeta * INVERSES[inverse](even, sigma) + offset
