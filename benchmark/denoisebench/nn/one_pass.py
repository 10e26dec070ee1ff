"""Convolutions, each in one pass with the leaky ReLU or the sum that follows it, where torch has
that: without gradients on a CPU.

Under autocast, convolutions that read or write an image stay in float32: see `run_in_bf16`.
"""

from collections.abc import Callable
from typing import Any, TypeVar

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from denoisebench.nn.onednn import DOUBLED, NO_SIDES, SLOPE, Sides, doubled_in_one_pass, one_pass

NARROW = 16
"""A convolution from or to at most this many channels reads the image or writes it."""

_REMEMBERED = "_packed"
"""The attribute of a parameter that holds it in the type and layout of the last convolution."""

ONE_PASS = torch.float32, torch.bfloat16
"""The types for which a CPU makes a convolution and a leaky ReLU in one pass."""

Made = TypeVar("Made")

Kernel = tuple[Tensor, Tensor | None]
"""The weight (O, C, h, w) and the bias (O,) of a convolution.

>>> conv = conv3x3(1, 48)
>>> kernel: Kernel = (conv.weight, conv.bias)
"""

Convolve = Callable[[Tensor, Kernel, tuple[int, int]], Tensor]
"""(x, kernel, padding) -> the convolution of x, and what may follow it.

>>> convolve: Convolve = leaky_conv
"""


def leaky(x: Tensor) -> Tensor:
    """Leaky ReLU, slope 0.1, in place.  Any shape.

    >>> leaky(torch.tensor([-1.0, 2.0]))
    tensor([-0.1000,  2.0000])
    """
    return F.leaky_relu_(x, SLOPE)


def convolution(x: Tensor, conv: Kernel, padding: tuple[int, int] = (0, 0)) -> Tensor:
    """The convolution of x by a kernel.  (B, C, H, W) -> (B, O, H', W')

    padding: rows and columns of zeros.  Without gradients on a CPU, a part of an image gives the
    same bits as all of it.

    >>> kernel = conv3x3(1, 48)
    >>> convolution(torch.zeros(1, 1, 8, 6), (kernel.weight, kernel.bias)).shape
    torch.Size([1, 48, 6, 4])
    """
    found = _in_one_pass(x, conv, padding, 1, "none", [])
    return _conv2d(x, conv, padding, 1) if found is None else found


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
    pass where torch has one.

    >>> x, kernel = torch.zeros(1, 20, 8, 6), conv3x3(20, 48)
    >>> leaky_conv(x, (kernel.weight, kernel.bias)).shape
    torch.Size([1, 48, 6, 4])
    """
    found = _in_one_pass(x, conv, padding, dilation, "leaky_relu", [slope])
    if found is not None:
        return found
    out = _conv2d(x, conv, padding, dilation)
    return F.leaky_relu_(out, slope) if slope > 0.0 else F.relu_(out)


def _in_one_pass(
    x: Tensor,
    conv: Kernel,
    padding: tuple[int, int],
    dilation: int,
    after: str,
    numbers: list[float],
) -> Tensor | None:
    """The convolution and what is to come after it by `one_pass`; None where there is none.

    Under autocast, convolutions of few channels are computed in float32; so is their result if it
    is an image: see `run_in_bf16`.
    """
    weight, bias = conv
    dtype = result = x.dtype
    if torch.is_autocast_enabled(x.device.type):
        dtype = result = torch.get_autocast_dtype(x.device.type)
        if min(x.shape[1], len(weight)) <= NARROW:
            dtype = torch.float32
            result = dtype if len(weight) <= NARROW else result
    if torch.is_grad_enabled() or dtype not in ONE_PASS:
        return None
    operator = one_pass(x.device.type)
    if operator is None:
        return None
    sides = list(padding), [1, 1], [dilation, dilation]  # the second: strides
    factors = _packed(weight, x, dtype, sides), None if bias is None else _rounded(bias, dtype)
    out: Tensor = operator(x.to(dtype), *factors, *sides, 1, after, numbers, "")
    return out.to(result)


def arranged(
    weight: Tensor, how: int, arrange: Callable[[Tensor, int], tuple[Tensor, ...]]
) -> tuple[Tensor, ...]:
    """arrange(weight, how): kernels for the strips of many images.  Each is packed once.

    Raises RuntimeError where gradients are kept, as they would not reach the weight.

    >>> conv = conv3x3(2, 48)
    >>> with torch.no_grad():
    ...     first, rest = arranged(conv.weight, 1, lambda w, k: (w[:, :k], w[:, k:]))
    >>> first.shape
    torch.Size([48, 1, 3, 3])
    """
    if torch.is_grad_enabled():
        raise RuntimeError("kernels are arranged for images without gradients; use torch.no_grad()")

    def made(weight: Tensor) -> tuple[Tensor, ...]:
        kernels = arrange(weight, how)
        return tuple(nn.Parameter(k.contiguous(), requires_grad=False) for k in kernels)

    return _remembered(weight, how, made) if _lasts(weight) else made(weight.detach())


def _packed(weight: Tensor, x: Tensor, dtype: torch.dtype, sides: Sides) -> Tensor:
    """A weight in another type and, if it lasts, in oneDNN's own layout, for the convolution of x
    and others."""
    if not _lasts(weight):
        return weight.to(dtype)

    def packed(weight: Tensor) -> Tensor:
        pack = torch.ops.mkldnn._reorder_convolution_weight
        found: Tensor = pack(weight.to(dtype), *sides, 1, list(x.shape))
        return found

    return _remembered(weight, dtype, packed)


def _rounded(parameter: Tensor, dtype: torch.dtype) -> Tensor:
    """A parameter in another type."""
    if not _lasts(parameter):
        return parameter.to(dtype)
    return _remembered(parameter, dtype, lambda p: p.to(dtype))


def _lasts(parameter: Tensor) -> bool:
    """Whether it will be the same for the next strip: a parameter that is not being trained, as
    torch's fused Adam changes one without a new version."""
    return isinstance(parameter, nn.Parameter) and not parameter.requires_grad


