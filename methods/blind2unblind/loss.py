"""Blind2Unblind's two estimates and its loss (Wang et al., CVPR 2022, section 3).

f is the denoiser.  Mask i of width² holds one pixel of each cell of width × width, all channels.
"""

from collections.abc import Callable

import torch
import torch.nn.functional as F
from torch import Tensor

Denoiser = Callable[[Tensor], Tensor]
"""f, of images of any size: (B, C, H, W) -> the same shape."""

BLIND_WEIGHT = 1.0
"""α."""

START = 2.0
"""β until the weight begins to grow."""


def mask_of(number: int, width: int, like: Tensor) -> Tensor:
    """Mask `number` of width²: (1, 1, H, W), true or false, for images `like` (B, C, H, W)."""
    rows, columns = (torch.arange(n, device=like.device) % width for n in like.shape[-2:])
    return ((rows == number // width)[:, None] & (columns == number % width))[None, None]


def around(y: Tensor) -> Tensor:
    """The mean of the 8 pixels around each, those at the corners with half the weight.

    (B, C, H, W) -> the same shape.  Reflected at the edges; an edge is repeated where an image of
    one pixel's width has nothing to reflect.
    """
    mode = "reflect" if min(y.shape[-2:]) > 1 else "replicate"
    kernel = torch.tensor([[0.5, 1.0, 0.5], [1.0, 0.0, 1.0], [0.5, 1.0, 0.5]], device=y.device) / 6
    channels = y.shape[1]
    padded = F.pad(y, (1, 1, 1, 1), mode=mode)
    return F.conv2d(padded, kernel.to(y.dtype).expand(channels, 1, 3, 3), groups=channels)


def blind(f: Denoiser, y: Tensor, width: int) -> Tensor:
    """h = Σ over masks i of mask_i · f(y with mask_i hidden): each pixel predicted unseen.

    width² passes of f.  (B, C, H, W) -> the same shape.
    """
    filled, h = around(y), torch.zeros_like(y)
    for number in range(width**2):
        mask = mask_of(number, width, y)
        h = torch.where(mask, f(torch.where(mask, filled, y)), h)
    return h


def visibility_at(share: float, hold: float, end: float) -> float:
    """β at a share of the training, 0 to 1: START up to the share `hold`, then linear to `end`."""
    return START + (end - START) * max(0.0, (share - hold) / (1.0 - hold))


def revisible_loss(f: Denoiser, y: Tensor, width: int, beta: float) -> Tensor:
    """How badly hidden pixels are predicted, alone and together with the image that hides none.

        L = α mean d² + mean (d + β e)²,   d = h − y,   e = v − y,   v = f(y) without gradient

    Over h, v held, E L is least at h = ((α + 1 + β) x − β v)/(α + 1), and the second term alone at
    (h + β v)/(1 + β) = x: f(y) learns what h leaves.  y: (B, C, H, W) noisy.  Returns (B,).
    """
    with torch.no_grad():
        e = f(y) - y
    d = blind(f, y, width) - y
    each = BLIND_WEIGHT * d.square() + (d + beta * e).square()
    return each.mean(dim=(1, 2, 3))
