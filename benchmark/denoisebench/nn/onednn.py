"""oneDNN's operators that convolve and do what follows in one pass, which torch's compiler uses.

Each is tried once on a few numbers: other versions of torch may have none, or another.
"""

from functools import cache
from typing import Any

import torch
import torch.nn.functional as F

SLOPE = 0.1
"""The slope of the leaky ReLU for negative values."""

Sides = tuple[list[int], list[int], list[int]]
"""The padding, the strides and the dilation of a convolution, down and across."""

NO_SIDES: Sides = [0, 0], [1, 1], [1, 1]
"""No padding, strides of 1, no dilation."""

DOUBLED = [0, 0], [2, 2], [1, 1]
"""The padding of the result, the strides and the dilation of a transposed convolution."""


@cache
def one_pass(device: str) -> Any:
    """The convolution with an activation or a sum inside; None off the CPU, and where this torch
    has none or another."""
    operator = getattr(torch.ops.mkldnn, "_convolution_pointwise", None)
    if device != "cpu" or operator is None:
        return None
    x = torch.linspace(-1.0, 1.0, 48).view(1, 3, 4, 4)
    weight = torch.linspace(1.0, -1.0, 54).view(2, 3, 3, 3)
    bias, other = torch.ones(2), torch.linspace(0.0, 1.0, 8).view(1, 2, 2, 2)
    with torch.autocast(device, enabled=False), torch.no_grad():
        try:
            packed = torch.ops.mkldnn._reorder_convolution_weight(
                weight, *NO_SIDES, 1, list(x.shape)
            )
            found = (
                operator(x, packed, bias, *NO_SIDES, 1, "none", [], ""),
                operator(x, weight, bias, *NO_SIDES, 1, "leaky_relu", [SLOPE], ""),
                operator.binary(x, other, weight, bias, *NO_SIDES, 1, "add", 1.0, None, [], ""),
            )
        except (AttributeError, RuntimeError, TypeError):
            return None
        plain = F.conv2d(x, weight, bias)
        expected = (plain, F.leaky_relu(plain, SLOPE), plain + other)
    pairs = zip(found, expected, strict=True)
    return operator if all(torch.allclose(a, b, atol=1e-5) for a, b in pairs) else None


@cache
def doubled_in_one_pass(device: str) -> Any:
    """The transposed convolution with an activation inside; None as for `one_pass`."""
    operator = getattr(torch.ops.mkldnn, "_convolution_transpose_pointwise", None)
    if device != "cpu" or operator is None:
        return None
    x = torch.linspace(-1.0, 1.0, 48).view(1, 3, 4, 4)
    weight, bias = torch.linspace(1.0, -1.0, 96).view(3, 2, 4, 4), torch.ones(2)
    with torch.autocast(device, enabled=False), torch.no_grad():
        try:
            found = operator(x, weight, bias, [2, 3], *DOUBLED, 1, "leaky_relu", [SLOPE], "")
        except (AttributeError, RuntimeError, TypeError):
            return None
        plain = F.conv_transpose2d(x, weight, bias, stride=2, padding=(2, 3))
        expected = F.leaky_relu(plain, SLOPE)
    return operator if torch.allclose(found, expected, atol=1e-5) else None
