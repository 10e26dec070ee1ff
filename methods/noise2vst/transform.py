"""The variance-stabilising transform: increasing, piecewise linear, with its inverse (Herbreteau
and Unser, ICCV 2025, section 3)."""

import torch
from torch import Tensor, nn

SMALLEST_STEP = 1e-6
"""The least rise of the transform from one knot to the next, so that it has an inverse."""


class Transform(nn.Module):
    """v: knots evenly spaced over the noisy image's range, joined by lines, which go on beyond it.

        v(knot 1) = θ₁,   v(knot i) = v(knot i − 1) + exp θᵢ + 10⁻⁶
        estimate(z) = v⁻¹(z) + a·z + b

    Parameters: θ, a and b, two more than there are knots.  Elementwise, any shape.

    >>> v = Transform(128)
    >>> v.start_as_line(0.0, 1.0, slope=2.0)
    >>> round(v(torch.tensor(0.75)).item(), 4), round(v.inverse(torch.tensor(1.0)).item(), 4)
    (1.0, 0.75)
    """

    def __init__(self, knots: int) -> None:
        super().__init__()
        self.first = nn.Parameter(torch.zeros(()))
        self.log_steps = nn.Parameter(torch.zeros(knots - 1))
        self.slope = nn.Parameter(torch.zeros(()))
        self.offset = nn.Parameter(torch.zeros(()))
        self.low, self.spacing = 0.0, 1.0

    @torch.no_grad()
    def start_as_line(self, low: float, high: float, slope: float) -> None:
        """Put the knots over low..high, and make v the line of a slope that keeps the middle of the
        range where it is.  low < high, slope > 0."""
        middle = (low + high) / 2.0
        self.low, self.spacing = low, (high - low) / len(self.log_steps)
        self.first.fill_(middle + slope * (low - middle))
        self.log_steps.fill_(slope * self.spacing - SMALLEST_STEP).log_()

    @property
    def values(self) -> Tensor:
        """v at the knots, increasing."""
        steps = self.log_steps.exp() + SMALLEST_STEP
        return torch.cat([self.first[None], self.first + steps.cumsum(0)])

    def forward(self, y: Tensor) -> Tensor:
        """v(y)."""
        values = self.values
        position = (y - self.low) / self.spacing
        left = position.detach().floor().clamp(0, len(values) - 2).long()
        return values[left] + (position - left) * (values[left + 1] - values[left])

    def inverse(self, z: Tensor) -> Tensor:
        """v⁻¹(z)."""
        values = self.values
        left = torch.searchsorted(values.detach(), z.detach().contiguous(), right=True) - 1
        left = left.clamp(0, len(values) - 2)
        share = (z - values[left]) / (values[left + 1] - values[left])
        return self.low + self.spacing * (left + share)

    def estimate(self, z: Tensor) -> Tensor:
        """The denoised image of a denoised v(y): the inverse, and a line that corrects its bias."""
        return self.inverse(z) + self.slope * z + self.offset

    @property
    def middle(self) -> float:
        """The middle of v's values."""
        return float((self.values[0] + self.values[-1]).detach() / 2.0)
