"""Random-valued impulse noise: p percent of the pixels are replaced by U[0, 1).

The clean value is the mode of a pixel over many draws, not its mean or median: Noise2Noise
(Lehtinen et al., ICML 2018) learns from it with a loss that goes towards L0.  There, and in Laine
et al. (NeurIPS 2019), one mask serves all channels (`impulse`); in the Keras project of the former
each channel has its own (`impulse-channel`). A replaced pixel has an independent value in each
channel.
"""

from typing import TYPE_CHECKING

import numpy as np

from denoisebench.images.pixels import Pixels
from denoisebench.noise.family import NoiseFamily
from denoisebench.noise.stream import Stream

if TYPE_CHECKING:
    import torch
    from torch import Tensor


class Impulse(NoiseFamily):
    name = "impulse"
    summary = "y = U[0, 1) at p % of the pixels, in all channels at once; y = x at the others"
    symbol = "p"
    unit = "percent of the pixels replaced"
    lowest, highest = 0.0, 100.0
    blind = (0.0, 95.0)
    preserves = "mode"
    unit_scale = 100.0
    spread = "even"

    def _masks(self, channels: int) -> int:
        """How many masks an image has: one for all its channels."""
        return 1

    def sample(self, clean: Pixels, level: float, stream: Stream) -> Pixels:
        channels, height, width = clean.shape
        masks = (self._masks(channels), height, width)
        replaced = stream.uniform(masks[0] * height * width).reshape(masks) < level / 100.0
        return np.where(replaced, stream.uniform32(clean.size).reshape(clean.shape), clean)

    def resample(self, clean: "Tensor", level: "Tensor", rng: "torch.Generator") -> "Tensor":
        import torch

        count, channels, height, width = clean.shape
        masks = (count, self._masks(channels), height, width)
        u = torch.rand(masks, generator=rng, device=clean.device)
        values = torch.rand(clean.shape, generator=rng, device=clean.device)
        return torch.where(u < level / 100.0, values, clean)


class ImpulseChannel(Impulse):
    name = "impulse-channel"
    summary = "y = U[0, 1) at p % of the pixels of each channel by itself; y = x at the others"
    unit = "percent of each channel replaced"

    def _masks(self, channels: int) -> int:
        """One for each channel."""
        return channels
