"""Multiplicative Bernoulli noise: y = m·x, one m for all channels, P(m = 0) = p.

A pixel is the clean one or says nothing: Noise2Noise (Lehtinen et al., ICML 2018) leaves the
missing pixels of the target out of its loss.
"""

from typing import TYPE_CHECKING

import numpy as np

from denoisebench.images.pixels import Pixels
from denoisebench.noise.family import NoiseFamily
from denoisebench.noise.stream import Stream

if TYPE_CHECKING:
    import torch
    from torch import Tensor


class Dropout(NoiseFamily):
    name = "dropout"
    summary = "y = 0 at a share p of the pixels, in all channels at once; y = x at the others"
    symbol = "p"
    unit = "share of the pixels missing, up to 0.99"
    lowest, highest = 0.0, 0.99
    blind = (0.0, 0.95)
    preserves = "pixels"
    spread = "even"

    def sample(self, clean: Pixels, level: float, stream: Stream) -> Pixels:
        _, height, width = clean.shape
        kept = stream.uniform(height * width).reshape(height, width) >= level
        return np.where(kept, clean, np.float32(0.0))

    def resample(self, clean: "Tensor", level: "Tensor", rng: "torch.Generator") -> "Tensor":
        import torch

        count, _, height, width = clean.shape
        u = torch.rand((count, 1, height, width), generator=rng, device=clean.device)
        return torch.where(u >= level, clean, torch.zeros_like(clean))

    def observed(self, noisy: "Tensor") -> "Tensor":
        """1 where any channel is not 0.  A kept pixel that is black in all channels cannot be told
        from a missing one, and counts as missing."""
        return (noisy != 0.0).any(dim=1, keepdim=True).to(noisy.dtype)
