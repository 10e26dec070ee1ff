"""Convolutions of blind-spot networks: what each output sees, beyond the image too, of patches with
gradients and of whole images without, in strips of rows.
"""

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from denoisebench.nn import (
    Convolve,
    Rows,
    conv_plus,
    convolution,
    he_start,
    kernel_with_cells,
    kernels_of_upsampled,
    leaky,
    leaky_conv,
    leaky_doubled,
    rows_of_image,
)

EASY_COLUMNS = 8
"""A width that is a multiple of this many columns: oneDNN takes four times as long for a transposed
convolution of a prime number of them."""

FEW = 8
"""A skip of at most this many channels goes through the transposed convolution, with zeros in its
kernel.  A second convolution would take longer, as its result has to be added."""

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
        convolution of skip: see `kernels_of_upsampled`.  If skip has few channels, all in one: see
        `kernel_with_cells`.
        """
        height, width = skip.shape[-2:]
        if self._mode == "constant":  # an upsampled row or column beyond the image would count
            return self.rows(rows_of_image(upsampled_with(h, skip)), height)
        if skip.shape[1] <= FEW:
            conv = kernel_with_cells(self.weight, h.shape[1]), self.bias
            cells = framed_cells(h, skip)

            def in_one_pass(top: int, bottom: int) -> Tensor:
                seen, beyond = self._cells_seen(cells, top, bottom)
                return leaky_doubled(seen, conv, (beyond, 3))[:, :, : bottom - top, :width]

            return in_one_pass
        kernel, of_skip = kernels_of_upsampled(self.weight, h.shape[1])
        upsampled = framed_cells(h)
        _, _, above, below = self.around

        def rows(top: int, bottom: int) -> Tensor:
            seen, beyond = self._cells_seen(upsampled, top, bottom)
            up = F.conv_transpose2d(seen, kernel, stride=2, padding=(beyond, 3))
            first, last = max(top - above, 0), min(bottom + below, height)
            framed = self._framed(
                skip[:, :, first:last], first - (top - above), bottom + below - last
            )
            up = up[:, :, : bottom - top, :width]
            return leaky(conv_plus(framed, (of_skip, self.bias), up))

        return rows

    def _cells_seen(self, cells: Tensor, top: int, bottom: int) -> tuple[Tensor, int]:
        """The rows of `framed_cells` that rows `top` to `bottom` of their transposed convolution
        see, and how many rows of its result lie above these."""
        down = self.around[2] - 1
        top, bottom = top - down, bottom - down
        first = (top + 1) // 2
        return cells[:, :, first : (bottom + 5) // 2], 3 - (2 * first - top)

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
            if seen.shape[3] < SIDE:
                return convolve(self._framed(seen, *missing), conv, (0, 0))
            if any(missing):
                seen = self._with_rows(seen, *missing)
            out = convolve(seen, conv, (0, 1))  # zeros beside the image
            if self._mode == "replicate":
                ends = torch.cat([seen[..., :1], seen[..., :2], seen[..., -2:], seen[..., -1:]], 3)
                out[..., 0], out[..., -1] = convolve(ends, conv, (0, 0))[..., ::3].unbind(3)
            return out

        return rows

    def _with_rows(self, seen: Tensor, above: int, below: int) -> Tensor:
        """Rows of an image with some more above and below: the image's nearest row, or zeros."""
        nearest = 1.0 if self._mode == "replicate" else 0.0
        first, last = nearest * seen[:, :, :1], nearest * seen[:, :, -1:]
        return torch.cat([*[first] * above, seen, *[last] * below], dim=2)

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


def framed_cells(h: Tensor, skip: Tensor | None = None) -> Tensor:
    """The pixels of h with the nearest one on each side, and zeros right of them, for a width that
    is a multiple of `EASY_COLUMNS` and two.

    skip: of twice the height and width of h or a pixel less; the four pixels of each cell follow
    the channels of h, those beyond the image being its nearest.
    """
    count, channels, height, width = h.shape
    others = 0 if skip is None else 4 * skip.shape[1]
    columns = width + -width % EASY_COLUMNS
    cells = h.new_empty((count, height + 2, columns + 2, channels + others)).permute(0, 3, 1, 2)
    seen = cells[:, :channels, :, : width + 2]
    seen[:, :, 1:-1, 1:-1] = h
    seen[:, :, 1:-1, 0], seen[:, :, 1:-1, -1] = h[..., 0], h[..., -1]
    seen[:, :, 0], seen[:, :, -1] = seen[:, :, 1], seen[:, :, -2]
    if skip is not None:
        ends = 2 + 2 * width - skip.shape[3], 2 + 2 * height - skip.shape[2]
        around = F.pad(skip, (2, ends[0], 2, ends[1]), mode="replicate")
        cells[:, channels:, :, : width + 2] = F.pixel_unshuffle(around, 2)
    cells[..., width + 2 :] = 0.0
    return cells


def upsampled_with(h: Tensor, skip: Tensor) -> Tensor:
    """h, upsampled to twice its size (nearest) or a pixel less, joined with skip."""
    up = F.interpolate(h, scale_factor=2.0, mode="nearest")
    return torch.cat([up[..., : skip.shape[2], : skip.shape[3]], skip.to(h.dtype)], dim=1)


def shifted_down(x: Tensor) -> Tensor:
    """Row i of the result is row i − 1; row 0 is zero.  Keeps the shape."""
    return F.pad(x, (0, 0, 1, -1))
