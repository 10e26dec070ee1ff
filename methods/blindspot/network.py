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
from torch import Tensor, nn

from blindspot.convolutions import AroundConv2d, UpwardConv2d, shifted_down
from denoisebench.nn import (
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
        """In strips of rows, level by level."""
        skips = [x]
        height = x.shape[2]
        rows = self.first.rows(rows_of_image(x), height)
        for conv in convs(self.down):
            half = (height + 1) // 2
            h = in_strips(conv.rows_of_pooled(rows, height), half, max(1, strip_rows(x) // 2))
            skips.append(h)
            rows, height = rows_of_image(h), half
        h = in_strips(self.bottom.rows(rows, height), height, strip_rows(skips.pop()))
        for conv, again in zip(convs(self.up), convs(self.up_again), strict=True):
            skip = skips.pop()
            height = skip.shape[2]
            h = in_strips(again.rows(conv.rows_over(h, skip), height), height, strip_rows(skip))
        return h


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
        if torch.is_grad_enabled():
            turned = [torch.rot90(shifted_down(way), -k, (2, 3)) for k, way in enumerate(ways)]
            return self._output(torch.cat(turned, dim=1))
        count, channels, height, width = ways[0].shape
        rows = max(1, STRIP_PIXELS[ways[0].device.type] // (count * width))
        strips = []
        for top in range(0, height, rows):
            bottom = min(top + rows, height)
            around = ways[0].new_empty((count, bottom - top, width, len(ways) * channels))
            around = around.permute(0, 3, 1, 2)  # channels_last
            for k, (way, place) in enumerate(zip(ways, around.chunk(len(ways), 1), strict=True)):
                write_turned_back(place, way, k, top, bottom)
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


def write_turned_back(place: Tensor, way: Tensor, quarters: int, top: int, bottom: int) -> None:
    """Write rows `top` to `bottom` of an image that was turned to the left by `quarters` quarters,
    once its rows have moved down by one, so that none knows of itself; turned back.
    """
    if quarters % 2 == 1:
        height = way.shape[3]
        columns = slice(top, bottom) if quarters == 1 else slice(height - bottom, height - top)
        zero, rest = (-1, slice(0, -1)) if quarters == 1 else (0, slice(1, None))
        place[..., zero] = 0.0
        place[..., rest] = torch.rot90(way[:, :, :-1, columns], -quarters, (2, 3))
        return
    if quarters == 2:  # counted from the other end
        top, bottom = way.shape[2] - bottom, way.shape[2] - top
    seen = way[:, :, max(top - 1, 0) : bottom - 1]
    missing = bottom - top - seen.shape[2]
    if quarters == 0:
        place[:, :, :missing] = 0.0
        place[:, :, missing:] = seen
    else:
        place[:, :, seen.shape[2] :] = 0.0
        place[:, :, : seen.shape[2]] = seen.flip(2, 3)


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
