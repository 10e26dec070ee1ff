"""Layers of whole images, made a strip of rows at a time.

A strip fits into the cache, where the next layers find it.  Whole images would go through memory,
layer after layer.

The parts of a network are functions of rows: `Rows`.  One asks the one before it for the rows that
it sees, a few more than it is asked for, so that a chain of them never holds a whole image.
"""

from collections.abc import Callable

import torch
from torch import Tensor

from denoisebench.nn.one_pass import Convolve, Kernel, convolution

STRIP_PIXELS = 96 << 10
"""The number of pixels of a strip on a CPU."""

Rows = Callable[[int, int], Tensor]
"""(top, bottom) -> rows `top` to `bottom` of an image, (B, C, bottom − top, W).

>>> rows: Rows = lambda top, bottom: torch.zeros(1, 1, bottom - top, 6)
"""


def strip_rows(like: Tensor) -> int:
    """The number of rows of a strip of images (B, C, H, W), even; all H where gradients are kept
    and off the CPU.

    >>> with torch.no_grad():
    ...     strip_rows(torch.zeros(1, 48, 512, 768))
    128
    """
    height, width = like.shape[-2:]
    if torch.is_grad_enabled() or like.device.type != "cpu":
        return height
    return max(2, STRIP_PIXELS // width // 2 * 2)


def rows_of_image(x: Tensor) -> Rows:
    """The rows of an image (B, C, H, W).

    >>> rows_of_image(torch.zeros(1, 1, 8, 6))(2, 5).shape
    torch.Size([1, 1, 3, 6])
    """
    return lambda top, bottom: x if (top, bottom) == (0, x.shape[2]) else x[:, :, top:bottom]


def rows_of_conv(before: Rows, height: int, conv: Kernel, convolve: Convolve = convolution) -> Rows:
    """The rows of a 3×3 convolution of an image of `height` rows, zeros beyond it.

    convolve: `leaky_conv` for a leaky ReLU after it.

    >>> x, conv = torch.zeros(1, 1, 8, 6), conv3x3(1, 48)
    >>> rows_of_conv(rows_of_image(x), 8, (conv.weight, conv.bias))(2, 5).shape
    torch.Size([1, 48, 3, 6])
    """

    def rows(top: int, bottom: int) -> Tensor:
        above, below = top > 0, bottom < height
        seen = before(top - above, bottom + below)
        if above and below:
            return convolve(seen, conv, (0, 1))
        out = convolve(seen, conv, (1, 1))
        return out[:, :, above : above + bottom - top] if above or below else out

    return rows


def in_strips(rows_of: Rows, height: int, rows: int, spare: Tensor | None = None) -> Tensor:
    """rows_of(0, height), made `rows` rows at a time, channels_last.

    spare: is written over and returned, if it has the size and the type.  A new image of several
    megabytes costs the time in which the system clears its memory.

    >>> x = torch.arange(6.0).reshape(1, 1, 3, 2)
    >>> in_strips(lambda top, bottom: 2 * x[:, :, top:bottom], 3, rows=2).flatten()
    tensor([ 0.,  2.,  4.,  6.,  8., 10.])
    """
    if rows >= height:
        return rows_of(0, height).contiguous(memory_format=torch.channels_last)
    whole = None
    for top in range(0, height, rows):
        bottom = min(top + rows, height)
        strip = rows_of(top, bottom)
        if whole is None:
            count, channels, _, width = strip.shape
            size = count, channels, height, width
            if spare is not None and (spare.shape, spare.dtype) == (size, strip.dtype):
                whole = spare
            else:
                whole = strip.new_empty((count, height, width, channels)).permute(0, 3, 1, 2)
        whole[:, :, top:bottom] = strip
    assert whole is not None
    return whole
