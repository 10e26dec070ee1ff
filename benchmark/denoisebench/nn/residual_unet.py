"""A residual U-Net (Zhang et al., *Plug-and-Play Image Restoration with Deep Denoiser Prior*, 2021,
their DRUNet), a fourteenth of its size.

Departures: Narrower, with fewer blocks and no noise map. It has biases, without which 200 steps of
supervised training end 0.8 dB lower. Weights start as in `unet`; those that end a block or the
network start at a tenth of that. It works at half resolution on request.
"""

from typing import TypeVar

import torch.nn.functional as F
from torch import Tensor, nn

from denoisebench.nn.unet import START_STD, conv3x3

ConvT = TypeVar("ConvT", nn.Conv2d, nn.ConvTranspose2d)

LAST = 0.1
"""Factor on the first weights of the last convolution of a block and of the network."""


def _last_conv3x3(inputs: int, outputs: int) -> nn.Conv2d:
    """3×3 convolution whose weights start at N(0, 0.002²), biases at 0.  Keeps H and W."""
    conv = conv3x3(inputs, outputs)
    nn.init.normal_(conv.weight, std=LAST * START_STD)
    return conv


def _halving(inputs: int, outputs: int) -> nn.Conv2d:
    """2×2 convolution of stride 2.  (B, C, H, W) -> (B, C', H/2, W/2)"""
    return _started(nn.Conv2d(inputs, outputs, 2, stride=2))


def _doubling(inputs: int, outputs: int) -> nn.ConvTranspose2d:
    """2×2 transposed convolution of stride 2.  (B, C, H, W) -> (B, C', 2H, 2W)"""
    return _started(nn.ConvTranspose2d(inputs, outputs, 2, stride=2))


def _started(conv: ConvT) -> ConvT:
    """The same convolution, weights N(0, 0.02²), biases 0."""
    nn.init.normal_(conv.weight, std=START_STD)
    assert conv.bias is not None
    nn.init.zeros_(conv.bias)
    return conv


class Block(nn.Module):
    """Two 3×3 convolutions, ReLU between, and the input added.  (B, W, H, W) -> the same shape"""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.first, self.second = conv3x3(width, width), _last_conv3x3(width, width)

    def forward(self, x: Tensor) -> Tensor:
        out: Tensor = self.second(F.relu_(self.first(x)))
        return out.add_(x)


def _blocks(width: int, count: int) -> nn.Sequential:
    return nn.Sequential(*(Block(width) for _ in range(count)))


class ResidualUNet(nn.Module):
    """Residual blocks on the way down and up, skips added.  (B, C, H, W) -> (B, O, H, W)

    H and W are multiples of 8.  No normalisation and a linear output.
    2,342,337 parameters gray, 2,343,491 colour.
    """

    multiple = 8

    def __init__(
        self,
        channels: int,
        outputs: int | None = None,
        widths: tuple[int, ...] = (32, 64, 96, 128),
        blocks: tuple[int, ...] = (1, 2, 2, 4),
        shuffle: int = 1,
    ) -> None:
        """widths, blocks: of each level, the finest first; all but the last have `blocks` on the
        way down and again on the way up.  shuffle: each shuffle × shuffle pixels are taken for the
        channels of one, and the output's channels put back in their places."""
        super().__init__()
        steps = list(zip(widths, widths[1:], blocks, strict=False))
        pixels = shuffle**2
        self.shuffle = shuffle
        self.multiple = shuffle * 2 ** len(steps)
        self.first = conv3x3(pixels * channels, widths[0])
        self.down_blocks = nn.ModuleList(_blocks(fine, count) for fine, _, count in steps)
        self.down = nn.ModuleList(_halving(fine, coarse) for fine, coarse, _ in steps)
        self.bottom = _blocks(widths[-1], blocks[-1])
        self.up = nn.ModuleList(_doubling(coarse, fine) for fine, coarse, _ in steps)
        self.up_blocks = nn.ModuleList(_blocks(fine, count) for fine, _, count in steps)
        self.last = _last_conv3x3(widths[0], pixels * (outputs or channels))

    def forward(self, x: Tensor) -> Tensor:
        h = self.first(F.pixel_unshuffle(x, self.shuffle) if self.shuffle > 1 else x)
        skips = []
        for block, down in zip(self.down_blocks, self.down, strict=True):
            skips.append(h)
            h = down(block(h))
        skips.append(h)
        h = self.bottom(h) + skips.pop()
        for block, up in zip(reversed(self.up_blocks), reversed(self.up), strict=True):
            h = block(up(h)) + skips.pop()
        out: Tensor = self.last(h)
        return F.pixel_shuffle(out, self.shuffle) if self.shuffle > 1 else out


class HalfResidualUNet(ResidualUNet):
    """The residual U-Net at half resolution.  (B, C, H, W) -> (B, O, H, W)

    H and W are multiples of 8.  2,292,932 parameters gray, 2,302,156 colour.
    """

    def __init__(self, channels: int, outputs: int | None = None) -> None:
        super().__init__(channels, outputs, (64, 96, 128), (2, 2, 4), shuffle=2)
