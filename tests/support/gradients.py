"""Gradients by automatic differentiation against differences."""

from collections.abc import Callable

import pytest
import torch
from torch import Tensor, nn

STEP = 1e-5


def check_gradient(risk: Callable[[], Tensor], network: nn.Module, seed: int = 2) -> None:
    """Check the gradient of `risk` by each parameter along a random direction.

    network: in float64.  risk: draws the same numbers each time.
    """
    risk().backward()
    generator = torch.Generator()
    for parameter in network.parameters():
        generator.manual_seed(seed)
        direction = torch.randn(parameter.shape, generator=generator, dtype=torch.float64)
        with torch.no_grad():
            parameter += STEP * direction
            above = float(risk())
            parameter -= 2 * STEP * direction
            below = float(risk())
            parameter += STEP * direction
        assert parameter.grad is not None
        found = float((parameter.grad * direction).sum())
        assert found == pytest.approx((above - below) / (2 * STEP), rel=1e-5)
