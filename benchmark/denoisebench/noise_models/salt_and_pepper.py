"""Salt-and-pepper noise: a share p of the pixels is black or white, either by chance.

Up and down are equally likely, so the clean value is the median of a pixel over many draws, which
Noise2Noise (Lehtinen et al., ICML 2018) learns by an absolute error.  One mask serves all channels.
"""

from typing import TYPE_CHECKING

import numpy as np

from denoisebench.images.pixels import Pixels
from denoisebench.noise.family import NoiseFamily
from denoisebench.noise.stream import Stream

if TYPE_CHECKING:
    import torch
    from torch import Tensor


class SaltAndPepper(NoiseFamily):
    name = "salt-and-pepper"
    summary = "y = 0 or 1 at a share p of the pixels, in all channels at once; else y = x"
    symbol = "p"
    unit = "share of the pixels replaced, up to 0.99"
    lowest, highest = 0.0, 0.99
    blind = (0.0, 0.9)
    preserves = "median"
    spread = "even"

    def sample(self, clean: Pixels, level: float, stream: Stream) -> Pixels:
        _, height, width = clean.shape
        u = stream.uniform(height * width).reshape(height, width)
        white = (u < level / 2.0).astype(np.float32)
        return np.where(u < level, white, clean).astype(np.float32)

    def resample(self, clean: "Tensor", level: "Tensor", rng: "torch.Generator") -> "Tensor":
        import torch

        count, _, height, width = clean.shape
        u = torch.rand((count, 1, height, width), generator=rng, device=clean.device)
        return torch.where(u < level, (u < level / 2.0).to(clean.dtype), clean)
