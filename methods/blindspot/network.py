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

from denoisebench.nn import (
    Convolve,
    Rows,
    conv1x1,
    conv_plus,
    convolution,
    he_start,
    in_strips,
    kernel_of_upsampled,
    leaky,
    leaky_conv,
    rows_of_image,
    strip_rows,
)

ENCODER, DECODER = 48, 96
"""Channels on the way down and on the way up."""

STRIP_PIXELS = {"cpu": 1 << 12, "cuda": 1 << 18, "mps": 1 << 18}
"""The number of pixels of whole images that go through the last, widest layers at a time."""

EASY_COLUMNS = 8
"""A width that is a multiple of this many columns: oneDNN takes four times as long for a transposed
convolution of a prime number of them."""

SIDE = 3
"""The side of a convolution's kernel, in pixels."""

MODES = {"repeat": "replicate", "zero": "constant"}
"""The values beyond the image, and torch's word for them."""


class UpwardConv2d(nn.Conv2d):
    """3×3 convolution that sees its own row and the two above, with a leaky ReLU after it.

    (B, C, H, W) -> (B, C', H, W)
    """

    around = (1, 1, 2, 0)  # columns and rows that it sees: left, right, above, below
    lag = 1  # a pool takes rows 2i − 1 and 2i to row i, so that neither is below it if upsampled

    def __init__(self, inputs: int, outputs: int, edges: str) -> None:
        super().__init__(inputs, outputs, SIDE)
        self._mode = MODES[edges]
        he_start(self)

    def forward(self, x: Tensor) -> Tensor:
        with torch.autocast(x.device.type, enabled=False):  # it would repeat edges in float32
            padded = F.pad(x, self.around, mode=self._mode)
        return leaky(super().forward(padded))

    def pooled(self, x: Tensor) -> Tensor:
        """The 2×2 max-pool of `forward`.  (B, C, H, W) -> (B, C', ⌈H/2⌉, ⌈W/2⌉)"""
        h = self(x)
        if self.lag and self._mode == "constant":
            h = shifted_down(h)
        padding = (1, 0) if self.lag and self._mode == "replicate" else 0  # row −1 counts nothing
        return F.max_pool2d(h, 2, padding=padding, ceil_mode=True)[:, :, : (x.shape[2] + 1) // 2]

    def over(self, h: Tensor, skip: Tensor) -> Tensor:
        """`forward` of h, upsampled to twice its size or a pixel less, joined with skip."""
        out: Tensor = self(upsampled_with(h, skip))
        return out

    def rows(self, before: Rows, height: int) -> Rows:
        """The rows of `forward`."""
        return self._rows_of_conv(before, height, self.weight, leaky_conv)

    def rows_of_pooled(self, before: Rows, height: int) -> Rows:
        """The rows of `pooled`.  A leaky ReLU keeps the order: the maximum goes first."""
        conv = self._rows_of_conv(before, height, self.weight)
        repeat = self._mode == "replicate"
        end = height if repeat else height - self.lag  # zeros push the last row out of the image

        def rows(top: int, bottom: int) -> Tensor:
            first, last = max(2 * top - self.lag, 0), min(2 * bottom - self.lag, height)
            full = conv(first, last)
            row, full = full[:, :, :1], full[:, :, : end - first]
            if 2 * top < self.lag:
                full = torch.cat([row if repeat else 0.0 * row, full], dim=2)
            return leaky(largest_of_pairs(largest_of_pairs(full, 2), 3))

        return rows

    def rows_over(self, h: Tensor, skip: Tensor) -> Rows:
        """The rows of `over`.

        A transposed convolution of h, moved down by as many rows as the kernel looks up, plus a
        convolution of skip: see `conv_of_upsampled`.
        """
        height, width = skip.shape[-2:]
        if self._mode == "constant":  # an upsampled row or column beyond the image would count
            return self.rows(rows_of_image(upsampled_with(h, skip)), height)
        of_h, of_skip = self.weight[:, : h.shape[1]], self.weight[:, h.shape[1] :]
        kernel, down = kernel_of_upsampled(of_h), self.around[2] - 1
        padded = self._framed(F.pad(h, (0, -h.shape[3] % EASY_COLUMNS)), 1, 1)
        padded[..., h.shape[3] + 1] = padded[..., h.shape[3]]  # beside the image, not the padding
        _, _, above, below = self.around

        def rows(top: int, bottom: int) -> Tensor:
            first, last = max(top - above, 0), min(bottom + below, height)
            framed = self._framed(
                skip[:, :, first:last], first - (top - above), bottom + below - last
            )
            top, bottom = top - down, bottom - down
            first = (top + 1) // 2
            seen = padded[:, :, first : (bottom + 5) // 2]
            beyond = 3 - (2 * first - top)  # rows of the transposed convolution above the strip
            up = F.conv_transpose2d(seen, kernel, stride=2, padding=(beyond, 3))
            up = up[:, :, : bottom - top, :width]
            return leaky(conv_plus(framed, (of_skip, self.bias), up))

        return rows

    def _rows_of_conv(
        self, before: Rows, height: int, weight: Tensor, convolve: Convolve = convolution
    ) -> Rows:
        """The rows of the convolution by some of the weights."""
        conv = weight, self.bias
        _, _, above, below = self.around

        def rows(top: int, bottom: int) -> Tensor:
            first, last = max(top - above, 0), min(bottom + below, height)
            seen = before(first, last)
            missing = first - (top - above), bottom + below - last
            if any(missing) or seen.shape[3] < SIDE:
                return convolve(self._framed(seen, *missing), conv, (0, 0))
            out = convolve(seen, conv, (0, 1))  # zeros beside the image
            if self._mode == "replicate":
                ends = torch.cat([seen[..., :1], seen[..., :2], seen[..., -2:], seen[..., -1:]], 3)
                out[..., 0], out[..., -1] = convolve(ends, conv, (0, 0))[..., ::3].unbind(3)
            return out

        return rows

    def _framed(self, seen: Tensor, rows_above: int, rows_below: int) -> Tensor:
        """Rows of an image with a column on each side and some rows above and below: the image's
        nearest row and column, or zeros."""
        count, channels, height, width = seen.shape
        frame = torch.empty(
            (count, channels, rows_above + height + rows_below, 1 + width + 1),
            dtype=seen.dtype,
            device=seen.device,
            memory_format=torch.channels_last,
        )
        start, end = rows_above, rows_above + height
        frame[:, :, start:end, 1:-1] = seen
        repeat = self._mode == "replicate"
        frame[..., :1] = frame[..., 1:2] if repeat else 0.0
        frame[..., -1:] = frame[..., -2:-1] if repeat else 0.0
        frame[:, :, :start] = frame[:, :, start : start + 1] if repeat else 0.0
        frame[:, :, end:] = frame[:, :, end - 1 : end] if repeat else 0.0
        return frame


class AroundConv2d(UpwardConv2d):
    """3×3 convolution that sees what is around, with a leaky ReLU after it."""

    around = (1, 1, 1, 1)
    lag = 0


def largest_of_pairs(x: Tensor, dim: int) -> Tensor:
    """The larger of elements 2i and 2i + 1 along a dimension; a last one alone stays."""
    first, second = (x[(slice(None),) * dim + (slice(i, None, 2),)] for i in range(2))
    pairs = second.shape[dim]
    largest = torch.maximum(first.narrow(dim, 0, pairs), second)
    if first.shape[dim] == pairs:
        return largest
    return torch.cat([largest, first.narrow(dim, pairs, 1)], dim=dim)


def upsampled_with(h: Tensor, skip: Tensor) -> Tensor:
    """h, upsampled to twice its size (nearest) or a pixel less, joined with skip."""
    up = F.interpolate(h, scale_factor=2.0, mode="nearest")
    return torch.cat([up[..., : skip.shape[2], : skip.shape[3]], skip.to(h.dtype)], dim=1)


def shifted_down(x: Tensor) -> Tensor:
    """Row i of the result is row i − 1; row 0 is zero.  Keeps the shape."""
    return F.pad(x, (0, 0, 1, -1))


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
