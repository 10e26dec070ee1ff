"""Rician noise, that of magnetic resonance images: the magnitude of a complex number with Gaussian
noise in both parts.

    y = √((x + σ/255·n₁)² + (σ/255·n₂)²),   n₁, n₂ ~ N(0, 1)

E[y²] = x² + 2(σ/255)².  Where x is many σ the noise is nearly Gaussian, of mean x + (σ/255)²/2x;
where x is 0 it is Rayleigh's, of mean √(π/2)·σ/255.  No mean, median or mode of y is x.
"""

from typing import TYPE_CHECKING

import numpy as np

from denoisebench.images.pixels import Pixels
from denoisebench.noise.family import NoiseFamily
from denoisebench.noise.stream import Stream
from denoisebench.noise_models.gaussian import Gaussian

if TYPE_CHECKING:
    import torch
    from torch import Tensor


class Rician(NoiseFamily):
    name = "rician"
    summary = "y = |x + σ/255·(n₁ + i·n₂)|, as of magnetic resonance images"
    symbol, unit = Gaussian.symbol, "standard deviation of each part, 0-255 units"
    lowest, highest, blind = Gaussian.lowest, Gaussian.highest, Gaussian.blind
    range_from_zero, unit_scale = True, Gaussian.unit_scale
    preserves = "nothing"

    def sample(self, clean: Pixels, level: float, stream: Stream) -> Pixels:
        parts = stream.normal(2 * clean.size).reshape(2, *clean.shape) * (level / 255.0)
        magnitude: Pixels = np.sqrt((clean + parts[0]) ** 2 + parts[1] ** 2).astype(np.float32)
        return magnitude

    def resample(self, clean: "Tensor", level: "Tensor", rng: "torch.Generator") -> "Tensor":
        import torch

        shape = (2, *clean.shape)
        parts = torch.randn(shape, generator=rng, device=clean.device, dtype=clean.dtype)
        real, imaginary = (parts * (level / 255.0)).unbind()
        return torch.hypot(clean + real, imaginary)
