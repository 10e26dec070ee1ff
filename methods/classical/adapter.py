"""The shared steps of the filters: a tensor in, an array filtered. A level is estimated if needed,
and the noise of counts is made Gaussian."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Protocol, runtime_checkable

import numpy as np
import numpy.typing as npt

from denoisebench.plugin import Denoised, Inverse, NoiseFamily, Task, denoise_poisson

if TYPE_CHECKING:
    from torch import Tensor

Array = npt.NDArray[np.float64]

SMALLEST_PX = 16
"""Both sides of what a filter is shown; a smaller image is reflected at its bottom and right."""


GAUSSIAN, COUNTS = ("gaussian",), ("poisson", "poisson-gaussian")
"""The noise families that a filter takes: as they are, and after Anscombe's transform."""


@runtime_checkable
class Detector(Protocol):
    """A family of counts with Gaussian read noise, in 0-255 units, above an offset, in [0, 1].  Its
    level is the gain."""

    read_255: float
    offset: float


def filter_image(
    task: Task,
    noisy: "Tensor",
    level: float | None,
    denoise: Callable[[Array, float], Array],
    *,
    inverse: Inverse = "exact",
    smallest_px: int = SMALLEST_PX,
) -> Denoised:
    """Denoise (1, C, H, W) with `denoise`, a function of an image and the standard deviation of its
    Gaussian noise, in the unit of the image.

    The image is (H, W) if gray and (H, W, 3) if colour, float64: in the unit of `noisy`, or
    Anscombe's transform of counts, which `inverse` takes back.
    level: None to have it read off the image; the result then tells what was read.  Raises
    LevelUnknownError if the image allows no estimate.
    """
    from denoisebench.nn import run_padded

    estimate = None
    if level is None:
        level = estimate = task.noise.family.read(noisy[0].cpu().numpy()).required()
    white = _for_white_noise(task.noise.family, level, denoise, inverse)

    def run(image: "Tensor") -> "Tensor":
        return _as_tensor(white(_as_array(image))).to(image)

    if min(noisy.shape[-2:]) < smallest_px:
        return Denoised(run_padded(run, noisy, multiple=smallest_px), estimate)
    return Denoised(run(noisy), estimate)


def _for_white_noise(
    family: NoiseFamily, level: float, denoise: Callable[[Array, float], Array], inverse: Inverse
) -> Callable[[Array], Array]:
    """`denoise` for noise of a family and level."""
    if family.name in GAUSSIAN:
        return lambda image: denoise(image, level / 255.0)
    read, offset = 0.0, 0.0
    if isinstance(family, Detector):
        read, offset = family.read_255 / 255.0, family.offset

    def stabilised(image: Array) -> Array:
        def white(even: Array) -> Array:
            return denoise(even, 1.0)

        return denoise_poisson(image, level, white, inverse, read=read, offset=offset)

    return stabilised


def declines_all_but(families: tuple[str, ...], task: Task) -> str | None:
    """Why a filter for some noise families does not take another family; None if it takes it."""
    name = task.noise.family.name
    *most, last = families
    listed = f"{', '.join(most)} and {last}" if most else last
    return None if name in families else f"it is for {listed} noise, not {name}"


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
