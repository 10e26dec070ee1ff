"""Neighbor2Neighbor's sub-images and its loss (Huang et al., CVPR 2021, sections 4.1 and 4.2).

A cell is 2 × 2 pixels, numbered 0 1 above 2 3.  Each cell gives one pixel to g1(y) and one next to
it, never the one across, to g2(y).
"""

from collections.abc import Callable
from typing import Literal

import torch
import torch.nn.functional as F
from torch import Tensor

PAIRS = ((0, 1), (0, 2), (1, 3), (2, 3), (1, 0), (2, 0), (3, 1), (3, 2))
"""The ordered pairs of adjacent pixels of a cell."""


def drawn_pairs(noisy: Tensor, rng: torch.Generator) -> Tensor:
    """One of `PAIRS` for each cell, all alike likely: (B, C, H, W) -> (B, 1, 2, H/2, W/2), 0..3."""
    size = (len(noisy), noisy.shape[-2] // 2, noisy.shape[-1] // 2)
    drawn = torch.randint(len(PAIRS), size, generator=rng, device=rng.device)
    return torch.tensor(PAIRS, device=rng.device)[drawn].movedim(-1, 1)[:, None]


def sub_images(images: Tensor, pairs: Tensor) -> tuple[Tensor, Tensor]:
    """g1 and g2 of images: (B, C, H, W) -> twice (B, C, H/2, W/2).

    pairs: as `drawn_pairs` has them, the same for all channels.  A last row or column that makes
    no cell is left out.
    """
    return _picked(_cells(images), pairs)


def neighbour_means(images: Tensor, pairs: Tensor) -> tuple[Tensor, Tensor]:
    """The mean of the two neighbours in its cell of each pixel of g1, and of g2.

    They lie across from each other: the other pixel of the pair, and the one across from that.
    images, pairs, result: see `sub_images`.
    """
    cells = _cells(images)
    of_second, of_first = _picked((cells + cells.flip(2)) / 2, pairs)
    return of_first, of_second


def _cells(images: Tensor) -> Tensor:
    """(B, C, H, W) -> (B, C, 4, H/2, W/2)."""
    batch, channels, height, width = images.shape
    whole = images[..., : height // 2 * 2, : width // 2 * 2]
    return F.pixel_unshuffle(whole, 2).view(batch, channels, 4, height // 2, width // 2)


def _picked(cells: Tensor, pairs: Tensor) -> tuple[Tensor, Tensor]:
    first, second = cells.gather(2, pairs.expand(-1, cells.shape[1], -1, -1, -1)).unbind(2)
    return first, second


def neighbour_loss(
    f: Callable[[Tensor], Tensor],
    y: Tensor,
    weight: float,
    rng: torch.Generator,
    taught: Literal["four", "one"] = "one",
) -> Tensor:
    """How badly a pixel's neighbour is predicted from it.

        L = mean d² + Λ mean (d − (g1(F) − g2(F)))²,   d = f(g1(y)) − g2(y),   F = f(y)

    F is without gradient: the second term moves f(g1(y)) alone.  Neighbouring clean pixels differ,
    by g1(F) − g2(F) as far as is known; mean d² takes that difference for noise, and blurs.

    f: the denoiser, of any even H and W.  y: (B, C, H, W) noisy.  weight: Λ.  taught: the pairs of
    a cell; with `four`, f sees g1 and g2, and aims at the mean of the two neighbours of each pixel:
    the gradient is the mean of those of the four pairs.  Returns (B,).
    """
    pairs = drawn_pairs(y, rng)
    seen, target = _lesson(y, pairs, taught)
    d = f(seen) - target
    each = d.square()
    if weight > 0.0:
        with torch.no_grad():
            seen_denoised, target_denoised = _lesson(f(y), pairs, taught)
        each = each + weight * (d - (seen_denoised - target_denoised)).square()
    return each.mean(dim=(1, 2, 3)).view(-1, len(y)).mean(dim=0)


def _lesson(images: Tensor, pairs: Tensor, taught: Literal["four", "one"]) -> tuple[Tensor, Tensor]:
    """What f sees of images, and what it aims at: (B or 2B, C, H/2, W/2)."""
    first, second = sub_images(images, pairs)
    if taught == "one":
        return first, second
    return torch.cat([first, second]), torch.cat(neighbour_means(images, pairs))
