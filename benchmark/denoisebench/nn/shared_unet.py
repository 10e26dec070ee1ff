"""The network of the official Noise2Score code: the U-Net of Noise2Noise with shared blocks.

Two of its blocks serve several levels with the same weights, and upsampling is by transposed
convolution.  The official weights need it (see `noise2score.official_weights`).
"""

import itertools

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from denoisebench.nn.one_pass import leaky
from denoisebench.nn.unet import START_STD

WIDTH = 48


def _convolutions(*channels: int) -> nn.ModuleList:
    """3×3 convolutions from each number of channels to the next."""
    return nn.ModuleList(nn.Conv2d(i, o, 3, padding=1) for i, o in itertools.pairwise(channels))


class Down(nn.Module):
    """One or two convolutions, then a 2×2 max-pool.  (B, C, H, W) -> (B, 48, H/2, W/2)"""

    def __init__(self, *channels: int) -> None:
        super().__init__()
        self.convs = _convolutions(*channels)

    def forward(self, x: Tensor) -> Tensor:
        for conv in self.convs:
            x = leaky(conv(x))
        return F.max_pool2d(x, 2)


class Up(nn.Module):
    """Convolutions, a transposed one that doubles the sides, then the skip appended.

    (B, C, H, W), skip (B, S, 2H, 2W) -> (B, O + S, 2H, 2W)
    """

    def __init__(self, *channels: int) -> None:
        super().__init__()
        self.convs = _convolutions(*channels)
        last = channels[-1]
        self.up = nn.ConvTranspose2d(last, last, 3, stride=2, padding=1, output_padding=1)

    def forward(self, x: Tensor, skip: Tensor) -> Tensor:
        for conv in self.convs:
            x = leaky(conv(x))
        wide = self.up(x)
        # an image in float32 would make the whole float32
        return torch.cat([wide, skip.to(wide.dtype)], dim=1)


class SharedUNet(nn.Module):
    """The U-Net of the official Noise2Score code.  (B, C, H, W) -> (B, O, H, W)

    H and W are multiples of 32.  `down` is applied at levels 2 to 5, `up` at the last three; the
    last skip is the input itself.  No normalisation and a linear output.  698,017 parameters gray,
    700,611 colour.

    >>> SharedUNet(channels=1)(torch.zeros(1, 1, 32, 32)).shape
    torch.Size([1, 1, 32, 32])
    """

    multiple = 32

    def __init__(self, channels: int, outputs: int | None = None) -> None:
        super().__init__()
        self.down1 = Down(channels, WIDTH, WIDTH)
        self.down = Down(WIDTH, WIDTH)
        self.up5 = Up(WIDTH, WIDTH)
        self.up4 = Up(2 * WIDTH, 2 * WIDTH, 2 * WIDTH)
        self.up = Up(3 * WIDTH, 2 * WIDTH, 2 * WIDTH)
        self.tail = _convolutions(2 * WIDTH + channels, 64, 32, outputs or channels)
        for name, parameter in self.named_parameters():
            if name.endswith("bias"):
                nn.init.zeros_(parameter)
            else:
                nn.init.normal_(parameter, std=START_STD)

    def forward(self, x: Tensor) -> Tensor:
        pools = [self.down1(x)]
        for _ in range(4):
            pools.append(self.down(pools[-1]))
        p1, p2, p3, p4, p5 = pools
        h = self.up4(self.up5(p5, p4), p3)
        for skip in (p2, p1, x):
            h = self.up(h, skip)
        wide, narrow, head = self.tail
        out: Tensor = head(leaky(narrow(leaky(wide(h)))))
        return out
