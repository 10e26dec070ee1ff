"""The hidden pixels of a step, and Noise2VST's loss on them (Herbreteau and Unser, ICCV 2025)."""

from collections.abc import Callable

import torch
import torch.nn.functional as F
from torch import Tensor

from noise2vst.transform import Transform

GRID = 4
"""One pixel of each GRID × GRID is hidden."""

Denoise = Callable[[Tensor], Tensor]


def grid_mask(row: int, column: int, channel: int, like: Tensor) -> Tensor:
    """True at the hidden pixels: those of one channel at one place of each 4 × 4, in the shape of
    `like` (1, C, H, W).  row, column: 0 to 3."""
    mask = torch.zeros_like(like, dtype=torch.bool)
    mask[:, channel, row::GRID, column::GRID] = True
    return mask


def beside(image: Tensor) -> Tensor:
    """The mean of the four pixels beside each, reflected at the edges.

    (B, C, H, W), sides of 2 or more -> the same shape.
    """
    p = F.pad(image, (1, 1, 1, 1), mode="reflect")
    above, below = p[..., :-2, 1:-1], p[..., 2:, 1:-1]
    return (above + below + p[..., 1:-1, :-2] + p[..., 1:-1, 2:]) / 4.0


def denoised(transform: Transform, denoise: Denoise, z: Tensor) -> Tensor:
    """The estimate from a stabilised image z = v(y): inv(D(z)).

    D sees z with the middle of its range at ½, the middle of the images that it was trained on.
    """
    shift = transform.middle - 0.5
    return transform.estimate(denoise(z - shift) + shift)


def blind_loss(transform: Transform, denoise: Denoise, y: Tensor, mask: Tensor) -> Tensor:
    """How far hidden pixels are from their estimates.

        L = mean over the hidden pixels of (inv(D(ẑ)) − y)²

    ẑ: v(y), hidden pixels replaced by the mean of the four beside them, so that no hidden pixel
    enters the estimate of a hidden one.  y, mask: (1, C, H, W), sides of 2 or more.  A scalar.
    """
    z = transform(y)
    shown = torch.where(mask, beside(z), z)
    return (denoised(transform, denoise, shown) - y)[mask].square().mean()
