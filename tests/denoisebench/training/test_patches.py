"""Patches: real pieces of the images, turned in 8 ways, and nothing but the declared evidence."""

import numpy as np
import pytest
import torch

from denoisebench.errors import UserError
from denoisebench.images.image_set import LoadedImage
from denoisebench.images.pixels import Pixels
from denoisebench.noise.family import Noise
from denoisebench.noise_models.gaussian import Gaussian
from denoisebench.noise_models.poisson import Poisson
from denoisebench.plugin.method import Evidence, Task
from denoisebench.training.batches import FixedBatches, FreshBatches, batch_source, refuse_small
from denoisebench.training.patches import AllImages, TrainingImage
from denoisebench.training.splits import TrainingImages

CPU = torch.device("cpu")
CROP = 8
GAUSSIAN, RANGE = Noise(Gaussian(), 25.0, 25.0), Noise(Gaussian(), 5.0, 50.0)
POISSON = Noise(Poisson(), 0.01, 0.01)


def rng(seed=0):
    return torch.Generator().manual_seed(seed)


def numbered(height, width, first=0, channels=1) -> Pixels:
    """Every pixel its own whole number; channels lie 100,000 apart."""
    plane = first + np.arange(height * width, dtype=np.float32).reshape(1, height, width)
    return np.concatenate([plane + 100_000 * c for c in range(channels)])


def fixed(images, targets=None, crop=CROP, told=True, levels=None):
    targets, levels = targets or [None] * len(images), levels or [1.0] * len(images)
    shown = [
        TrainingImage((noisy,) if target is None else (noisy, target), level)
        for noisy, target, level in zip(images, targets, levels, strict=True)
    ]
    return FixedBatches(AllImages(shown, crop, CPU), with_level=told)


def source(
    clean, evidence, draws="fixed", noise=GAUSSIAN, told=True, crop=CROP, seed=0, target_noise=None
):
    images = [LoadedImage("", pixels) for pixels in clean]
    task = Task(noise, "known" if told else "unknown", clean[0].shape[0], target_noise)
    return batch_source(
        TrainingImages(images), evidence, draws, task, crop_px=crop, seed=seed, device=CPU
    )


def orientations(patch):
    """The 8 flips and rotations of (C, h, w)."""
    turned = [np.rot90(patch, k, axes=(1, 2)) for k in range(4)]
    return turned + [t[:, :, ::-1] for t in turned]


def placed(patch, images):
    """The image that a patch was cut from, its row, column and orientation."""
    corner = patch[0].min()
    number = max(n for n, image in enumerate(images) if image[0, 0, 0] <= corner)
    image = images[number]
    row, column = divmod(int(corner - image[0, 0, 0]), image.shape[2])
    real = image[:, row : row + patch.shape[1], column : column + patch.shape[2]]
    for turn, candidate in enumerate(orientations(real)):
        if np.array_equal(candidate, patch):
            return number, row, column, turn
    raise AssertionError(f"no turn of the patch at {row}, {column} of image {number}")


@pytest.mark.parametrize("channels", [1, 3])
def test_every_patch_is_a_flip_or_rotation_of_a_real_patch_and_all_8_occur(channels):
    sizes = [(12, 31, 0), (40, 9, 1000), (8, 8, 5000)]
    images = [numbered(*size, channels=channels) for size in sizes]
    batch = fixed(images).sample(0, 500, rng())
    assert batch.noisy.shape == (500, channels, CROP, CROP)
    places = [placed(patch, images) for patch in batch.noisy.numpy()]
    assert {turn for *_, turn in places} == set(range(8))
    assert {number for number, *_ in places} == {0, 1, 2}


