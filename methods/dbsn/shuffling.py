"""Pixel-shuffle down-sampling and random-replacing refinement: AP-BSN (Lee, Son and Lee, CVPR 2022,
arXiv 2203.11799), sections 3 and 4, for noise that neighbouring pixels have in common.

Departures: each image of a shuffle is denoised by itself, where the paper lays them out side by
side in one; sides that no cell divides are reflected, where its code adds zeros.
"""

from collections.abc import Callable

import torch
from torch import Tensor

from denoisebench.nn import run_padded

REPLACED = 0.16
"""The share of values that are replaced by noisy ones: p of the paper."""

SEED = 0
"""Of the random replacements of every image."""

Denoise = Callable[[Tensor], Tensor]


def shuffle(images: Tensor, side: int) -> Tensor:
    """PD: every `side`-th pixel of rows and columns, as separate images.

    (B, C, H, W), sides multiples of `side` -> (side²·B, C, H/side, W/side): first the pixels at the
    top left of the cells of all images, then those to the right of them.
    """
    batch, channels, height, width = images.shape
    cells = images.reshape(batch, channels, height // side, side, width // side, side)
    return cells.permute(3, 5, 0, 1, 2, 4).reshape(-1, channels, height // side, width // side)


def unshuffle(images: Tensor, side: int) -> Tensor:
    """The inverse of `shuffle`."""
    many, channels, height, width = images.shape
    cells = images.reshape(side, side, many // side**2, channels, height, width)
    return cells.permute(2, 3, 4, 0, 5, 1).reshape(-1, channels, height * side, width * side)


def denoise_shuffled(denoise: Denoise, noisy: Tensor, side: int) -> Tensor:
    """PD⁻¹(f(PD(y))).  noisy: (B, C, H, W), any H and W."""
    if side == 1:
        return denoise(noisy)

    def run(images: Tensor) -> Tensor:
        return unshuffle(denoise(shuffle(images, side)), side)

    return run_padded(run, noisy, multiple=side)


def refined(denoise: Denoise, noisy: Tensor, first: Tensor, times: int) -> Tensor:
    """R3: the mean of f(first with a random part of its values replaced by noisy ones).

    noisy, first: (B, C, H, W).  Each value of each channel is replaced with the probability
    `REPLACED`.  times: 0 gives `first` back.
    """
    if times == 0:
        return first
    rng = torch.Generator().manual_seed(SEED)
    total = torch.zeros_like(first)
    for _ in range(times):
        replaced = torch.rand(first.shape, generator=rng).to(first.device) < REPLACED
        total += denoise(torch.where(replaced, noisy, first))
    return total / times


def whole_cells(patches: Tensor, side: int) -> Tensor:
    """The part of patches (B, C, H, W) that cells of `side` pixels fill."""
    height, width = (side * (size // side) for size in patches.shape[-2:])
    return patches[..., :height, :width]
