"""ZS-N2N's half-size images and its loss (Mansour and Heckel, CVPR 2023, section 3)."""

from collections.abc import Callable, Iterator
from itertools import product
from types import EllipsisType

import torch
from torch import Tensor

REACH_PX = 2
"""How far the network sees: two convolutions of 3 × 3."""

HALO_PX = 2 * REACH_PX
"""The pixels around a block that its loss needs: the reach of the network in a half-size image."""

Part = tuple[EllipsisType, slice, slice]


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


def zero_shot_losses(
    f: Callable[[Tensor], Tensor], y: Tensor, block: tuple[int, int] | None = None
) -> Iterator[Tensor]:
    """How far f is from predicting each half-size image from the other, and from doing to both what
    it does to the whole: in parts whose sum is the loss.

        L = ½ (mean (D1 y − p2)² + mean (D2 y − p1)²) + ½ (mean (p1 − D1 q)² + mean (p2 − D2 q)²)
        p1 = f(D1 y),  p2 = f(D2 y),  q = f(y)

    f: the denoiser, of any H and W; it sees REACH_PX far and pads with zeros.  y: (B, C, H, W)
    noisy, sides of 2 and more.  block: rows and columns, even, of a part; None for one part.  Take
    the gradient of each part before the next: it goes through all terms, and their sum is that of
    the whole.
    """
    ends = [2 * (side // 2) for side in y.shape[-2:]]
    rows, columns = (
        [(begin, min(begin + side, end)) for begin in range(0, end, side)]
        for side, end in zip(block or ends, ends, strict=True)
    )
    values = len(y) * y.shape[1] * ends[0] * ends[1] // 4  # of one half-size image
    for (top, bottom), (left, right) in product(rows, columns):
        above, before = max(top - HALO_PX, 0), max(left - HALO_PX, 0)
        seen = y[..., above : bottom + HALO_PX, before : right + HALO_PX]
        inner: Part = (
            ...,
            slice((top - above) // 2, (bottom - above) // 2),
            slice((left - before) // 2, (right - before) // 2),
        )
        yield _squares(f, seen.contiguous(memory_format=torch.channels_last), inner) / (2 * values)


def _squares(f: Callable[[Tensor], Tensor], y: Tensor, inner: Part) -> Tensor:
    """The squares of the four differences, summed over the inner part of the half-size images."""
    batch = len(y)
    first, second = half_size_images(y)
    both = f(torch.cat([first, second]))
    p1, p2 = both[:batch], both[batch:]
    q1, q2 = half_size_images(f(y))
    differences = (first - p2, second - p1, p1 - q1, p2 - q2)
    return torch.stack([each[inner].square().sum() for each in differences]).sum()
