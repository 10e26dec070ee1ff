"""Two independent noisy copies of one noisy image, by adding noise of its known law (R2R: Pang et
al., CVPR 2021; generalised: Monroy et al., CVPR 2025).

    y₂ = (y − (1 − α)·y₁)/α,   so that   y = (1 − α)·y₁ + α·y₂.

Given the clean image x, y₁ and y₂ are independent and have the mean x, with the variances of noise
that is weaker by 1 − α and by α: Var y₁ = Var y/(1 − α), Var y₂ = Var y/α.

Shapes: y (B, C, H, W); level (B, 1, 1, 1) in the unit of the family.
"""

import math
from collections.abc import Callable

import torch
from torch import Tensor

from denoisebench.plugin import NoiseFamily

LEAST_GAIN = 1e-7
"""Of Poisson noise: a range from 0 may give 0."""


def second(y: Tensor, first: Tensor, alpha: float) -> Tensor:
    """y₂ that belongs to y₁."""
    return (y - (1.0 - alpha) * first) / alpha


def gaussian(y: Tensor, w: Tensor, alpha: float) -> Tensor:
    """y₁ = y + √(α/(1 − α))·w,   w ~ N(0, Σ) of the noise's own covariance Σ, white or not.

    Then y₂ = y − √((1 − α)/α)·w, and Cov(y₁, y₂) = Σ − Cov w = 0.
    """
    return y + math.sqrt(alpha / (1.0 - alpha)) * w


def poisson(y: Tensor, zeta: Tensor, alpha: float, rng: torch.Generator) -> Tensor:
    """y₁ = (y − ζ·w)/(1 − α),   w ~ Binomial(y/ζ, α): each count goes to one copy or the other.

    Then y₂ = ζ·w/α; a thinned Poisson number and the rest of it are independent.
    """
    zeta = zeta.clamp_min(LEAST_GAIN)
    counts = (y / zeta).round().clamp_min(0.0)
    taken = torch.binomial(counts, torch.full_like(counts, alpha), generator=rng)
    return zeta * (counts - taken) / (1.0 - alpha)


def gamma(
    y: Tensor, k: Tensor, alpha: float, factors: Callable[[Tensor], Tensor], rng: torch.Generator
) -> Tensor:
    """y₁ = y·(1 − w)/(1 − α),   w ~ Beta(k·α, k·(1 − α)).

    Then y₂ = y·w/α.  A Gamma number times a Beta one and the rest are independent Gamma numbers.

    factors: draws Gamma factors of mean 1 at shapes of 1 or more, (B, C, H, W) in and out.
    """

    def drawn(shape: Tensor) -> Tensor:
        """Gamma(shape) = Gamma(shape + 1)·U^(1/shape), which serves shapes below 1 too."""
        above = (shape + 1.0).expand_as(y)
        u = torch.rand(y.shape, generator=rng, device=rng.device).clamp_min(1e-30)
        return above * factors(above) * u ** (1.0 / shape)

    taken, rest = drawn(k * alpha), drawn(k * (1.0 - alpha))
    return y * (rest / (taken + rest).clamp_min(1e-30)) / (1.0 - alpha)


def law_of(family: NoiseFamily) -> str | None:
    """Which of the three takes a noise; None for none."""
    if family.has_covariance:
        return "gaussian"
    return family.name if family.name in ("gaussian", "poisson", "gamma") else None


def first(
    family: NoiseFamily, y: Tensor, level: Tensor, alpha: float, rng: torch.Generator
) -> Tensor:
    """y₁ of noise of a family that `law_of` knows."""
    law = law_of(family)
    if law == "poisson":
        return poisson(y, level, alpha, rng)
    if law == "gamma":
        ones = torch.ones_like(y)
        return gamma(y, level, alpha, lambda shape: family.resample(ones, shape, rng), rng)
    return gaussian(y, noise_like(family, y, level, rng), alpha)


def noise_like(family: NoiseFamily, y: Tensor, level: Tensor, rng: torch.Generator) -> Tensor:
    """New Gaussian noise of the family, in the shape of y."""
    return family.resample(torch.zeros_like(y), level, rng)
