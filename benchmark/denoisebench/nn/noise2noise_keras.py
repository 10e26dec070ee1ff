"""The two networks of the Keras version of Noise2Noise (yu4u/noise2noise).

Channels first and in any number; otherwise as there, the initialisation included.
"""

import torch
import torch.nn.functional as F
from torch import Tensor, nn


def _conv(inputs: int, outputs: int, size: int, *, he: bool) -> nn.Conv2d:
    """A convolution, bias 0; weights He-normal, else Glorot-uniform.  Odd sizes keep H and W."""
    conv = nn.Conv2d(inputs, outputs, size, padding=(size - 1) // 2)
    if he:
        std = (2.0 / (inputs * size * size)) ** 0.5 / 0.87962566103423978  # truncated at 2 std
        nn.init.trunc_normal_(conv.weight, std=std, a=-2.0 * std, b=2.0 * std)
    else:
        nn.init.xavier_uniform_(conv.weight)
    assert conv.bias is not None
    nn.init.zeros_(conv.bias)
    return conv


class ResidualBlock(nn.Module):
    """Conv, norm, PReLU, conv, norm, and the input added.  (B, W, H, W) -> the same shape"""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.first, self.second = (_conv(width, width, 3, he=True) for _ in range(2))
        self.norm1, self.norm2 = _norm(width), _norm(width)
        self.slope = nn.PReLU(width, init=0.0)

    def forward(self, x: Tensor) -> Tensor:
        h = self.slope(self.norm1(self.first(x)))
        out: Tensor = x + self.norm2(self.second(h))
        return out


def _norm(width: int) -> nn.BatchNorm2d:
    return nn.BatchNorm2d(width, eps=1e-3, momentum=0.01)


class SRResNet(nn.Module):
    """The residual network of SRGAN's generator, without upsampling.  (B, C, H, W) -> (B, O, H, W)

    16 blocks of 64 features at full resolution, batch norm; any H and W. 1,231,683 numbers in
    colour, including 4,224 running statistics.
    """

    multiple = 1

    def __init__(
        self, channels: int, outputs: int | None = None, width: int = 64, blocks: int = 16
    ) -> None:
        super().__init__()
        self.first = _conv(channels, width, 3, he=True)
        self.slope = nn.PReLU(width, init=0.0)
        self.blocks = nn.Sequential(*(ResidualBlock(width) for _ in range(blocks)))
        self.last, self.norm = _conv(width, width, 3, he=True), _norm(width)
        self.head = _conv(width, outputs or channels, 3, he=True)

    def forward(self, x: Tensor) -> Tensor:
        start = self.slope(self.first(x))
        out: Tensor = self.head(start + self.norm(self.last(self.blocks(start))))
        return out


class Pair(nn.Module):
    """Two 3×3 convolutions with ReLU, dropout between them or not.  (B, I, H, W) -> (B, O, H, W)"""

    def __init__(self, inputs: int, outputs: int, dropout: float = 0.0) -> None:
        super().__init__()
        self.first, self.second = (_conv(i, outputs, 3, he=False) for i in (inputs, outputs))
        self.between = nn.Dropout(dropout) if dropout else nn.Identity()

    def forward(self, x: Tensor) -> Tensor:
        return F.relu(self.second(self.between(F.relu(self.first(x)))))


class Up(nn.Module):
    """Nearest ×2, a 2×2 convolution, the skip put before it, a pair.  -> (B, W, 2H, 2W)"""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.narrow = _conv(2 * width, width, 2, he=False)
        self.pair = Pair(2 * width, width)

    def forward(self, x: Tensor, skip: Tensor) -> Tensor:
        wide = F.interpolate(x, scale_factor=2.0, mode="nearest")
        wide = F.relu(self.narrow(F.pad(wide, (0, 1, 0, 1))))  # zeros at the right and bottom
        out: Tensor = self.pair(torch.cat([skip, wide], dim=1))
        return out


class LargeUNet(nn.Module):
    """The U-Net of Ronneberger et al. at full width.  (B, C, H, W) -> (B, O, H, W)

    H and W are multiples of 16.  Skips are taken before pooling; dropout ½ at the bottom, no
    normalisation.  31,031,875 parameters in colour.
    """

    multiple = 16

    def __init__(self, channels: int, outputs: int | None = None, width: int = 64) -> None:
        super().__init__()
        widths = [width * 2**depth for depth in range(4)]
        inputs = [channels, *widths[:-1]]
        self.down = nn.ModuleList(Pair(i, o) for i, o in zip(inputs, widths, strict=True))
        self.bottom = Pair(widths[-1], 2 * widths[-1], dropout=0.5)
        self.up = nn.ModuleList(Up(w) for w in reversed(widths))
        self.head = _conv(width, outputs or channels, 1, he=False)

    def forward(self, x: Tensor) -> Tensor:
        skips = []
        for pair in self.down:
            x = pair(x)
            skips.append(x)
            x = F.max_pool2d(x, 2)
        x = self.bottom(x)
        for up in self.up:
            x = up(x, skips.pop())
        out: Tensor = self.head(x)
        return out
