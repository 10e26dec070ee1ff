"""NoiseAdaptive2Score's test for the kind of noise (Kim et al., CVPR 2022), as its code has it.

In the Tweedie-distribution form (`tweedie_forms.py`) a denoised pixel is a function of
α = φ·y^(ρ−1)·(ρ/(2y) + s).  The premise is that α is the same at y and a little beside it, at
y' = y + ε·n.  That removes φ: with A = log(y'/y), b = 2·y·s and w = 2·(y'·s' − y·s), to first
order

    A·ρ² + A·(b − 2)·ρ + (w − 2·A·b) = 0.

A weak test, here for comparison: the premise is wrong (the posterior mean does follow y), and of
the roots, ρ and 2 − b − ρ, nothing says which is the larger.  `bench estimate --noise auto`
decides by how the variance grows with the mean instead.
"""

from torch import Tensor

GAUSSIAN_BELOW, POISSON_BELOW = 0.9, 1.9
"""The code's bounds on ρ: Gaussian is 0, Poisson 1, Gamma 2."""
KEEP_OFFSET, KEEP_BELOW = 2.5, 1e-6
"""Pixels with |w/(b + 2.5)| ≤ 1e-6 are kept, a bound that goes with ε = 1e-5."""


def rho(y: Tensor, score: Tensor, beside: Tensor, score_beside: Tensor) -> float | None:
    """ρ from the score of y at a noisy image and at one a little beside it, all of one shape.

    w and b are averaged over the kept pixels, each root over the pixels where it is real, and the
    larger average is ρ; None where no pixel is kept or no root is real.
    """
    a = (beside / y).log()
    b = 2.0 * y * score
    w = 2.0 * (beside * score_beside - y * score)
    kept = ((w / (b + KEEP_OFFSET)).abs() <= KEEP_BELOW) & (y > 0) & (beside > 0)
    if not kept.any():
        return None
    w_mean, b_mean = w[kept].mean(), b[kept].mean()
    middle = 1.0 - 0.5 * b_mean
    half_gap = (middle.square() - w_mean / a + 2.0 * b_mean).sqrt()
    half_gap = half_gap[half_gap.isfinite()]
    return float(middle + half_gap.mean()) if half_gap.numel() else None


def family_of(value: float) -> str | None:
    """The family of a ρ, by the code's bounds; None below 0."""
    if value < 0.0:
        return None
    if value < GAUSSIAN_BELOW:
        return "gaussian"
    return "poisson" if value < POISSON_BELOW else "gamma"
