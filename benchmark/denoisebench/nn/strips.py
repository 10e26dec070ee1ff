"""Layers of whole images, made a strip of rows at a time.

A strip fits into the cache, where the next layers find it.  Whole images would go through memory,
layer after layer.

The parts of a network are functions of rows: `Rows`.  One asks the one before it for the rows that
it sees, a few more than it is asked for, so that a chain of them never holds a whole image.
"""

from collections.abc import Callable
from functools import cache

import torch
import torch.nn.functional as F
from torch import Tensor

STRIP_PIXELS = 1 << 15
"""The number of pixels of a strip on a CPU."""

SLOPE = 0.1
"""The slope of the leaky ReLU for negative values."""

NARROW = 16
"""A convolution from or to at most this many channels reads the image or writes it."""

ONE_PASS = torch.float32, torch.bfloat16
"""The types for which a CPU makes a convolution and a leaky ReLU in one pass."""

Kernel = tuple[Tensor, Tensor | None]
"""The weight (O, C, h, w) and the bias (O,) of a convolution.

>>> conv = conv3x3(1, 48)
>>> kernel: Kernel = (conv.weight, conv.bias)
"""

Convolve = Callable[[Tensor, Kernel, tuple[int, int]], Tensor]
"""(x, kernel, padding) -> the convolution of x, and what may follow it.

>>> convolve: Convolve = leaky_conv
"""

Rows = Callable[[int, int], Tensor]
"""(top, bottom) -> rows `top` to `bottom` of an image, (B, C, bottom − top, W).

>>> rows: Rows = lambda top, bottom: torch.zeros(1, 1, bottom - top, 6)
"""


def leaky(x: Tensor) -> Tensor:
    """Leaky ReLU, slope 0.1, in place.  Any shape.

    >>> leaky(torch.tensor([-1.0, 2.0]))
    tensor([-0.1000,  2.0000])
    """
    return F.leaky_relu_(x, SLOPE)


def convolution(x: Tensor, conv: Kernel, padding: tuple[int, int] = (0, 0)) -> Tensor:
    """The convolution of x by a kernel.  (B, C, H, W) -> (B, O, H', W')

    padding: rows and columns of zeros.

    >>> kernel = conv3x3(1, 48)
    >>> convolution(torch.zeros(1, 1, 8, 6), (kernel.weight, kernel.bias)).shape
    torch.Size([1, 48, 6, 4])
    """
    return F.conv2d(x, *conv, padding=padding)


def leaky_conv(
    x: Tensor,
    conv: Kernel,
    padding: tuple[int, int] = (0, 0),
    *,
    dilation: int = 1,
    slope: float = SLOPE,
) -> Tensor:
    """The leaky ReLU of the convolution of x by a kernel.  (B, C, H, W) -> (B, O, H', W')

    padding: rows and columns of zeros.  slope: 0 for a ReLU.  On a CPU, without gradients, in one
    pass where torch has one; under autocast by its rule.

    >>> x, kernel = torch.zeros(1, 20, 8, 6), conv3x3(20, 48)
    >>> leaky_conv(x, (kernel.weight, kernel.bias)).shape
    torch.Size([1, 48, 6, 4])
    """
    weight, bias = conv
    autocast = torch.is_autocast_enabled(x.device.type)
    dtype = torch.get_autocast_dtype(x.device.type) if autocast else x.dtype
    narrow = autocast and min(x.shape[1], len(weight)) <= NARROW
    two_passes = torch.is_grad_enabled() or narrow or dtype not in ONE_PASS
    one_pass = None if two_passes else _one_pass(x.device.type)
    if one_pass is None:
        out = F.conv2d(x, weight, bias, padding=padding, dilation=dilation)
        return F.leaky_relu_(out, slope) if slope > 0.0 else F.relu_(out)
    bias = None if bias is None else bias.to(dtype)
    return one_pass(x.to(dtype), weight.to(dtype), bias, padding, dilation, slope)


@cache
def _one_pass(device: str) -> Callable[..., Tensor] | None:
    """oneDNN's convolution with a leaky ReLU inside, an operator that torch's compiler uses; None
    where it is missing or does something else."""

    def convolve(
        x: Tensor,
        weight: Tensor,
        bias: Tensor | None,
        padding: tuple[int, int],
        dilation: int,
        slope: float,
    ) -> Tensor:
        sides = list(padding), [1, 1], [dilation, dilation]  # the second: strides
        fused: Tensor = torch.ops.mkldnn._convolution_pointwise(
            x, weight, bias, *sides, 1, "leaky_relu", [slope], ""
        )
        return fused

    if device != "cpu":
        return None
    x = torch.linspace(-1.0, 1.0, 48).view(1, 3, 4, 4)
    weight = torch.linspace(1.0, -1.0, 54).view(2, 3, 3, 3)
    with torch.autocast(device, enabled=False):
        try:
            found = convolve(x, weight, torch.ones(2), (0, 2), 1, SLOPE)
        except (AttributeError, RuntimeError, TypeError):
            return None
        expected = leaky(F.conv2d(x, weight, torch.ones(2), padding=(0, 2)))
    return convolve if torch.allclose(found, expected, atol=1e-5) else None


def strip_rows(like: Tensor) -> int:
    """The number of rows of a strip of images (B, C, H, W), even; all H where gradients are kept
    and off the CPU.

    >>> with torch.no_grad():
    ...     strip_rows(torch.zeros(1, 48, 512, 768))
    42
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


def in_strips(rows_of: Rows, height: int, rows: int) -> Tensor:
    """rows_of(0, height), made `rows` rows at a time, channels_last.

    >>> x = torch.arange(6.0).reshape(1, 1, 3, 2)
    >>> in_strips(lambda top, bottom: 2 * x[:, :, top:bottom], 3, rows=2).flatten()
    tensor([ 0.,  2.,  4.,  6.,  8., 10.])
    """
    if rows >= height:
        return rows_of(0, height)
    whole = None
    for top in range(0, height, rows):
        bottom = min(top + rows, height)
        strip = rows_of(top, bottom)
        if whole is None:
            count, channels, _, width = strip.shape
            whole = strip.new_empty((count, height, width, channels)).permute(0, 3, 1, 2)
        whole[:, :, top:bottom] = strip
    assert whole is not None
    return whole
