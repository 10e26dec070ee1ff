"""From images to batches that hold exactly the declared evidence."""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Protocol

import torch
from torch import Tensor

from denoisebench.errors import UserError
from denoisebench.images.image_set import LazyImages, LoadedImage
from denoisebench.noise.draws import Draws
from denoisebench.noise.family import Noise
from denoisebench.noise.given import noisy_of
from denoisebench.noise.spread import level_between
from denoisebench.plugin.method import Batch, Evidence, Task
from denoisebench.training.patches import AllImages, Pool, TrainingImage
from denoisebench.training.splits import TrainingImages
from denoisebench.training.streaming import Window


class BatchSource(Protocol):
    """Where the training engine gets its batches."""

    def sample(self, step: int, count: int, rng: torch.Generator) -> Batch:
        """`count` patches for a step, from 0, drawn from `rng` alone, which lives on the batch's
        device: the same at each call with the same step and state of `rng`."""


class FixedBatches:
    """Patches of images whose noise was drawn once, whenever it was drawn."""

    def __init__(self, pool: Pool, *, with_level: bool) -> None:
        """pool: of noisy images and, if they have them, their targets."""
        self._pool, self._with_level = pool, with_level

    def sample(self, step: int, count: int, rng: torch.Generator) -> Batch:
        (noisy, *target), level = self._pool.cut(step, count, rng)
        return Batch(noisy, target[0] if target else None, level if self._with_level else None)


class FreshBatches:
    """Patches whose noise is drawn anew each time, as the papers' codes do.

    Over the epochs this leaks the clean images, which are kept in here and not shown.  Levels of
    a range are drawn for the two copies of a pair independently.
    """

    def __init__(self, pool: Pool, *, task: Task, evidence: Evidence) -> None:
        """pool: of clean images."""
        self._pool, self._task, self._evidence = pool, task, evidence

    def sample(self, step: int, count: int, rng: torch.Generator) -> Batch:
        (clean,), _ = self._pool.cut(step, count, rng)
        task = self._task
        noisy, level = _noisy(clean, task.noise, rng)
        target = None
        if self._evidence is Evidence.CLEAN:
            target = clean
        elif self._evidence is Evidence.NOISY_PAIRS:
            target, _ = _noisy(clean, task.target_noise or task.noise, rng)
        return Batch(noisy, target, level if task.parameters == "known" else None)


class UnpairedBatches:
    """Patches of noisy images, and as many of clean images of other scenes."""

    def __init__(self, noisy: BatchSource, clean: Pool) -> None:
        """noisy: of the noisy images.  clean: of the clean ones."""
        self._noisy, self._clean = noisy, clean

    def sample(self, step: int, count: int, rng: torch.Generator) -> Batch:
        batch = self._noisy.sample(step, count, rng)
        (clean,), _ = self._clean.cut(step, count, rng)
        return replace(batch, clean=clean)


def _noisy(clean: Tensor, noise: Noise, rng: torch.Generator) -> tuple[Tensor, Tensor]:
    """A noisy copy of each patch, and its level, (B, 1, 1, 1)."""
    u = torch.rand((len(clean), 1, 1, 1), generator=rng, device=rng.device)
    level = level_between(noise.low, noise.high, u, noise.spread)
    return noise.family.resample(clean, level, rng), level


def batch_source(
    shown: TrainingImages,
    evidence: Evidence,
    draws: Draws,
    task: Task,
    *,
    crop_px: int,
    seed: int,
    device: torch.device,
) -> BatchSource:
    """Batches of `evidence` about the images, with the noise of `task`, on the device.

    Images that are `LazyImages` are streamed; all others are there throughout.  Raises
    ValueError for clean images of other scenes with other evidence than UNPAIRED, or none with it.
    """
    if bool(shown.clean) != (evidence is Evidence.UNPAIRED):
        raise ValueError(f"{len(shown.clean)} clean images of other scenes for {evidence.value}")

    def pool(images: Sequence[LoadedImage], show: Callable[[LoadedImage], TrainingImage]) -> Pool:
        if isinstance(images, LazyImages):
            return Window(images, show, crop_px, seed=seed, device=device)
        return AllImages([show(image) for image in images], crop_px, device)

    def as_evidence(image: LoadedImage) -> TrainingImage:
        return _shown(image, evidence, task, seed)

    noisy: BatchSource
    if draws == "fresh":
        noisy = FreshBatches(pool(shown.noisy, _as_it_is), task=task, evidence=evidence)
    else:
        known = task.parameters == "known"
        noisy = FixedBatches(pool(shown.noisy, as_evidence), with_level=known)
    return UnpairedBatches(noisy, pool(shown.clean, _as_it_is)) if shown.clean else noisy


def refuse_small(sizes: Mapping[str, tuple[int, int]], crop_px: int) -> None:
    """Raise UserError, with the image's name, for an image smaller than a crop.

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
    """One image as `evidence` has it.  For a supplied pair, the second image is the target,
    unchanged; whether it is noisy is unknown."""
    noisy, known = noisy_of(image, task.noise, seed)
    level = math.nan if known is None else known  # no method is given it then
    if evidence in (Evidence.NOISY, Evidence.UNPAIRED):
        return TrainingImage((noisy,), level)
    if evidence is Evidence.CLEAN or image.noisy is not None:
        return TrainingImage((noisy, image.clean), level)
    second = task.target_noise or task.noise
    return TrainingImage((noisy, second.noisy(image.clean, seed=seed, draw=1)[0]), level)
