"""Denoise an image in its eight orientations and average the estimates.

Results are named in `orientations`, which imports no torch.
"""

from collections.abc import Callable, Sequence

import torch
from torch import Tensor

from denoisebench.images.orientations import ORIENTATIONS
from denoisebench.plugin.method import Denoised, Output

Denoise = Callable[[Tensor, float | None], Tensor | Denoised]
"""A noisy image (1, C, H, W) and its level, if it is known -> the estimate."""


def self_ensembled(denoise: Denoise) -> Denoise:
    """Denoises an image in its eight orientations: S(y) = 1/8 Σ_g g⁻¹ d(g y).

    d: `denoise`.  g: the four rotations, with and without a flip.  S turns with the image:
    S(h y) = h S(y) for each of them, up to rounding, whatever d is. The level is the mean of the
    levels that d estimates; an output is averaged like the image if d makes it in every
    orientation.
    """

    def mean_of_all(noisy: Tensor, level: float | None) -> Denoised:
        made = [
            _turned_back(denoise(_turned(noisy, *to).contiguous(), level), *to)
            for to in ORIENTATIONS
        ]
        levels = [one.level for one in made if one.level is not None]
        names = [name for name in made[0].outputs if all(name in one.outputs for one in made)]
        return Denoised(
            _mean([one.image for one in made]),
            sum(levels) / len(levels) if levels else None,
            {name: _mean_output([one.outputs[name] for one in made]) for name in names},
            sum(one.steps for one in made),
        )

    return mean_of_all


def _turned(image: Tensor, quarters: int, mirrored: bool) -> Tensor:
    """One of the `ORIENTATIONS` of an image.  (1, C, H, W) -> (1, C, H, W) or (1, C, W, H)"""
    return torch.rot90(image.flip(-1) if mirrored else image, quarters, (-2, -1))


def _turned_back(result: Tensor | Denoised, quarters: int, mirrored: bool) -> Denoised:
    """The outputs for a turned image, turned back."""

    def back(image: Tensor) -> Tensor:
        image = torch.rot90(image, -quarters, (-2, -1))
        return image.flip(-1) if mirrored else image

    if isinstance(result, Tensor):
        return Denoised(back(result))
    outputs = {name: Output(back(o.image), o.white) for name, o in result.outputs.items()}
    return Denoised(back(result.image), result.level, outputs, result.steps)


def _mean(images: Sequence[Tensor]) -> Tensor:
    return torch.stack(tuple(images)).mean(0)


def _mean_output(outputs: Sequence[Output]) -> Output:
    return Output(_mean([o.image for o in outputs]), sum(o.white for o in outputs) / len(outputs))
