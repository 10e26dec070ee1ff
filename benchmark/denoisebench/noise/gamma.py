"""Multiplicative Gamma noise (speckle of k looks): y = x·G, G ~ Gamma(shape k, scale 1/k).

E[y] = x and Var y = x²/k.
"""

from typing import TYPE_CHECKING

import numpy as np

from denoisebench.images import Pixels
from denoisebench.noise.model import NoiseFamily
from denoisebench.noise.stream import Stream

if TYPE_CHECKING:
    import torch
    from torch import Tensor


class Gamma(NoiseFamily):
    name = "gamma"
    summary = "y = x·Gamma(shape k, scale 1/k)"
    symbol = "k"
    unit = "shape, 1 or more"
    lowest, highest = 1.0, 1e7
    blind = (40.0, 120.0)

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
