"""Noisy images and clean images of other scenes: what a training sees, by content."""

import numpy as np
import pytest
import torch

from denoisebench.images.channels import GRAY
from denoisebench.images.image_set import IndexedFile, LazyImages, LoadedImage
from denoisebench.images.pixels import Pixels, pixel_hash
from denoisebench.noise.family import Noise
from denoisebench.noise_models.gaussian import Gaussian
from denoisebench.plugin.method import Batch, Evidence, Task
from denoisebench.training.batches import batch_source
from denoisebench.training.splits import TrainingImages

CPU = torch.device("cpu")
FAINT = Noise(Gaussian(), 0.01, 0.01)
"""So faint that a noisy pixel still tells the clean one."""


def rng(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def ramp(number: int, side: int = 12) -> Pixels:
    """An image whose pixels tell its number, which is a multiple of 20, and their place."""
    places = np.arange(side * side, dtype=np.float32).reshape(1, side, side)
    return ((number + places / 10) / 255).astype(np.float32)


def numbers_in(patches: torch.Tensor) -> set[int]:
    """The numbers of the images that pixels come from."""
    return {20 * int(value // 20) for value in (patches * 255 + 1).flatten().tolist()}


def streamed(images: list[LoadedImage]) -> LazyImages:
    def file(image: LoadedImage) -> IndexedFile:
        return IndexedFile(
            id=image.id,
            sha256=image.id,
            load=lambda: image.clean,
            size=(12, 12),
            pixel_sha256=pixel_hash(image.clean),
            gray_sha256="",
        )

    return LazyImages([file(image) for image in images])


def images(*numbers: int) -> list[LoadedImage]:
    return [LoadedImage(str(number), ramp(number)) for number in numbers]


def batch(
    shown: TrainingImages, draws: str = "fixed", noise: Noise = FAINT, seed: int = 0
) -> Batch:
    source = batch_source(
        shown,
        Evidence.UNPAIRED,
        draws,  # type: ignore[arg-type]
        Task(noise, "known", GRAY),
        crop_px=6,
        seed=0,
        device=CPU,
    )
    return source.sample(0, 200, rng(seed))


@pytest.mark.parametrize("draws", ["fixed", "fresh"])
@pytest.mark.parametrize("clean_side", [list, streamed])
@pytest.mark.parametrize("noisy_side", [list, streamed])
def test_a_batch_holds_noisy_patches_of_one_side_and_clean_ones_of_the_other(
    draws, noisy_side, clean_side
):
    got = batch(TrainingImages(noisy_side(images(20, 40)), clean_side(images(60, 80, 100))), draws)
    assert got.target is None
    assert got.clean is not None
    assert got.clean.shape == got.noisy.shape == (200, 1, 6, 6)
    assert numbers_in(got.noisy) == {20, 40}
    assert numbers_in(got.clean) == {60, 80, 100}
    pixels = np.concatenate([ramp(number).ravel() for number in (20, 40, 60, 80, 100)]).tolist()
    assert set(got.clean.flatten().tolist()) <= set(pixels)
    assert len(set(got.noisy.flatten().tolist()) & set(pixels)) < 100


def test_noise_of_fresh_draws_is_drawn_anew_on_the_noisy_side_alone():
    shown = TrainingImages(images(20), images(60))
    noise = Noise(Gaussian(), 25.0, 25.0)
    counts = {
        draws: len(set(batch(shown, draws, noise).noisy.flatten().tolist()))
        for draws in ("fixed", "fresh")
    }
    assert counts["fixed"] <= 144 < 5000 < counts["fresh"]
    clean = batch(shown, "fresh", noise).clean
    assert clean is not None
    assert len(set(clean.flatten().tolist())) <= 144


def test_the_level_is_that_of_the_noisy_image():
    levels = Noise(Gaussian(), 5.0, 50.0)
    noisy = images(20, 40, 60)
    got = batch(TrainingImages(noisy, images(80)), noise=levels)
    assert got.level is not None
    assert got.level.shape == (200, 1, 1, 1)
    drawn = {np.float32(levels.noisy(image.clean, seed=0)[1]) for image in noisy}
    assert {np.float32(level) for level in got.level.flatten().tolist()} == drawn


def test_clean_patches_are_turned_on_their_own():
    def turn(patch: torch.Tensor) -> tuple[bool, bool, bool]:
        """Whether the ramp rises to the right, downwards, and faster along its columns."""
        right, down = patch[0, 0, 1] - patch[0, 0, 0], patch[0, 1, 0] - patch[0, 0, 0]
        return bool(right > 0), bool(down > 0), bool(down.abs() > right.abs())

    got = batch(TrainingImages(images(20), images(60)))
    assert got.clean is not None
    turns = {(turn(noisy), turn(clean)) for noisy, clean in zip(got.noisy, got.clean, strict=True)}
    assert len(turns) > 32  # of 64; 8 if both were turned alike


@pytest.mark.parametrize("evidence", list(Evidence))
def test_clean_images_of_other_scenes_go_with_unpaired_evidence_alone(evidence):
    shown = TrainingImages(images(20), () if evidence is Evidence.UNPAIRED else images(60))
    with pytest.raises(ValueError, match=f"clean images of other scenes for {evidence.value}"):
        batch_source(
            shown, evidence, "fixed", Task(FAINT, "known", 1), crop_px=6, seed=0, device=CPU
        )
