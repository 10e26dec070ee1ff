"""What training may see: the images go in, and exactly the declared evidence comes out."""

import math
from collections.abc import Sequence

import torch

from denoisebench.errors import UserError
from denoisebench.images import LoadedImage, Pixels
from denoisebench.interfaces import Draws, Evidence, Task
from denoisebench.noise.model import Noise
from denoisebench.patches import BatchSource, FixedBatches, FreshBatches, TrainingImage


def noisy_of(image: LoadedImage, noise: Noise, seed: int) -> tuple[Pixels, float | None]:
    """The noisy image and its level: the given one, if there is one, else drawn by `noise`.

    A given image is what `noise` says: its level is None where that is a range.
    """
    if image.noisy is None:
        return noise.noisy(image.clean, seed=seed)
    return image.noisy, None if noise.is_range else noise.low


def batch_source(
    images: Sequence[LoadedImage],
    evidence: Evidence,
    draws: Draws,
    task: Task,
    *,
    crop_px: int,
    seed: int,
    device: torch.device,
) -> BatchSource:
    """Batches of `evidence` about the images, with the noise of `task`, on the device."""
    if draws == "fresh":
        clean = [image.clean for image in images]
        return FreshBatches(clean, crop_px, task=task, evidence=evidence, device=device)
    shown = [_shown(image, evidence, task, seed) for image in images]
    return FixedBatches(shown, crop_px, told_level=task.parameters == "known", device=device)


def refuse_small(images: Sequence[LoadedImage], crop_px: int) -> None:
    """Raise UserError, naming it, for an image that no crop fits into."""
    for image in images:
        height, width = image.clean.shape[1:]
        if min(height, width) < crop_px:
            raise UserError(
                f"training image {image.id} is {width}×{height} pixels, smaller than the crop of"
                f" {crop_px}; leave it out or give a smaller --crop"
            )


def _shown(image: LoadedImage, evidence: Evidence, task: Task, seed: int) -> TrainingImage:
    """One image as `evidence` has it.  Of a given pair the second image is the target of a method
    that sees pairs, as it is: nobody can tell whether it is noisy."""
    noisy, known = noisy_of(image, task.noise, seed)
    level = math.nan if known is None else known  # nobody is told it then
    if evidence is Evidence.NOISY:
        return TrainingImage(noisy, None, level)
    if evidence is Evidence.CLEAN or image.noisy is not None:
        return TrainingImage(noisy, image.clean, level)
    second = task.target_noise or task.noise
    return TrainingImage(noisy, second.noisy(image.clean, seed=seed, draw=1)[0], level)
