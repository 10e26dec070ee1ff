"""The network fitted to one image, and what it makes of that image."""

import torch
from torch import Tensor, nn

from denoisebench.plugin import ImageFit
from zs_n2n.config import Config
from zs_n2n.loss import zero_shot_loss

LEARNING_RATE = 1e-3
HALVED_AT = 0.75
"""The share of the steps after which the learning rate is half of what it was."""

HALO_PX = 2
"""How far the network sees: two convolutions of 3 × 3."""

STRIP_PX = 2**20
"""Pixels that are denoised at a time."""


def fit_network(g: nn.Module, y: Tensor, config: Config, fit: ImageFit) -> None:
    """Adam on the loss of f(y) = y − g(y), for the image y (1, C, H, W) or random crops of it."""
    adam = torch.optim.Adam(g.parameters(), LEARNING_RATE)
    fast = fit.fast(g)
    for step in fit.steps(config.steps):
        if step == round(HALVED_AT * config.steps):
            for group in adam.param_groups:
                group["lr"] /= 2
        adam.zero_grad()
        seen = crop_of(y, config.crop, fit.rng).contiguous(memory_format=torch.channels_last)
        loss = zero_shot_loss(lambda image: image - fast(image), seen)
        loss.backward()  # type: ignore[no-untyped-call]
        adam.step()


def crop_of(y: Tensor, side: int, rng: torch.Generator) -> Tensor:
    """An image of at most side² pixels as it is; of a larger one a random part, side × side or as
    far as it goes."""
    height, width = y.shape[-2:]
    if height * width <= side**2:
        return y
    rows, columns = (
        int(torch.randint(max(size - side, 0) + 1, (), generator=rng, device=rng.device))
        for size in (height, width)
    )
    return y[..., rows : rows + side, columns : columns + side]


@torch.no_grad()
def denoised_in_strips(g: nn.Module, y: Tensor, strip_px: int = STRIP_PX) -> Tensor:
    """f(y) = y − g(y), some rows at a time: as of the whole image.  (1, C, H, W)"""
    height, width = y.shape[-2:]
    rows = max(1, strip_px // width)
    denoised = torch.empty_like(y)
    for top in range(0, height, rows):
        bottom = min(top + rows, height)
        above, below = max(top - HALO_PX, 0), min(bottom + HALO_PX, height)
        noise = g(y[..., above:below, :])
        denoised[..., top:bottom, :] = (
            y[..., top:bottom, :] - noise[..., top - above : bottom - above, :]
        )
    return denoised
