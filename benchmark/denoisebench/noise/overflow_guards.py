"""What keeps Tweedie's formulas finite, whatever a network gives as a score."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from torch import Tensor

LARGEST_LOG_GAIN = 4.0
"""Where a formula multiplies a pixel by exp(g), |g| is kept to this: a factor of 55 either way.

Under Poisson noise, the first to meet it, a count that stands for a rate 55 times its own has
P < 1e-12, and a count 55 times too high leaves 2 % of itself.
"""


def finite(x: "Tensor") -> "Tensor":
    """x, an overflow to ±∞ being the largest number of its type.  NaN stays NaN, to be seen."""
    import torch

    largest = torch.finfo(x.dtype).max
    return x.clamp(-largest, largest)
