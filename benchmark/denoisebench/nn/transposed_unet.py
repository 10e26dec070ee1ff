"""The U-Net of Neighbor2Neighbor (Huang et al., CVPR 2021), that of Laine et al. without a blind
spot: upsampling is by transposed convolution, and 1×1 convolutions of 96 features come last.
"""

import itertools

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from denoisebench.nn.unet import START_STD

SLOPE = 0.2
"""Of the leaky ReLU for negative values."""

LEVELS = 5


def _convolutions(*channels: int, size: int = 3) -> nn.ModuleList:
    """Convolutions from each number of channels to the next, which keep H and W."""
    pairs = itertools.pairwise(channels)
    return nn.ModuleList(nn.Conv2d(i, o, size, padding=size // 2) for i, o in pairs)


def _run(convs: nn.Module, x: Tensor) -> Tensor:
    """Each convolution of a list, and a leaky ReLU after it."""
    for conv in convs.children():
        x = F.leaky_relu_(conv(x), SLOPE)
    return x


class TransposedUNet(nn.Module):
    """The U-Net of Neighbor2Neighbor.  (B, C, H, W) -> (B, O, H, W)

    H and W are multiples of 32.  Skips are taken after pooling; the last is the input itself.  No
    normalisation and a linear output.  1,256,689 parameters gray, 1,259,475 colour.

    >>> TransposedUNet(channels=3)(torch.zeros(1, 3, 32, 32)).shape
    torch.Size([1, 3, 32, 32])
    """

    multiple = 32

    def __init__(self, channels: int, outputs: int | None = None, width: int = 48) -> None:
        super().__init__()
        w, two = width, 2 * width
        self.down = nn.ModuleList([_convolutions(channels, w, w)])
        self.down.extend(_convolutions(w, w) for _ in range(LEVELS))  # the last at the bottom
        ups = [w, *[two] * (LEVELS - 1)]
        self.up = nn.ModuleList(nn.ConvTranspose2d(c, c, 2, stride=2) for c in ups)
        after = [two, *[3 * w] * (LEVELS - 2), two + channels]
        self.after = nn.ModuleList(_convolutions(c, two, two) for c in after)
        self.tail = _convolutions(two, two, two, size=1)
        self.head = nn.Conv2d(two, outputs or channels, 1)
        for name, parameter in self.named_parameters():
            if name.endswith("bias"):
                nn.init.zeros_(parameter)
            else:
                nn.init.normal_(parameter, std=START_STD)

    def forward(self, x: Tensor) -> Tensor:
        *levels, bottom = self.down
        skips, h = [], x
        for convs in levels:
            skips.append(h)
            h = F.max_pool2d(_run(convs, h), 2)
        h = _run(bottom, h)
        for up, convs in zip(self.up, self.after, strict=True):
            wide = up(h)
            # an image in float32 would make the whole float32
            h = _run(convs, torch.cat([wide, skips.pop().to(wide.dtype)], dim=1))
        out: Tensor = self.head(_run(self.tail, h))
        return out
