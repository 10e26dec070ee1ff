"""What training may see: the clean images go in, and exactly the declared evidence comes out."""

from collections.abc import Sequence

import torch

from denoisebench.errors import UserError
from denoisebench.images import Pixels
from denoisebench.interfaces import Draws, Evidence
from denoisebench.noise.model import Noise
from denoisebench.patches import BatchSource, FixedBatches, FreshBatches, TrainingImage


def batch_source(
    clean: Sequence[Pixels],
    evidence: Evidence,
    draws: Draws,
    noise: Noise,
    *,
    told_level: bool,
    crop_px: int,
    seed: int,
    device: torch.device,
) -> BatchSource:
    """Batches of `evidence` about the clean images, on the device."""
    if draws == "fresh":
        return FreshBatches(
            clean, crop_px, noise=noise, evidence=evidence, told_level=told_level, device=device
        )
    images = [_shown(image, evidence, noise, seed) for image in clean]
    return FixedBatches(images, crop_px, told_level=told_level, device=device)


def refuse_small(images: Sequence[tuple[str, Pixels]], crop_px: int) -> None:
    """Raise UserError, naming it, for an image (id, pixels) that no crop fits into."""
    for image_id, pixels in images:
        height, width = pixels.shape[1:]
        if min(height, width) < crop_px:
            raise UserError(
                f"training image {image_id} is {width}×{height} pixels, smaller than the crop of"
                f" {crop_px}; leave it out or give a smaller --crop"
            )


def _shown(clean: Pixels, evidence: Evidence, noise: Noise, seed: int) -> TrainingImage:
    noisy, level = noise.noisy(clean, seed=seed)
    if evidence is Evidence.NOISY_PAIRS:
        return TrainingImage(noisy, noise.noisy(clean, seed=seed, draw=1)[0], level)
    return TrainingImage(noisy, clean if evidence is Evidence.CLEAN else None, level)
