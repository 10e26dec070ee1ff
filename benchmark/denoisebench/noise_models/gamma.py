"""Multiplicative Gamma noise (speckle of k looks): y = x·G, G ~ Gamma(shape k, scale 1/k).

E[y] = x and Var y = x²/k.
"""

import math
from typing import TYPE_CHECKING

import numpy as np

from denoisebench.images.pixels import Pixels
from denoisebench.noise.overflow_guards import finite
from denoisebench.noise.power_law import PowerLaw
from denoisebench.noise.stream import Stream

if TYPE_CHECKING:
    import torch
    from torch import Tensor

FAR = 4.0
"""How far below its mean a Gamma factor may lie: at exp(−FAR/√k − FAR/k), 1/2981 at k = 1, 1/1.55
at k = 100.  Fewer than one factor in 2000 lies lower, at any k ≥ 1."""


class Gamma(PowerLaw):
    name = "gamma"
    summary = "y = x·Gamma(shape k, scale 1/k)"
    symbol = "k"
    unit = "shape, 1 or more"
    lowest, highest = 1.0, 1e7
    blind = (40.0, 120.0)
    rho = 2

    def sample(self, clean: Pixels, level: float, stream: Stream) -> Pixels:
        factor = stream.gamma(level, clean.size).reshape(clean.shape) / level
        return (clean * factor).astype(np.float32)

    def resample(self, clean: "Tensor", level: "Tensor", rng: "torch.Generator") -> "Tensor":
        """Marsaglia & Tsang (2000), eight tries a pixel: at k ≥ 1 a try fails at most 5 times in
        100, and a pixel that fails all eight (4e-11) takes the mean, 1."""
        import torch

        d = (level - 1.0 / 3.0).expand_as(clean)
        factor = (level / level).expand_as(clean).clone()
        open_ = torch.ones_like(clean, dtype=torch.bool)
        for _ in range(8):
            x = torch.randn(clean.shape, generator=rng, device=clean.device)
            u = torch.rand(clean.shape, generator=rng, device=clean.device)
            v = (1.0 + x / (9.0 * d).sqrt()) ** 3
            safe = v.clamp_min(1e-30)
            accepted = open_ & (v > 0) & (u.log() < 0.5 * x * x + d * (1.0 - safe + safe.log()))
            factor = torch.where(accepted, d * v / level, factor)
            open_ &= ~accepted
        return clean * factor

    def variance(self, x: "Tensor", level: "Tensor") -> "Tensor":
        return x.square() / level

    def level_from_variance(self, phi: float) -> float:
        """k from Var y = x²/k."""
        return 1.0 / phi if phi > 0.0 else math.inf

    def tweedie(self, noisy: "Tensor", score: "Tensor", level: "Tensor") -> "Tensor":
        """x̂ = k·y / ((k − 1) − y·∇log p(y)) = 1/E[1/x|y]   (Noise2Score, Table 1).

        Below E[x|y], by Jensen. The true denominator is k times E[y/x|y], the factor that the noise
        applied. It is kept above k times the least factor that FAR allows, so that x̂ ≤
        y·exp(FAR/√k + FAR/k).  A negative y counts as 0.
        """
        y = noisy.clamp_min(0.0)
        least = (-FAR / level.sqrt() - FAR / level).exp()
        factor = (level - 1.0 - y * score) / level
        return finite(y / factor.maximum(least))
