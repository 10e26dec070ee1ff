"""The blind-spot network and the noise-level network of Laine et al., "High-Quality Self-Supervised
Deep Image Denoising" (NeurIPS 2019, arXiv 1901.10277), section 3 and appendix; sizes of their code.

A U-Net that sees only what lies above each pixel is run on the image in four orientations; 1×1
convolutions join what it found.  Departures:

- Beyond the image the nearest row or column is repeated (`edges="repeat"`); theirs is zero.  Zeros
  reach 252 rows far: a network that was trained on small crops has never seen what lies further.
- A height or width that is no multiple of 32 needs no padding (an odd side is pooled to the half,
  rounded up).  A reflected image would show the network a pixel's own noise beside the pixel.
"""

import itertools
from collections.abc import Callable

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from denoisebench.nn import conv1x1, he_start, leaky

ENCODER, DECODER = 48, 96
"""Channels on the way down and on the way up."""

STRIP_PIXELS = {"cpu": 1 << 12, "cuda": 1 << 18, "mps": 1 << 18}
"""The number of pixels of whole images that go through the last, widest layers at a time."""

MODES = {"repeat": "replicate", "zero": "constant"}
"""The values beyond the image, and torch's word for them."""


class UpwardConv2d(nn.Conv2d):
    """3×3 convolution that sees its own row and the two above.  (B, C, H, W) -> (B, C', H, W)"""

    around = (1, 1, 2, 0)  # rows and columns beyond the image: left, right, top, bottom

    def __init__(self, inputs: int, outputs: int, edges: str) -> None:
        super().__init__(inputs, outputs, 3)
        self._mode = MODES[edges]
        he_start(self)

    def forward(self, x: Tensor) -> Tensor:
        if torch.is_grad_enabled():
            with torch.autocast(x.device.type, enabled=False):  # it would repeat edges in float32
                padded = F.pad(x, self.around, mode=self._mode)
            return super().forward(padded)
        whole, inside = self._frame(x, *x.shape[1:])
        inside.copy_(x)
        return super().forward(self._with_edges(whole))

    def over(self, h: Tensor, skip: Tensor) -> Tensor:
        """The output of `forward` for h, upsampled to twice its size or a pixel less, joined with
        skip."""
        channels, (height, width) = h.shape[1], skip.shape[-2:]
        if torch.is_grad_enabled():
            up = F.interpolate(h, scale_factor=2.0, mode="nearest")[..., :height, :width]
            return self.forward(torch.cat([up, skip.to(h.dtype)], dim=1))
        whole, inside = self._frame(h, channels + skip.shape[1], height, width)
        for i, j in itertools.product(range(2), range(2)):
            part = inside[:, :channels, i::2, j::2]
            part.copy_(h[..., : part.shape[-2], : part.shape[-1]])
        inside[:, channels:].copy_(skip)
        return super().forward(self._with_edges(whole))

    def _frame(self, like: Tensor, channels: int, height: int, width: int) -> tuple[Tensor, Tensor]:
        """Room for an image and what lies beyond it, and the part of it where the image goes.

        Whole images are written there piece by piece, in half the time of one whole copy after the
        other; gradients do not go that way.
        """
        left, right, top, bottom = self.around
        size = (len(like), channels, top + height + bottom, left + width + right)
        layout = torch.channels_last
        whole = torch.empty(size, dtype=like.dtype, device=like.device, memory_format=layout)
        return whole, whole[..., top : top + height, left : left + width]

    def _with_edges(self, whole: Tensor) -> Tensor:
        """The image with its nearest row and column, or zeros, written around it."""
        left, right, top, bottom = self.around
        repeat = self._mode == "replicate"
        last_column, last_row = whole.shape[-1] - right, whole.shape[-2] - bottom
        whole[..., :left] = whole[..., left : left + 1] if repeat else 0.0
        whole[..., last_column:] = whole[..., last_column - 1 : last_column] if repeat else 0.0
        whole[..., :top, :] = whole[..., top : top + 1, :] if repeat else 0.0
        whole[..., last_row:, :] = whole[..., last_row - 1 : last_row, :] if repeat else 0.0
        return whole


class AroundConv2d(UpwardConv2d):
    """3×3 convolution that sees what is around.  (B, C, H, W) -> (B, C', H, W)"""

    around = (1, 1, 1, 1)


def shifted_down(x: Tensor) -> Tensor:
    """Row i of the result is row i − 1; row 0 is zero.  Keeps the shape."""
    return F.pad(x, (0, 0, 1, -1))


def pool(x: Tensor, edges: str) -> Tensor:
    """2×2 max-pool.  (B, C, H, W) -> (B, C, ⌈H/2⌉, ⌈W/2⌉)"""
    del edges
    return F.max_pool2d(x, 2, ceil_mode=True)


def upward_pool(x: Tensor, edges: str) -> Tensor:
    """2×2 max-pool of rows 2i − 1 and 2i to row i; neither is below it when upsampled."""
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
            assert isinstance(conv, UpwardConv2d)
            h = leaky(again(leaky(conv.over(h, skips.pop()))))
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
        return self.joined(self.ways(x))

    def ways(self, x: Tensor) -> list[Tensor]:
        """The trunk's features of x as it is and after one, two and three quarter turns to the
        left, each turned so: 96 channels. In each, row i knows of rows 0..i.

        In training all four go through the trunk together; a whole image goes one by one, which
        takes a quarter of the memory.
        """
        turned = [torch.rot90(x, k, (2, 3)) for k in range(4)]
        if self.training and x.shape[-2] == x.shape[-1]:
            return list(self._trunk_of(torch.cat(turned)).chunk(4))
        return [self._trunk_of(part) for part in turned]

    def _trunk_of(self, x: Tensor) -> Tensor:
        found: Tensor = self.trunk(x.contiguous(memory_format=torch.channels_last))
        return found

    def joined(self, ways: list[Tensor]) -> Tensor:
        """The network's output from `ways`, (B, O, H, W) in float32.

        A whole image's is made of strips of rows: what is around the pixels of a strip, 384 numbers
        each, fits into the cache, and of all would be the largest thing in memory.
        """
        count, _, height, width = ways[0].shape
        rows = max(1, STRIP_PIXELS[ways[0].device.type] // (count * width))
        if self.training:
            rows = height
        strips = [self._strip(ways, top, top + rows) for top in range(0, height, rows)]
        return torch.cat(strips, dim=2)

    def _strip(self, ways: list[Tensor], top: int, bottom: int) -> Tensor:
        """Rows `top` to `bottom`, or to the last, of the output."""
        around = torch.cat([turned_back(w, k, top, bottom) for k, w in enumerate(ways)], dim=1)
        h = leaky(self.narrow(leaky(self.join(around))))
        with torch.autocast(h.device.type, enabled=False):
            out: Tensor = self.head(h.to(self.head.weight.dtype))
        return out


def turned_back(way: Tensor, quarters: int, top: int, bottom: int) -> Tensor:
    """Rows `top` to `bottom`, or to the last, of an image that was turned to the left by `quarters`
    quarters, once its rows have moved down by one, so that none knows of itself.  Turned back.
    """
    height = way.shape[-2 if quarters % 2 == 0 else -1]
    bottom = min(bottom, height)
    if quarters >= 2:  # counted from the other end
        top, bottom = height - bottom, height - top
    if quarters % 2 == 1:
        strip = shifted_down(way[..., top:bottom])
    else:
        before = max(top - 1, 0)
        strip = shifted_down(way[..., before:bottom, :])[..., top - before :, :]
    return torch.rot90(strip, -quarters, (2, 3))


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
