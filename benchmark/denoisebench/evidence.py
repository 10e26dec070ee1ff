"""What training may see: the images go in, and exactly the declared evidence comes out."""

import math
from collections.abc import Callable, Mapping, Sequence

import torch

from denoisebench.errors import UserError
from denoisebench.images import LoadedImage, Pixels, ReadWhenTaken
from denoisebench.interfaces import Draws, Evidence, Task
from denoisebench.noise.model import Noise
from denoisebench.patches import (
    AllImages,
    BatchSource,
    FixedBatches,
    FreshBatches,
    Pool,
    TrainingImage,
    UnpairedBatches,
)
from denoisebench.sides import Shown
from denoisebench.streaming import Window


def noisy_of(image: LoadedImage, noise: Noise, seed: int) -> tuple[Pixels, float | None]:
    """The noisy image and its level: the given one, if there is one, else drawn by `noise`.

    A given image is what `noise` says: its level is None where that is a range.
    """
    if image.noisy is None:
        return noise.noisy(image.clean, seed=seed)
    return image.noisy, None if noise.is_range else noise.low


def batch_source(
    shown: Shown,
    evidence: Evidence,
    draws: Draws,
    task: Task,
    *,
    crop_px: int,
    seed: int,
    device: torch.device,
) -> BatchSource:
    """Batches of `evidence` about the images, with the noise of `task`, on the device.

    Images that are `ReadWhenTaken` are streamed; all others are there throughout.  Raises
    ValueError for clean images of other scenes with other evidence than UNPAIRED, or none with it.
    """
    if bool(shown.clean) != (evidence is Evidence.UNPAIRED):
        raise ValueError(f"{len(shown.clean)} clean images of other scenes for {evidence.value}")

    def pool(images: Sequence[LoadedImage], show: Callable[[LoadedImage], TrainingImage]) -> Pool:
        if isinstance(images, ReadWhenTaken):
            return Window(images, show, crop_px, seed=seed, device=device)
        return AllImages([show(image) for image in images], crop_px, device)

    def as_evidence(image: LoadedImage) -> TrainingImage:
        return _shown(image, evidence, task, seed)

    noisy: BatchSource
    if draws == "fresh":
        noisy = FreshBatches(pool(shown.noisy, _as_it_is), task=task, evidence=evidence)
    else:
        told = task.parameters == "known"
        noisy = FixedBatches(pool(shown.noisy, as_evidence), told_level=told)
    return UnpairedBatches(noisy, pool(shown.clean, _as_it_is)) if shown.clean else noisy


def refuse_small(sizes: Mapping[str, tuple[int, int]], crop_px: int) -> None:
    """Raise UserError, naming it, for an image that no crop fits into.

    sizes: image id -> height, width.
    """
    for name, (height, width) in sizes.items():
        if min(height, width) < crop_px:
            raise UserError(
                f"training image {name} is {width}×{height} pixels, smaller than the crop of"
                f" {crop_px}; leave it out or give a smaller --crop"
            )


def _as_it_is(image: LoadedImage) -> TrainingImage:
    return TrainingImage((image.clean,))


def _shown(image: LoadedImage, evidence: Evidence, task: Task, seed: int) -> TrainingImage:
    """One image as `evidence` has it.  Of a given pair the second image is the target of a method
    that sees pairs, as it is: nobody can tell whether it is noisy."""
    noisy, known = noisy_of(image, task.noise, seed)
    level = math.nan if known is None else known  # nobody is told it then
    if evidence in (Evidence.NOISY, Evidence.UNPAIRED):
        return TrainingImage((noisy,), level)
    if evidence is Evidence.CLEAN or image.noisy is not None:
        return TrainingImage((noisy, image.clean), level)
    second = task.target_noise or task.noise
    return TrainingImage((noisy, second.noisy(image.clean, seed=seed, draw=1)[0]), level)
