"""The paper's student: a multi-level wavelet CNN (Liu et al., CVPR Workshops 2018, arXiv
1805.07071) of the size that the released D-BSN code trains, without normalisation.

A U-Net whose pooling is the orthonormal Haar transform, which loses nothing.  Departure: it takes
any height and width, reflected to multiples of 8; the original's are cropped.
"""

import torch
from torch import Tensor, nn

from denoisebench.nn import run_padded

MULTIPLE = 8
"""The divisor of a side on the way down."""

FEATURES = (160, 256, 256)
"""Channels of the three levels between their transforms."""


def haar(x: Tensor) -> Tensor:
    """Orthonormal 2×2 Haar transform.  (B, C, H, W) -> (B, 4C, H/2, W/2), even H and W.

    Of channel c comes at 4c half the sum of each 2×2 square; at 4c + 1, 4c + 2 and 4c + 3 half the
    difference of its rows, of its columns and of its diagonals.
    """
    a, b = x[:, :, 0::2, 0::2], x[:, :, 0::2, 1::2]
    c, d = x[:, :, 1::2, 0::2], x[:, :, 1::2, 1::2]
    bands = (a + b + c + d, a + b - c - d, a - b + c - d, a - b - c + d)
    return 0.5 * torch.stack(bands, dim=2).flatten(1, 2)


def inverse_haar(bands: Tensor) -> Tensor:
    """Undoes `haar`.  (B, 4C, H, W) -> (B, C, 2H, 2W)"""
    s, v, h, d = (bands[:, band::4] for band in range(4))
    rows = [
        torch.stack([s + v + h + d, s + v - h - d], dim=-1).flatten(-2),
        torch.stack([s - v + h - d, s - v - h + d], dim=-1).flatten(-2),
    ]
    return 0.5 * torch.stack(rows, dim=-2).flatten(-3, -2)


class Level(nn.Module):
    """Four 3×3 convolutions, zeros beyond the image.  (B, I, H, W) -> (B, O, H, W)

    A ReLU follows each, but the last where `ends` is set.
    """

    def __init__(self, inputs: int, features: int, outputs: int, *, ends: bool = False) -> None:
        super().__init__()
        sides = (inputs, features, features, features, outputs)
        layers: list[nn.Module] = []
        for i in range(4):
            conv = nn.Conv2d(sides[i], sides[i + 1], 3, padding=1)
            nn.init.orthogonal_(conv.weight)
            assert conv.bias is not None
            nn.init.zeros_(conv.bias)
            layers += [conv, nn.ReLU(inplace=True)]
        self.block = nn.Sequential(*(layers[:-1] if ends else layers))

    def forward(self, x: Tensor) -> Tensor:
        out: Tensor = self.block(x)
        return out


class MWCNN(nn.Module):
    """(B, C, H, W) -> (B, C, H, W), any H and W.  16,145,892 parameters for one channel."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        first, second, third = FEATURES
        self.level1_prev = Level(4 * channels, first, first)
        self.level2_prev = Level(4 * first, second, second)
        self.level3_prev = Level(4 * second, third, third)
        self.level3_next = Level(third, third, 4 * second)
        self.level2_next = Level(second, second, 4 * first)
        self.level1_next = Level(first, first, 4 * channels, ends=True)

    def forward(self, x: Tensor) -> Tensor:
        return run_padded(self._forward, x, multiple=MULTIPLE)

    def _forward(self, x: Tensor) -> Tensor:
        bands1 = haar(x)
        bands2 = haar(self.level1_prev(bands1))
        bands3 = haar(self.level2_prev(bands2))
        up = inverse_haar(self.level3_next(self.level3_prev(bands3)) + bands3)
        up = inverse_haar(self.level2_next(up) + bands2)
        return inverse_haar(self.level1_next(up) + bands1)
