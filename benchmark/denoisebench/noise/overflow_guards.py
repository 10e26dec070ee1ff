"""Bounds that keep Tweedie's formulas finite for any score that a network returns."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from torch import Tensor

LARGEST_LOG_GAIN = 4.0
"""The bound on |g| in a formula that multiplies a pixel by exp(g): a factor of 55 either way.

Poisson noise reaches it first.  There a count 55 times below its rate has P < 1e-12, and a count 55
times above its rate keeps 2 % of its value.

>>> torch.tensor([1.0, 700.0]).clamp(-LARGEST_LOG_GAIN, LARGEST_LOG_GAIN).exp().round(decimals=1)
tensor([ 2.7000, 54.6000])
"""


def finite(x: "Tensor") -> "Tensor":
    """x with ±∞ replaced by the largest number of its type; NaN stays, to be seen.  Any shape.

    >>> finite(torch.tensor([1.0, float("inf"), float("nan")]))
    tensor([1.0000e+00, 3.4028e+38,        nan])
    """
    import torch

    largest = torch.finfo(x.dtype).max
    return x.clamp(-largest, largest)
