"""Multiplicative Weibull noise: y = x·W, W ~ Weibull(shape k) of mean 1 (scale 1/Γ(1 + 1/k)).

E[y] = x and Var y = x²·(Γ(1 + 2/k)/Γ(1 + 1/k)² − 1). The clean image is the mean, not the scale λ =
x/Γ(1 + 1/k), so that a second noisy copy is a target for it. With k = 2 it is Rayleigh noise (the
magnitude of a complex Gaussian, as in radar and ultrasound images), with k = 1 exponential noise.
"""

import math
from typing import TYPE_CHECKING

import numpy as np

from denoisebench.images.pixels import Pixels
from denoisebench.noise.overflow_guards import finite
from denoisebench.noise.power_law import PowerLaw
from denoisebench.noise.stream import Stream, exp, log_gamma

if TYPE_CHECKING:
    import torch
    from torch import Tensor

FAR = 8.0
"""How far below its mean the exponential variable (W·Γ(1 + 1/k))^k may lie: at exp(−FAR).  Fewer
than one in 2000 lies lower."""

MOST_SHAPE = 1e6
"""Of an estimate: there the noise is 1e-6 of the intensity."""


class Weibull(PowerLaw):
    name = "weibull"
    summary = "y = x·Weibull(shape k) of mean 1"
    symbol = "k"
    unit = "shape, 1 or more"
    lowest, highest = 1.0, 1000.0
    blind = (2.0, 20.0)
    rho = 2

    def sample(self, clean: Pixels, level: float, stream: Stream) -> Pixels:
        mean = exp(log_gamma(np.array([1.0 + 1.0 / level])))
        factor = stream.weibull(level, clean.size).reshape(clean.shape) / mean
        return (clean * factor).astype(np.float32)

    def resample(self, clean: "Tensor", level: "Tensor", rng: "torch.Generator") -> "Tensor":
        import torch

        exponential = torch.empty_like(clean).exponential_(generator=rng)
        return clean * (exponential ** (1.0 / level) / _mean(level))

    def variance(self, x: "Tensor", level: "Tensor") -> "Tensor":
        """x²·(Γ(1 + 2/k)/Γ(1 + 1/k)² − 1)."""
        ratio = ((1.0 + 2.0 / level).lgamma() - 2.0 * (1.0 + 1.0 / level).lgamma()).expm1()
        return x.square() * ratio

    def level_from_variance(self, phi: float) -> float:
        """k from Var y = x²·(Γ(1 + 2/k)/Γ(1 + 1/k)² − 1), by bisection between 1 and MOST_SHAPE."""
        low, high = 0.0, math.log(MOST_SHAPE)
        for _ in range(50):  # to the last digit
            middle = 0.5 * (low + high)
            step = math.exp(-middle)
            ratio = math.lgamma(1.0 + 2.0 * step) - 2.0 * math.lgamma(1.0 + step)
            low, high = (middle, high) if math.expm1(ratio) > phi else (low, middle)
        return math.exp(low)

    def tweedie(self, noisy: "Tensor", score: "Tensor", level: "Tensor") -> "Tensor":
        """x̂ = Γ(1 + 1/k)·λ̂,  λ̂^k = k·y^k / ((k − 1) − y·∇log p(y)) = 1/E[λ^−k|y].

        Noise2Score's method (natural parameter −λ^−k, sufficient statistic y^k) for a family that
        its Table 1 leaves out.  x̂ is below E[x|y], by Jensen.  The denominator over k is
        E[(y/λ)^k|y], the exponential variable behind W; it is kept above exp(−FAR), so that
        x̂ ≤ y·Γ(1 + 1/k)·exp(FAR/k).  A negative y counts as 0.
        """
        y = noisy.clamp_min(0.0)
        exponential = ((level - 1.0 - y * score) / level).clamp_min(math.exp(-FAR))
        return finite(y * _mean(level) * exponential ** (-1.0 / level))


def _mean(shape: "Tensor") -> "Tensor":
    """Γ(1 + 1/k), the mean of a Weibull variate of scale 1."""
    return (1.0 + 1.0 / shape).lgamma().exp()
