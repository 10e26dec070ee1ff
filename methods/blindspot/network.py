"""The blind-spot network and the noise-level network of Laine et al., "High-Quality Self-Supervised
Deep Image Denoising" (NeurIPS 2019, arXiv 1901.10277), section 3 and appendix; sizes of their code.

A U-Net that sees only what lies above each pixel is run on the image in four orientations; 1×1
convolutions join what it found.  Departures:

- Beyond the image the nearest row or column is repeated (`edges="repeat"`); theirs is zero.  Zeros
  reach 252 rows far: a network that was trained on small crops has never seen what lies further.
- A height or width that is no multiple of 32 needs no padding (an odd side is pooled to the half,
  rounded up).  A reflected image would show the network a pixel's own noise beside the pixel.
"""

import math
from collections.abc import Callable

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from denoisebench.networks import leaky

ENCODER, DECODER = 48, 96
"""Channels on the way down and on the way up."""

MODES = {"repeat": "replicate", "zero": "constant"}
"""What lies beyond the image, and torch's word for it."""


class UpwardConv2d(nn.Conv2d):
    """3×3 convolution that sees its own row and the two above.  (B, C, H, W) -> (B, C', H, W)"""

    around = (1, 1, 2, 0)  # rows and columns beyond the image: left, right, top, bottom

    def __init__(self, inputs: int, outputs: int, edges: str) -> None:
        super().__init__(inputs, outputs, 3)
        self._mode = MODES[edges]
        start(self)

    def forward(self, x: Tensor) -> Tensor:
        with torch.autocast(x.device.type, enabled=False):  # it would repeat edges in float32
            x = F.pad(x, self.around, mode=self._mode)
        return super().forward(x)


class AroundConv2d(UpwardConv2d):
    """3×3 convolution that sees what is around.  (B, C, H, W) -> (B, C', H, W)"""

    around = (1, 1, 1, 1)


def start(conv: nn.Conv2d, gain: float = math.sqrt(2.0)) -> None:
    """Weights N(0, gain²/fan_in), biases 0."""
    fan_in = conv.weight[0].numel()
    nn.init.normal_(conv.weight, std=gain / math.sqrt(fan_in))
    assert conv.bias is not None
    nn.init.zeros_(conv.bias)


def conv1x1(inputs: int, outputs: int, gain: float = math.sqrt(2.0)) -> nn.Conv2d:
    """1×1 convolution, started as `start` has it."""
    conv = nn.Conv2d(inputs, outputs, 1)
    start(conv, gain)
    return conv


def shifted_down(x: Tensor) -> Tensor:
    """Row i of the result is row i − 1; row 0 is zero.  Keeps the shape."""
    return F.pad(x, (0, 0, 1, -1))


def pool(x: Tensor, edges: str) -> Tensor:
    """2×2 max-pool.  (B, C, H, W) -> (B, C, ⌈H/2⌉, ⌈W/2⌉)"""
    del edges
    return F.max_pool2d(x, 2, ceil_mode=True)


def upward_pool(x: Tensor, edges: str) -> Tensor:
    """2×2 max-pool of rows 2i − 1 and 2i to row i, none of which is below it when upsampled."""
    if edges == "zero":
        return pool(shifted_down(x), edges)
    rows = (x.shape[-2] + 1) // 2
    return F.max_pool2d(x, 2, padding=(1, 0), ceil_mode=True)[:, :, :rows]  # row −1 counts nothing


