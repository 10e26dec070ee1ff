"""What the filters here share: a tensor in, an array filtered, a level estimated if it must be."""

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from denoisebench.plugin import Denoised, Task

if TYPE_CHECKING:
    from torch import Tensor

Array = npt.NDArray[np.float64]

SMALLEST_PX = 16
"""Both sides of what a filter is shown; a smaller image is reflected at its bottom and right."""


def filter_image(
    task: Task,
    noisy: "Tensor",
    level: float | None,
    denoise: Callable[[Array, float], Array],
    smallest_px: int = SMALLEST_PX,
) -> Denoised:
    """Denoise (1, C, H, W) with `denoise`, a function of an image and its noise level.

    The image is (H, W) if gray and (H, W, 3) if colour, float64, in the unit of `noisy`.
    level: None to have it read off the image; the result then tells what was read.  Raises
    LevelUnknownError if the image allows no estimate.
    """
    from denoisebench.nn import run_padded

    estimate = None
    if level is None:
        level = estimate = task.noise.family.read(noisy[0].cpu().numpy()).required()
    used = level

    def run(image: "Tensor") -> "Tensor":
        return _as_tensor(denoise(_as_array(image), used)).to(image)

    if min(noisy.shape[-2:]) < smallest_px:
        return Denoised(run_padded(run, noisy, multiple=smallest_px), estimate)
    return Denoised(run(noisy), estimate)


def declines_all_but(family: str, task: Task) -> str | None:
    """Why a filter for one noise family does not take another; None for its own."""
    name = task.noise.family.name
    return None if name == family else f"it is for {family} noise, not {name}"


def channel_axis(image: Array) -> int | None:
    """Where scikit-image finds the channels of an image."""
    return -1 if image.ndim == 3 else None


def _as_array(image: "Tensor") -> Array:
    pixels: Array = image[0].cpu().numpy().astype(np.float64)
    return np.ascontiguousarray(pixels.transpose(1, 2, 0)) if len(pixels) > 1 else pixels[0]


def _as_tensor(pixels: Array) -> "Tensor":
    import torch

    image = pixels[None] if pixels.ndim == 2 else pixels.transpose(2, 0, 1)
    return torch.from_numpy(np.ascontiguousarray(image))[None]