def _remembered(parameter: Tensor, how: object, make: Callable[[Tensor], Made]) -> Made:
    """make(parameter), which the parameter remembers until it changes or another `how` comes."""
    state = how, parameter.data_ptr(), parameter._version
    kept: tuple[object, Made] | None = getattr(parameter, _REMEMBERED, None)
    if kept is None or kept[0] != state:
        kept = state, make(parameter.detach())
        setattr(parameter, _REMEMBERED, kept)
    return kept[1]


def _conv2d(x: Tensor, conv: Kernel, padding: tuple[int, int], dilation: int) -> Tensor:
    """The convolution where there is no such pass: of few channels by the same rule, but in
    training, where autocast rounds all factors."""
    weight, bias = conv
    device = x.device.type
    sides: dict[str, Any] = {"padding": padding, "dilation": dilation}
    wide = min(x.shape[1], len(weight)) > NARROW
    if wide or torch.is_grad_enabled() or not torch.is_autocast_enabled(device):
        whole: Tensor = F.conv2d(x, weight, bias, **sides)
        return whole
    with torch.autocast(device, enabled=False):
        bias = None if bias is None else bias.float()
        out: Tensor = F.conv2d(x.float(), weight.float(), bias, **sides)
    return out if len(weight) <= NARROW else out.to(torch.get_autocast_dtype(device))


def conv_plus(x: Tensor, conv: Kernel, other: Tensor, padding: tuple[int, int] = (0, 0)) -> Tensor:
    """The convolution of x by a kernel, plus `other`.  (B, O, H', W')

    padding: rows and columns of zeros.  On a CPU, without gradients, in one pass where torch has
    one, in the numbers of `other`.  Raises ValueError if the sizes of the two differ: the operator
    would read beyond `other`.

    >>> x, kernel = torch.zeros(1, 20, 8, 6), conv3x3(20, 48)
    >>> conv_plus(x, (kernel.weight, kernel.bias), torch.ones(1, 48, 6, 4)).shape
    torch.Size([1, 48, 6, 4])
    """
    weight, bias = conv
    operator = None
    if not torch.is_grad_enabled() and other.dtype in ONE_PASS:
        operator = one_pass(x.device.type)
    if operator is None:
        return F.conv2d(x, weight, bias, padding=padding) + other
    sides: Sides = (list(padding), *NO_SIDES[1:])
    size = (x.shape[i] + 2 * p - weight.shape[i] + 1 for i, p in zip((2, 3), padding, strict=True))
    made = (len(x), len(weight), *size)
    if other.shape != made:
        raise ValueError(f"the convolution is {made}, and other {tuple(other.shape)}")
    other = other.contiguous(memory_format=torch.channels_last)
    x, weight = x.to(other.dtype), _packed(weight, x, other.dtype, sides)
    bias = None if bias is None else _rounded(bias, other.dtype)
    out: Tensor = operator.binary(x, other, weight, bias, *sides, 1, "add", 1.0, None, [], "")
    return out


def leaky_doubled(x: Tensor, conv: Kernel, padding: tuple[int, int]) -> Tensor:
    """The leaky ReLU of the transposed convolution of x by a kernel, of stride 2.
    (B, C, H, W) -> (B, O, 2H + h − 2 − 2p, 2W + w − 2 − 2q)

    conv: the weight is (C, O, h, w), the bias (O,).  padding: (p, q), the rows and columns of the
    result that are left out on each side.  In one pass as `leaky_conv`.

    >>> x, weight = torch.zeros(1, 20, 8, 6), torch.zeros(20, 48, 4, 4)
    >>> leaky_doubled(x, (weight, torch.zeros(48)), (3, 3)).shape
    torch.Size([1, 48, 12, 8])
    """
    (weight, bias), device = conv, x.device.type
    dtype = torch.get_autocast_dtype(device) if torch.is_autocast_enabled(device) else x.dtype
    operator = None
    if not torch.is_grad_enabled() and dtype in ONE_PASS:
        operator = doubled_in_one_pass(device)
    if operator is None:
        return leaky(F.conv_transpose2d(x, weight, bias, stride=2, padding=padding))
    factors = _rounded(weight, dtype), None if bias is None else _rounded(bias, dtype)
    sides = list(padding), *DOUBLED
    out: Tensor = operator(x.to(dtype), *factors, *sides, 1, "leaky_relu", [SLOPE], "")
    return out
