"""Textures, the best linear filter of a pixel's neighbours, and a network of one value."""

import numpy as np
import torch
from torch import Tensor, nn

TAPS = np.delete(np.arange(9), 4)


def textures(
    count: int, side: int, generator: torch.Generator, sigma: float = 0.15
) -> tuple[Tensor, Tensor]:
    """Gaussian textures, correlated over a pixel or two, and their noisy copies: (count, 1, side,
    side) each."""
    blur = torch.tensor([[1.0, 2.0, 1.0]]) / 6.0**0.5
    x = 0.2 * torch.randn(count, 1, side + 2, side + 2, generator=generator)
    x = 0.5 + torch.conv2d(torch.conv2d(x, blur[None, None]), blur.T[None, None])
    return x, x + sigma * torch.randn(x.shape, generator=generator)


def donut_error(clean: Tensor, noisy: Tensor) -> float:
    """The least mean squared error of a linear estimate of a pixel from the 8 around, found with
    the clean images."""
    windows = nn.functional.unfold(noisy - 0.5, 3)[:, TAPS].transpose(1, 2).reshape(-1, 8).numpy()
    truth = (clean[:, 0, 1:-1, 1:-1] - 0.5).reshape(-1).numpy()
    weights = np.linalg.lstsq(windows, truth, rcond=None)[0]
    return float(np.mean((windows @ weights - truth) ** 2))


class Constant(nn.Module):
    """Predicts the same value everywhere, by default in half precision as under autocast."""

    def __init__(self, value: float, dtype: torch.dtype = torch.bfloat16) -> None:
        super().__init__()
        self.value, self.dtype = value, dtype

    def forward(self, x: Tensor) -> Tensor:
        return torch.full_like(x, self.value, dtype=self.dtype)
