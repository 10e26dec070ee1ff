"""Poisson noise: y = ζ·Poisson(x/ζ), so that E[y] = x and Var y = ζ·x; 1/ζ is the peak count.

Negative pixels of a float image count as 0.
"""

from typing import TYPE_CHECKING

import numpy as np

from denoisebench.images import Pixels
from denoisebench.noise.model import NoiseFamily
from denoisebench.noise.stream import Stream

if TYPE_CHECKING:
    import torch
    from torch import Tensor


class Poisson(NoiseFamily):
    name = "poisson"
    summary = "y = ζ·Poisson(x/ζ)"
    symbol = "ζ"
    unit = "intensity of one count"
    lowest, highest = 1e-7, 10.0
    blind = (0.005, 0.1)

    def sample(self, clean: Pixels, level: float, stream: Stream) -> Pixels:
        rate = np.maximum(clean.astype(np.float64), 0.0) / level
        return (stream.poisson(rate.ravel()).reshape(clean.shape) * level).astype(np.float32)

    def resample(self, clean: "Tensor", level: "Tensor", rng: "torch.Generator") -> "Tensor":
        import torch

        return torch.poisson(clean.clamp_min(0.0) / level, generator=rng) * level
