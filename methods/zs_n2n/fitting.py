"""The network fitted to one image, and what it makes of that image."""

import torch
from torch import Tensor, nn

from denoisebench.plugin import ImageFit
from zs_n2n.config import Config
from zs_n2n.loss import REACH_PX, zero_shot_losses

LEARNING_RATE = 1e-3
HALVED_AT = 0.75
"""The share of the steps after which the learning rate is half of what it was."""

BLOCK = (256, 256)
"""Rows and columns of the parts of an image whose loss a processor takes at a time: what lies
between the layers of one part stays in its cache."""

STRIP_PX = 2**20
"""Pixels that are denoised at a time."""


def fit_network(g: nn.Module, y: Tensor, config: Config, fit: ImageFit) -> None:
    """Adam on the loss of f(y) = y − g(y), for the image y (1, C, H, W) or random crops of it."""
    adam = torch.optim.Adam(g.parameters(), LEARNING_RATE)
    fast = fit.fast(g)
    block = BLOCK if y.device.type == "cpu" else None
    for step in fit.steps(config.steps):
        if step == round(HALVED_AT * config.steps):
            for group in adam.param_groups:
                group["lr"] /= 2
        adam.zero_grad()
        seen = crop_of(y, config.crop, fit.rng)
        for loss in zero_shot_losses(lambda image: image - fast(image), seen, block):
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
        above, below = max(top - REACH_PX, 0), min(bottom + REACH_PX, height)
        noise = g(y[..., above:below, :])
        denoised[..., top:bottom, :] = (
            y[..., top:bottom, :] - noise[..., top - above : bottom - above, :]
        )
    return denoised
