"""A residual U-Net (Zhang et al., *Plug-and-Play Image Restoration with Deep Denoiser Prior*, 2021,
their DRUNet), a fourteenth of its size.

Departures: narrower, with fewer blocks and no noise map; weights start as in `networks`, those that
end a block or the network at a tenth of that; at half resolution if asked.
"""

import torch.nn.functional as F
from torch import Tensor, nn

from denoisebench.networks import START_STD

LAST = 0.1
"""Factor on the first weights of the last convolution of a block and of the network."""


def _conv(inputs: int, outputs: int, start: float = 1.0) -> nn.Conv2d:
    """3×3 convolution without a bias, weights N(0, 0.02²) times `start`.  Keeps H and W."""
    conv = nn.Conv2d(inputs, outputs, 3, padding=1, bias=False)
    nn.init.normal_(conv.weight, std=START_STD * start)
    return conv


def _halving(inputs: int, outputs: int) -> nn.Conv2d:
    """2×2 convolution of stride 2.  (B, C, H, W) -> (B, C', H/2, W/2)"""
    conv = nn.Conv2d(inputs, outputs, 2, stride=2, bias=False)
    nn.init.normal_(conv.weight, std=START_STD)
    return conv


def _doubling(inputs: int, outputs: int) -> nn.ConvTranspose2d:
    """2×2 transposed convolution of stride 2.  (B, C, H, W) -> (B, C', 2H, 2W)"""
    conv = nn.ConvTranspose2d(inputs, outputs, 2, stride=2, bias=False)
    nn.init.normal_(conv.weight, std=START_STD)
    return conv


class Block(nn.Module):
    """Two 3×3 convolutions, ReLU between, and the input added.  (B, W, H, W) -> the same shape"""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.first, self.second = _conv(width, width), _conv(width, width, LAST)

    def forward(self, x: Tensor) -> Tensor:
        out: Tensor = self.second(F.relu_(self.first(x)))
        return out.add_(x)


def _blocks(width: int, count: int) -> nn.Sequential:
    return nn.Sequential(*(Block(width) for _ in range(count)))


class ResidualUNet(nn.Module):
    """Residual blocks on the way down and up, skips added.  (B, C, H, W) -> (B, O, H, W)

    H and W are multiples of 8.  No bias, no normalisation: f(s·x) = s·f(x) for any s > 0.
    2,339,392 parameters gray; with `shuffle` 2, 2,290,176.
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
        self.first = _conv(pixels * channels, widths[0])
        self.down_blocks = nn.ModuleList(_blocks(fine, count) for fine, _, count in steps)
        self.down = nn.ModuleList(_halving(fine, coarse) for fine, coarse, _ in steps)
        self.bottom = _blocks(widths[-1], blocks[-1])
        self.up = nn.ModuleList(_doubling(coarse, fine) for fine, coarse, _ in steps)
        self.up_blocks = nn.ModuleList(_blocks(fine, count) for fine, _, count in steps)
        self.last = _conv(widths[0], pixels * (outputs or channels), LAST)

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
    """The residual U-Net at half resolution.  (B, C, H, W) -> (B, O, H, W), multiples of 8."""

    def __init__(self, channels: int, outputs: int | None = None) -> None:
        super().__init__(channels, outputs, (64, 96, 128), (2, 2, 4), shuffle=2)
