"""ZS-N2N's half-size images and its loss (Mansour and Heckel, CVPR 2023, section 3)."""

from collections.abc import Callable

import torch
from torch import Tensor


def half_size_images(images: Tensor) -> tuple[Tensor, Tensor]:
    """D1 and D2 of images: (B, C, H, W) -> twice (B, C, H/2, W/2).

        D1 = (b + c)/2,  D2 = (a + d)/2   of each cell of 2 × 2 pixels, a b above c d

    Independent noise of variance σ² has σ²/2 in each and no correlation between the two.  A last
    row or column that makes no cell is left out.
    """
    height, width = (2 * (side // 2) for side in images.shape[-2:])
    cells = images[..., :height, :width]
    above, below = cells[..., ::2, :], cells[..., 1::2, :]
    first = (above[..., 1::2] + below[..., ::2]) / 2
    second = (above[..., ::2] + below[..., 1::2]) / 2
    return first, second


def zero_shot_loss(f: Callable[[Tensor], Tensor], y: Tensor) -> Tensor:
    """How far f is from predicting each half-size image from the other, and from doing to both what
    it does to the whole.

        L = ½ (mean (D1 y − p2)² + mean (D2 y − p1)²) + ½ (mean (p1 − D1 q)² + mean (p2 − D2 q)²)
        p1 = f(D1 y),  p2 = f(D2 y),  q = f(y)

    f: the denoiser, of any H and W.  y: (B, C, H, W) noisy, sides of 2 and more.  A scalar; the
    gradient goes through all terms.
    """
    batch = len(y)
    first, second = half_size_images(y)
    both = f(torch.cat([first, second]))
    p1, p2 = both[:batch], both[batch:]
    q1, q2 = half_size_images(f(y))
    residual = (_mean_square(first - p2) + _mean_square(second - p1)) / 2
    consistency = (_mean_square(p1 - q1) + _mean_square(p2 - q2)) / 2
    return residual + consistency


def _mean_square(x: Tensor) -> Tensor:
    return x.square().mean()