def test_every_place_of_every_image_is_equally_likely():
    images = [numbered(9, 10), numbered(11, 8, 1000), numbered(8, 8, 5000)]
    patches = fixed(images).sample(0, 11_000, rng()).noisy.numpy()
    counts = {}
    for corner in patches.min(axis=(1, 2, 3)):
        counts[corner] = counts.get(corner, 0) + 1
    assert len(counts) == 2 * 3 + 4 * 1 + 1
    assert all(abs(count - 1000) < 5 * 1000**0.5 for count in counts.values())


def test_larger_images_are_drawn_in_proportion_to_their_places():
    images = [numbered(8, 8 + 9), numbered(8, 8 + 29, 1000)]  # 10 and 30 places
    patches = fixed(images).sample(0, 4000, rng()).noisy
    assert float((patches.amin(dim=(1, 2, 3)) < 1000).float().mean()) == pytest.approx(
        0.25, abs=0.03
    )


def test_noisy_and_target_are_cut_alike():
    noisy = [numbered(12, 31, channels=3), numbered(40, 9, 1000, channels=3)]
    batch = fixed(noisy, [image + 500_000 for image in noisy]).sample(0, 200, rng())
    assert torch.equal(batch.target, batch.noisy + 500_000)


def test_each_patch_has_the_level_of_its_image():
    batch = fixed([numbered(9, 9), numbered(9, 9, 1000)], levels=[5.0, 40.0]).sample(0, 64, rng())
    assert batch.level.shape == (64, 1, 1, 1)
    second = batch.noisy.amin(dim=(1, 2, 3)) >= 1000
    assert torch.equal(batch.level.flatten(), torch.where(second, 40.0, 5.0))


def test_the_generator_alone_decides_which_patches_are_drawn():
    batches = fixed([numbered(30, 20)])
    first = batches.sample(0, 16, rng(1)).noisy
    assert torch.equal(batches.sample(0, 16, rng(1)).noisy, first)
    assert not torch.equal(batches.sample(0, 16, rng(2)).noisy, first)


def test_an_image_smaller_than_the_crop_is_refused_by_name_and_size():
    refuse_small({"a.png": (8, 20)}, 8)
    with pytest.raises(UserError, match=r"b\.png is 20×7 pixels, smaller than the crop of 8"):
        refuse_small({"a.png": (30, 20), "b.png": (7, 20), "c.png": (1, 1)}, 8)
    with pytest.raises(UserError, match=r"c\.png is 7×20 pixels"):
        refuse_small({"c.png": (20, 7)}, 8)


def half_counts(height, width, channels=1):
    """Values between the values that POISSON noise can take: none of them is ever noisy."""
    count = channels * height * width
    values = (np.arange(count) % 90 + 0.5) * 0.01
    return values.astype(np.float32).reshape(channels, height, width)


@pytest.mark.parametrize("draws", ["fixed", "fresh"])
@pytest.mark.parametrize("evidence", [Evidence.NOISY, Evidence.NOISY_PAIRS])
@pytest.mark.parametrize("channels", [1, 3])
def test_no_clean_pixel_is_in_a_batch_without_clean_evidence(draws, evidence, channels):
    clean = [half_counts(20, 33, channels), half_counts(9, 8, channels)]
    batch = source(clean, evidence, draws, noise=POISSON).sample(0, 200, rng())
    shown = batch.noisy if batch.target is None else torch.cat([batch.noisy, batch.target])
    assert not np.isin(shown.numpy(), clean[0]).any()
    assert (batch.target is None) == (evidence is Evidence.NOISY)


@pytest.mark.parametrize("draws", ["fixed", "fresh"])
def test_clean_evidence_has_the_clean_patch_as_target(draws):
    clean = [numbered(12, 31, channels=3), numbered(40, 9, 1000, channels=3)]
    batch = source(clean, Evidence.CLEAN, draws).sample(0, 100, rng())
    for patch in batch.target.numpy():
        placed(patch, clean)
    noise = batch.noisy - batch.target
    assert float(noise.std()) * 255 == pytest.approx(25, rel=0.05)


