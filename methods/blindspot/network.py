"""The blind-spot network and the noise-level network of Laine et al., "High-Quality Self-Supervised
Deep Image Denoising" (NeurIPS 2019, arXiv 1901.10277), section 3 and appendix; sizes of their code.

A U-Net that sees only what lies above each pixel is run on the image in four orientations; 1×1
convolutions join what it found.  Departures:

- Beyond the image the nearest row or column is repeated (`edges="repeat"`); theirs is zero.  Zeros
  reach 252 rows far: a network that was trained on small crops has never seen what lies further.
- A height or width that is no multiple of 32 needs no padding (an odd side is pooled to the half,
  rounded up).  A reflected image would show the network a pixel's own noise beside the pixel.
"""

from collections.abc import Iterator

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from blindspot.convolutions import AroundConv2d, UpwardConv2d, shifted_down
from denoisebench.nn import (
    Rows,
    conv1x1,
    in_strips,
    leaky_conv,
    rows_of_image,
    strip_rows,
)

ENCODER, DECODER = 48, 96
"""Channels on the way down and on the way up."""

STRIP_PIXELS = {"cpu": 1 << 12, "cuda": 1 << 18, "mps": 1 << 18}
"""The number of pixels of whole images that go through the last, widest layers at a time."""


class Trunk(nn.Module):
    """Noise2Noise's U-Net, its last level kept wide.  (B, C, H, W) -> (B, 96, H, W), any H and W.

    Skips are taken after pooling; the last is the input.  With `UpwardConv2d` row i of the result
    depends on rows 0..i of the input alone.
    """

    def __init__(self, channels: int, edges: str, conv: type[UpwardConv2d]) -> None:
        super().__init__()
        e, d = ENCODER, DECODER
        self.first = conv(channels, e, edges)
        self.down = nn.ModuleList(conv(e, e, edges) for _ in range(5))
        self.bottom = conv(e, e, edges)
        joined = (2 * e, d + e, d + e, d + e, d + channels)
        self.up = nn.ModuleList(conv(inputs, d, edges) for inputs in joined)
        self.up_again = nn.ModuleList(conv(d, d, edges) for _ in joined)

    def forward(self, x: Tensor) -> Tensor:
        return self._of_patches(x) if torch.is_grad_enabled() else self._of_image(x)

    def _of_patches(self, x: Tensor) -> Tensor:
        skips = [x]
        h: Tensor = self.first(x)
        for conv in convs(self.down):
            h = conv.pooled(h)
            skips.append(h)
        h = self.bottom(skips.pop())
        for conv, again in zip(convs(self.up), convs(self.up_again), strict=True):
            h = again(conv.over(h, skips.pop()))
        return h

    def _of_image(self, x: Tensor) -> Tensor:
        return in_strips(self.rows(x), x.shape[2], strip_rows(x))

    def rows(self, x: Tensor) -> Rows:
        """The rows of `forward` of a whole image, without gradients.  All levels but the last are
        made at once, in strips."""
        skips = [x]
        height = x.shape[2]
        rows = self.first.rows(rows_of_image(x), height)
        for conv in convs(self.down):
            half = (height + 1) // 2
            h = in_strips(conv.rows_of_pooled(rows, height), half, max(1, strip_rows(x) // 2))
            skips.append(h)
            rows, height = rows_of_image(h), half
        rows = self.bottom.rows(rows, height)
        below = skips.pop()
        for conv, again in zip(convs(self.up), convs(self.up_again), strict=True):
            h = in_strips(rows, height, strip_rows(below))
            below = skips.pop()
            height = below.shape[2]
            rows = again.rows(conv.rows_over(h, below), height)
        return rows


def convs(modules: nn.ModuleList) -> Iterator[UpwardConv2d]:
    """The modules, as the convolutions that they are."""
    for module in modules:
        assert isinstance(module, UpwardConv2d)
        yield module


class BlindSpotNet(nn.Module):
    """Output pixel (i, j) depends on every input pixel around but on (i, j) itself, in no channel.

    (B, C, H, W) -> (B, O, H, W), any H and W.  1,265,858 parameters for 1 -> 2 channels, 1,269,129
    for 3 -> 9.
    """

    def __init__(self, channels: int, outputs: int, edges: str = "repeat") -> None:
        super().__init__()
        self.trunk = Trunk(channels, edges, UpwardConv2d)
        self.join = conv1x1(4 * DECODER, 4 * DECODER)
        self.narrow = conv1x1(4 * DECODER, DECODER)
        self.head = conv1x1(DECODER, outputs, gain=1.0)

    def forward(self, x: Tensor) -> Tensor:
        if torch.is_grad_enabled():
            return self._output(self.around(x))
        return self._of_image(x)

    def around(self, x: Tensor) -> Tensor:
        """The trunk's features of what is above, right of, below and left of each pixel.

        (B, C, H, W) -> (B, 384, H, W).  In training all four turns of square patches go through the
        trunk together.
        """
        turned = [_turned(x, quarters) for quarters in range(4)]
        if self.training and x.shape[-2] == x.shape[-1]:
            ways = self.trunk(_channels_last(torch.cat(turned))).chunk(4)
        else:
            ways = [self.trunk(part) for part in turned]
        back = [_turned(shifted_down(way), -quarters) for quarters, way in enumerate(ways)]
        return torch.cat(back, dim=1)

    def _of_image(self, x: Tensor) -> Tensor:
        """`forward` without gradients.

        The features of what is right and left of a pixel are made column by column, so they are
        held for the whole image: the largest thing in memory.  Those of what is above and below
        are made in strips of rows.
        """
        count, _, height, width = x.shape
        right, left = (self.trunk(_turned(x, quarters)) for quarters in (1, 3))
        upward, downward = (self.trunk.rows(_turned(x, quarters)) for quarters in (0, 2))
        rows = max(1, STRIP_PIXELS[x.device.type] // (count * width))
        strips = []
        for start in range(0, height, strip_rows(x)):
            end = min(start + strip_rows(x), height)
            above = rows_moved_down(upward, start, end)
            below = rows_moved_down(downward, height - end, height - start)
            for top in range(start, end, rows):
                bottom = min(top + rows, end)
                around = above.new_empty((count, bottom - top, width, 4 * DECODER))
                around = around.permute(0, 3, 1, 2)  # channels_last
                places = around.chunk(4, 1)
                places[0][:] = above[:, :, top - start : bottom - start]
                write_beside(places[1], right[..., top:bottom], 1)
                places[2][:] = below[:, :, end - bottom : end - top].flip(2, 3)
                write_beside(places[3], left[..., height - bottom : height - top], 3)
                strips.append(self._output(around))
        return torch.cat(strips, dim=2)

    def _output(self, around: Tensor) -> Tensor:
        """The network's output, where `around` is the pixels' surroundings, (B, 384, h, W)."""
        h = around
        for conv in (self.join, self.narrow):
            h = leaky_conv(h, (conv.weight, conv.bias))
        with torch.autocast(h.device.type, enabled=False):
            out: Tensor = self.head(h.to(self.head.weight.dtype))
        return out


def _turned(x: Tensor, quarters: int) -> Tensor:
    """An image after some quarter turns to the left."""
    return _channels_last(torch.rot90(x, quarters, (2, 3)))


def _channels_last(x: Tensor) -> Tensor:
    return x.contiguous(memory_format=torch.channels_last)


def rows_moved_down(rows: Rows, top: int, bottom: int) -> Tensor:
    """Rows `top` to `bottom` of an image whose rows have moved down by one, so that none knows of
    itself: row 0 is zero."""
    if top > 0:
        return rows(top - 1, bottom - 1)
    if bottom == 1:
        return 0.0 * rows(0, 1)
    return F.pad(rows(0, bottom - 1), (0, 0, 1, 0))


def write_beside(place: Tensor, way: Tensor, quarters: int) -> None:
    """Write features that were found after 1 or 3 quarter turns to the left, turned back.  Their
    rows, columns then, move by one, so that none knows of itself."""
    zero, rest = (-1, slice(0, -1)) if quarters == 1 else (0, slice(1, None))
    place[..., zero] = 0.0
    place[..., rest] = torch.rot90(way[:, :, :-1], -quarters, (2, 3))


class PlainNet(nn.Module):
    """The same U-Net without a blind spot.  (B, C, H, W) -> (B, O, H, W), any H and W.

    1,102,371 parameters for 3 -> 3 channels, 1,099,585 for 1 -> 1.
    """

    def __init__(self, channels: int, outputs: int, edges: str = "repeat") -> None:
        super().__init__()
        self.trunk = Trunk(channels, edges, AroundConv2d)
        self.join = conv1x1(DECODER, DECODER)
        self.narrow = conv1x1(DECODER, DECODER)
        self.head = conv1x1(DECODER, outputs, gain=1.0)

    def forward(self, x: Tensor) -> Tensor:
        h = self.trunk(x)
        for conv in (self.join, self.narrow):
            h = leaky_conv(h, (conv.weight, conv.bias))
        out: Tensor = self.head(h)
        return out
