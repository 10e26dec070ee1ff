"""Noise2Fast's half-size images: checkerboard downsampling (Lequyer et al., 2022)."""

import torch
from torch import Tensor


def checkerboard_halves(images: Tensor) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """The two half-height and the two half-width images: (B, C, H, W) -> twice (B, C, H/2, W), then
    twice (B, C, H, W/2).

    The pixels are coloured as a checkerboard.  Black pixels pushed together along the columns make
    the first image, white ones the second; along the rows they make the third and the fourth:

        U[i, j] = y[2i + (j mod 2), j]        D[i, j] = y[2i + 1 − (j mod 2), j]
        L[i, j] = y[i, 2j + (i mod 2)]        R[i, j] = y[i, 2j + 1 − (i mod 2)]

    Each pair holds every pixel once, so the noise of the two is independent where that of pixels
    is.  A last row or column of an odd side is left out.
    """
    height, width = (2 * (side // 2) for side in images.shape[-2:])
    even = images[..., :height, :width]
    left, right = _halves_of_rows(even.transpose(-2, -1))
    return *_halves_of_rows(even), left.transpose(-2, -1), right.transpose(-2, -1)


def _halves_of_rows(images: Tensor) -> tuple[Tensor, Tensor]:
    upper, lower = images[..., ::2, :], images[..., 1::2, :]
    even_column = torch.arange(images.shape[-1], device=images.device) % 2 == 0
    return torch.where(even_column, upper, lower), torch.where(even_column, lower, upper)
