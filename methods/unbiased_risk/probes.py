"""The parts of both risks: random signs, and a denoiser run on two images in one pass."""

from collections.abc import Callable

import torch
from torch import Tensor

Denoiser = Callable[[Tensor], Tensor]
"""(B, C, H, W) noisy -> the same shape; must not mix the images of a batch."""


def signs_like(y: Tensor, rng: torch.Generator) -> Tensor:
    """+1 or −1 with equal chance, independently: the probe of least spread (Hutchinson 1990)."""
    coins = torch.randint(0, 2, y.shape, generator=rng, device=rng.device)
    return (2 * coins - 1).to(y.dtype)


def both(f: Denoiser, y: Tensor, moved: Tensor) -> tuple[Tensor, Tensor]:
    """f(y) and f(moved), (B, C, H, W) each, from one pass over 2B images.

    Gradients flow through both: the divergence is of the very weights that are learned.
    """
    at_y, at_moved = f(torch.cat([y, moved])).chunk(2)
    return at_y, at_moved


def pixel_mean(image: Tensor) -> Tensor:
    """(B, C, H, W) -> (B,)"""
    return image.mean(dim=(1, 2, 3))
