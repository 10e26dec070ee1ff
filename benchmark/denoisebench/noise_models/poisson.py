"""Poisson noise: y = ζ·Poisson(x/ζ), so that E[y] = x and Var y = ζ·x; 1/ζ is the peak count.

Negative pixels of a float image count as 0, and a ζ below the least that makes sense, which a range
from 0 may give, counts as that.
"""

from typing import TYPE_CHECKING

import numpy as np

from denoisebench.images.pixels import Pixels
from denoisebench.noise.overflow_guards import LARGEST_LOG_GAIN, finite
from denoisebench.noise.power_law import PowerLaw
from denoisebench.noise.stream import Stream

if TYPE_CHECKING:
    import torch
    from torch import Tensor


class Poisson(PowerLaw):
    name = "poisson"
    summary = "y = ζ·Poisson(x/ζ)"
    symbol = "ζ"
    unit = "intensity of one count"
    lowest, highest = 1e-7, 10.0
    blind = (0.005, 0.1)
    range_from_zero = True
    rho = 1

    def sample(self, clean: Pixels, level: float, stream: Stream) -> Pixels:
        zeta = max(level, self.lowest)
        rate = np.maximum(clean.astype(np.float64), 0.0) / zeta
        return (stream.poisson(rate.ravel()).reshape(clean.shape) * zeta).astype(np.float32)

    def resample(self, clean: "Tensor", level: "Tensor", rng: "torch.Generator") -> "Tensor":
        import torch

        zeta = level.clamp_min(self.lowest)
        return torch.poisson(clean.clamp_min(0.0) / zeta, generator=rng) * zeta

    def variance(self, x: "Tensor", level: "Tensor") -> "Tensor":
        return level * x.clamp_min(0.0)

    def level_from_variance(self, phi: float) -> float:
        """ζ from Var y = ζ·x."""
        return phi

    def tweedie(self, noisy: "Tensor", score: "Tensor", level: "Tensor") -> "Tensor":
        """x̂ = ζ·exp(ψ(y/ζ + 1) + ζ·∇log p(y)) = exp(E[log x|y]), ψ being the digamma function.

        The paper (Noise2Score, Table 1) has (y + ζ/2)·exp(ζ·∇log p(y)). Its ½ count approximates
        exp ψ(n + 1) − n, which falls from 0.5615 at n = 0 to ½. It is thus at most 0.0615 counts,
        and 11 %, too low. exp(E[log x|y]) itself is below E[x|y], by Jensen.

        |ζ·∇log p| is kept to LARGEST_LOG_GAIN; a negative y counts as 0.
        """
        import torch

        counts = finite(noisy.clamp_min(0.0) / level)
        log_gain = (level * score).clamp(-LARGEST_LOG_GAIN, LARGEST_LOG_GAIN)
        return finite(level * (torch.digamma(counts + 1.0).exp() * log_gain.exp()))
