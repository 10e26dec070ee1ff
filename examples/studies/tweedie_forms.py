"""Tweedie's formulas that belong to no noise family of the suite: Bernoulli, and any member of the
Tweedie distributions (NoiseAdaptive2Score, Kim et al., CVPR 2022, arXiv 2112.03696).

The formula of a family (gaussian, poisson, gamma, weibull) is that family's `tweedie`.
"""

from collections.abc import Callable

import torch
from torch import Tensor

from denoisebench.plugin import LARGEST_LOG_GAIN, finite

LEAST_PIXEL, LARGEST_PIXEL = 1e-8, 1e8
"""y^(ρ − 1) is taken of a pixel inside these, far beyond any image's, so that it is a number."""


def bernoulli(score: Tensor) -> Tensor:
    """x̂ = 1/(1 + exp(−s)), for y ~ Bernoulli(x): log(x̂/(1 − x̂)) = E[log(x/(1 − x))|y].

    score: s = d/dy log p(y), with p(y) = E[x^y·(1 − x)^(1 − y)] taken between 0 and 1 too.
    """
    return score.sigmoid()


def tweedie_distribution(y: Tensor, score: Tensor, rho: Tensor, phi: Tensor) -> Tensor:
    """The mean μ̂ of a Tweedie distribution, Var(y|μ) = φ·μ^ρ  (NoiseAdaptive2Score).

        μ̂ = y·(1 + (1 − ρ)·a)^(1/(1 − ρ)),   a = φ·y^(ρ − 1)·(ρ/(2y) + s)
        μ̂ → y·exp(a)  as ρ → 1

    From the saddle-point density p(y|μ) = (2πφ·y^ρ)^(−½)·exp(−d(y, μ)/(2φ)), whose deviance d has
    ∂d/∂y = 2·(y^(1−ρ) − μ^(1−ρ))/(1 − ρ).  Averaging ∂/∂y log p(y|μ) over the posterior gives
    s = −ρ/(2y) − (y^(1−ρ) − E[μ^(1−ρ)|y])/(φ·(1 − ρ)), to be solved for μ̂^(1−ρ) = E[μ^(1−ρ)|y].

    ρ = 0 is Gaussian noise (φ = σ²), 2 Gamma (φ = 1/k), 3 inverse Gaussian, all three exact; ρ = 1
    is Poisson (φ = ζ) with Stirling's formula for n!, so that a zero count stays 0.

    All broadcastable to (B, C, H, W); y and φ in image units, ρ in 0..3 or so, φ > 0.  The
    logarithm of μ̂/y is kept to ±LARGEST_LOG_GAIN, and with it the base of the power above 0; a
    negative y counts as 0, at ρ = 0 as well.
    """
    power = 1.0 - rho
    inner = y.clamp(LEAST_PIXEL, LARGEST_PIXEL)
    a = phi * inner**-power * (rho / (2.0 * inner) + score)
    gain = torch.full_like(power, LARGEST_LOG_GAIN)
    a = a.clamp(_over(torch.expm1, power, -gain), _over(torch.expm1, power, gain))
    return finite(y.clamp_min(0.0) * _over(torch.log1p, power, a).exp())


def _over(function: Callable[[Tensor], Tensor], c: Tensor, x: Tensor) -> Tensor:
    """f(c·x)/c for f = log1p or expm1; its limit x at c = 0."""
    safe = torch.where(c == 0.0, 1.0, c)
    return torch.where(c == 0.0, x, function(safe * x) / safe)
