"""Additive white Gaussian noise: y = x + n, n ~ N(0, (σ/255)²), σ in 8-bit units."""

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


class Gaussian(PowerLaw):
    name = "gaussian"
    summary = "y = x + N(0, (σ/255)²)"
    symbol = "σ"
    unit = "standard deviation, 0-255 units"
    lowest, highest = 0.01, 1000.0
    blind = (5.0, 55.0)
    range_from_zero = True
    unit_scale = 255.0
    rho = 0

    def sample(self, clean: Pixels, level: float, stream: Stream) -> Pixels:
        noisy = stream.normal(clean.size).reshape(clean.shape)
        noisy *= level / 255.0
        noisy += clean
        return noisy.astype(np.float32)

    def resample(self, clean: "Tensor", level: "Tensor", rng: "torch.Generator") -> "Tensor":
        import torch

        noise = torch.randn(clean.shape, generator=rng, device=clean.device, dtype=clean.dtype)
        return clean + noise * (level / 255.0)

    def variance(self, x: "Tensor", level: "Tensor") -> "Tensor":
        return (level / 255.0).square()

    def level_from_variance(self, phi: float) -> float:
        """σ from Var y = (σ/255)²."""
        return 255.0 * math.sqrt(phi)

    def tweedie(self, noisy: "Tensor", score: "Tensor", level: "Tensor") -> "Tensor":
        """x̂ = E[x|y] = y + σ²·∇log p(y)   (Robbins 1956; Noise2Score, Table 1)."""
        return finite(noisy + (level / 255.0) ** 2 * score)
