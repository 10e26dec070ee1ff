"""The U-Nets of two levels of Noise2Void and of its successor N2V2 (Höck et al., 2022)."""

import itertools

import torch
import torch.nn.functional as F
from torch import Tensor, nn


class Block(nn.Sequential):
    """3×3 convolutions, each with batch normalisation and a ReLU.  Keeps H and W."""

    def __init__(self, *channels: int) -> None:
        layers: list[nn.Module] = []
        for inputs, outputs in itertools.pairwise(channels):
            conv = nn.Conv2d(inputs, outputs, 3, padding=1)
            layers += [_glorot(conv), nn.BatchNorm2d(outputs), nn.ReLU()]
        super().__init__(*layers)


class MaxBlurPool(nn.Module):
    """Max of 2×2 at every pixel, then every other pixel of a binomial blur.  -> (B, C, H/2, W/2)

    It shifts with its input more nearly than a max-pool does, which leaves fewer chequerboards.
    """

    def forward(self, x: Tensor) -> Tensor:
        x = F.max_pool2d(F.pad(x, (0, 1, 0, 1), mode="replicate"), 2, stride=1)
        kernel = torch.tensor([1.0, 2.0, 1.0], device=x.device, dtype=x.dtype) / 4.0
        weight = torch.outer(kernel, kernel).expand(x.shape[1], 1, 3, 3)
        padded = F.pad(x, (1, 1, 1, 1), mode="replicate")
        return F.conv2d(padded, weight, stride=2, groups=x.shape[1])


class TwoLevelUNet(nn.Module):
    """(B, C, H, W) -> (B, C, H, W), H and W multiples of 4.  A linear output, nothing added to it.

    n2v2: pools by MaxBlurPool and has no skip at the full resolution.
    """

    multiple = 4

    def __init__(self, channels: int, features: int, *, n2v2: bool = False) -> None:
        super().__init__()
        f = features
        self.down1, self.down2 = Block(channels, f, f), Block(f, 2 * f, 2 * f)
        self.bottom = Block(2 * f, 4 * f, 2 * f)
        self.up2 = Block(4 * f, f, f)
        self.up1 = Block(f if n2v2 else 2 * f, f, f)
        self.head = _glorot(nn.Conv2d(f, channels, 1))
        self.pool = MaxBlurPool() if n2v2 else nn.MaxPool2d(2)
        self.top_skip = not n2v2

    def forward(self, x: Tensor) -> Tensor:
        first = self.down1(x)
        second = self.down2(self.pool(first))
        h = _doubled(self.bottom(self.pool(second)))
        h = _doubled(self.up2(torch.cat([h, second], dim=1)))
        h = self.up1(torch.cat([h, first], dim=1) if self.top_skip else h)
        out: Tensor = self.head(h)
        return out


def _doubled(x: Tensor) -> Tensor:
    return F.interpolate(x, scale_factor=2.0, mode="nearest")


def _glorot(conv: nn.Conv2d) -> nn.Conv2d:
    """`conv` with weights uniform over ±√(6/(fan_in + fan_out)), bias 0."""
    nn.init.xavier_uniform_(conv.weight)
    assert conv.bias is not None
    nn.init.zeros_(conv.bias)
    return conv