class Trunk(nn.Module):
    """Noise2Noise's U-Net, its last level kept wide.  (B, C, H, W) -> (B, 96, H, W), any H and W.

    Skips are taken after pooling; the last is the input.  With `UpwardConv2d` and `upward_pool`
    row i of the result depends on rows 0..i of the input alone.
    """

    def __init__(
        self,
        channels: int,
        edges: str,
        conv: type[UpwardConv2d],
        pool: Callable[[Tensor, str], Tensor],
    ) -> None:
        super().__init__()
        self._pool, self._edges = pool, edges
        e, d = ENCODER, DECODER
        self.first = conv(channels, e, edges)
        self.down = nn.ModuleList(conv(e, e, edges) for _ in range(5))
        self.bottom = conv(e, e, edges)
        joined = (2 * e, d + e, d + e, d + e, d + channels)
        self.up = nn.ModuleList(conv(inputs, d, edges) for inputs in joined)
        self.up_again = nn.ModuleList(conv(d, d, edges) for _ in joined)

    def forward(self, x: Tensor) -> Tensor:
        skips = [x]
        h = leaky(self.first(x))
        for conv in self.down:
            h = self._pool(leaky(conv(h)), self._edges)
            skips.append(h)
        h = leaky(self.bottom(skips.pop()))
        for conv, again in zip(self.up, self.up_again, strict=True):
            skip = skips.pop()
            h = F.interpolate(h, scale_factor=2.0, mode="nearest")
            h = torch.cat([h[..., : skip.shape[-2], : skip.shape[-1]], skip], dim=1)
            h = leaky(again(leaky(conv(h))))
        return h


class BlindSpotNet(nn.Module):
    """Output pixel (i, j) depends on every input pixel around but on (i, j) itself, in no channel.

    (B, C, H, W) -> (B, O, H, W), any H and W.  1,265,858 parameters for 1 -> 2 channels, 1,269,129
    for 3 -> 9.
    """

    def __init__(self, channels: int, outputs: int, edges: str = "repeat") -> None:
        super().__init__()
        self.trunk = Trunk(channels, edges, UpwardConv2d, upward_pool)
        self.join = conv1x1(4 * DECODER, 4 * DECODER)
        self.narrow = conv1x1(4 * DECODER, DECODER)
        self.head = conv1x1(DECODER, outputs, gain=1.0)

    def forward(self, x: Tensor) -> Tensor:
        return self.joined(self.surroundings(x))

    def surroundings(self, x: Tensor) -> Tensor:
        """What the trunk found around each pixel.  (B, C, H, W) -> (B, 384, H, W)"""
        return torch.cat(self._four_ways(x), dim=1)

    def joined(self, surroundings: Tensor) -> Tensor:
        """The network's output from `surroundings`, pixel by pixel.  -> (B, O, H, W)"""
        out: Tensor = self.head(leaky(self.narrow(leaky(self.join(surroundings)))))
        return out

    def _four_ways(self, x: Tensor) -> list[Tensor]:
        """What is above, right of, below and left of each pixel, (B, 96, H, W) each.

        Turning the image by a quarter counter-clockwise puts on top what was on the right.  In
        training all four go through the trunk together; a whole image goes one by one, which takes
        a quarter of the memory.
        """
        if self.training and x.shape[-2] == x.shape[-1]:
            turned = torch.cat([torch.rot90(x, k, (2, 3)) for k in range(4)])
            parts = list(self._above(turned).chunk(4))
        else:
            parts = [self._above(torch.rot90(x, k, (2, 3))) for k in range(4)]
        return [torch.rot90(part, -k, (2, 3)) for k, part in enumerate(parts)]

    def _above(self, x: Tensor) -> Tensor:
        """What is above each pixel.  (B, C, H, W) -> (B, 96, H, W)"""
        return shifted_down(self.trunk(x.contiguous(memory_format=torch.channels_last)))


class PlainNet(nn.Module):
    """The same U-Net without a blind spot.  (B, C, H, W) -> (B, O, H, W), any H and W.

    1,102,371 parameters for 3 -> 3 channels, 1,099,585 for 1 -> 1.
    """

    def __init__(self, channels: int, outputs: int, edges: str = "repeat") -> None:
        super().__init__()
        self.trunk = Trunk(channels, edges, AroundConv2d, pool)
        self.join = conv1x1(DECODER, DECODER)
        self.narrow = conv1x1(DECODER, DECODER)
        self.head = conv1x1(DECODER, outputs, gain=1.0)

    def forward(self, x: Tensor) -> Tensor:
        out: Tensor = self.head(leaky(self.narrow(leaky(self.join(self.trunk(x))))))
        return out