def whole(side=160):
    """An image of one place, so that a batch is the whole image in some orientation."""
    return [np.full((1, side, side), 0.5, dtype=np.float32)]


def values(tensor):
    return tensor.flatten(1).sort(dim=1).values


def test_fixed_draws_are_drawn_once():
    batches = source(whole(32), Evidence.NOISY, crop=32)
    first, later = batches.sample(0, 3, rng(1)), batches.sample(0, 3, rng(2))
    assert torch.equal(values(first.noisy), values(later.noisy))
    assert torch.equal(values(first.noisy)[0], values(first.noisy)[1])
    again = source(whole(32), Evidence.NOISY, crop=32).sample(0, 3, rng(3))
    assert torch.equal(values(again.noisy), values(first.noisy))
    other_seed = source(whole(32), Evidence.NOISY, crop=32, seed=1).sample(0, 3, rng(1))
    assert not torch.equal(values(other_seed.noisy), values(first.noisy))


def test_the_fixed_draw_is_the_one_the_noise_model_names():
    noisy, level = RANGE.noisy(whole(32)[0], seed=7)
    second, _ = RANGE.noisy(whole(32)[0], seed=7, draw=1)
    batch = source(whole(32), Evidence.NOISY_PAIRS, noise=RANGE, crop=32, seed=7).sample(
        0, 1, rng()
    )
    assert np.array_equal(np.sort(batch.noisy.numpy(), axis=None), np.sort(noisy, axis=None))
    assert np.array_equal(np.sort(batch.target.numpy(), axis=None), np.sort(second, axis=None))
    assert float(batch.level) == pytest.approx(level, rel=1e-6)


@pytest.mark.parametrize("draws", ["fixed", "fresh"])
def test_the_two_copies_of_a_pair_have_independent_noise(draws):
    batch = source(whole(), Evidence.NOISY_PAIRS, draws, crop=160).sample(0, 1, rng())
    noises = torch.stack([batch.noisy.flatten(), batch.target.flatten()])
    assert abs(float(torch.corrcoef(noises)[0, 1])) < 4 / 160
    assert (noises.std(dim=1) * 255).tolist() == pytest.approx([25, 25], rel=0.03)


def test_fresh_draws_are_new_each_time():
    batches, generator = source(whole(32), Evidence.NOISY, "fresh", crop=32), rng()
    first, later = batches.sample(0, 2, generator).noisy, batches.sample(0, 2, generator).noisy
    drawn = torch.cat([values(first), values(later)])
    assert len(torch.unique(drawn, dim=0)) == 4


def test_fresh_levels_of_a_range_are_log_uniform_and_true():
    batch = source(whole(32), Evidence.NOISY, "fresh", noise=RANGE, crop=32).sample(0, 800, rng())
    share = ((batch.level / 5.0).log() / torch.tensor(10.0).log()).flatten()
    assert float(share.min()) >= 0.0
    assert float(share.max()) <= 1.0
    grid = (torch.arange(800) + 0.5) / 800
    assert float((share.sort().values - grid).abs().max()) < 1.63 / 800**0.5  # KS, 1 %
    found = (batch.noisy - 0.5).std(dim=(1, 2, 3)) * 255
    assert torch.allclose(found, batch.level.flatten(), rtol=0.12)


@pytest.mark.parametrize("draws", ["fixed", "fresh"])
@pytest.mark.parametrize("evidence", [Evidence.NOISY, Evidence.NOISY_PAIRS, Evidence.CLEAN])
def test_an_unknown_level_is_not_told(draws, evidence):
    batches = source(whole(32), evidence, draws, noise=RANGE, told=False)
    assert isinstance(batches, FixedBatches if draws == "fixed" else FreshBatches)
    assert batches.sample(0, 4, rng()).level is None
    told = source(whole(32), evidence, draws, noise=RANGE, told=True)
    assert told.sample(0, 4, rng()).level.shape == (4, 1, 1, 1)
