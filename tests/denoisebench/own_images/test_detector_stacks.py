"""Stacks of a detector are denoised as if it were known, and alike in any numbers.

(They are small: examples/studies/stack_study.py measures those of 20 pages of 384×384.)"""

import re

import numpy as np
import numpy.typing as npt
import pytest
from scipy.ndimage import gaussian_filter

import denoisebench
from denoisebench.own_images.arrays import Report

GAIN, OFFSET, READ, PEAK, SIDE = 2.0, 100.0, 3.0, 60.0, 128
TRUE = f"poisson-gaussian:{GAIN:g}:{READ:g}:{OFFSET:g}"
Array = npt.NDArray[np.float64]
Stack = npt.NDArray[np.uint16]


def scene(seed: int = 0) -> Array:
    """Textured discs on a dark ground, in [0, 1]."""
    rng = np.random.default_rng(seed)
    rows, columns = np.mgrid[:SIDE, :SIDE] / SIDE
    image = np.full((SIDE, SIDE), 0.03)
    for _ in range(20):
        row, column, radius = (*rng.uniform(0.0, 1.0, 2), rng.uniform(0.05, 0.2))
        image[np.hypot(rows - row, columns - column) < radius] = rng.uniform(0.1, 0.9)
    texture = gaussian_filter(rng.standard_normal(image.shape), 1.0)
    clean: Array = np.clip(gaussian_filter(image, 0.7) * (1.0 + texture), 0.0, 1.0)
    return clean


def recorded(scenes: list[Array]) -> tuple[Array, Stack]:
    """The truth in the detector's numbers and a record of it."""
    rng, light = np.random.default_rng(0), PEAK * np.stack(scenes)
    noisy = GAIN * rng.poisson(light) + OFFSET + READ * rng.standard_normal(light.shape)
    return GAIN * light + OFFSET, np.rint(noisy).clip(0, 65535).astype(np.uint16)


def report(image: npt.NDArray[np.generic], **settings: str) -> Report:
    found = denoisebench.denoise(image, "nlm", details=True, **settings)
    assert isinstance(found, Report)
    return found


def gain_told(text: str) -> float:
    found = re.search(r"^Poisson-Gaussian: gain ([\d.]+) ±", text)
    assert found is not None
    return float(found[1])


def psnr_db(truth: Array, estimate: npt.NDArray[np.generic]) -> float:
    error = np.mean((truth - estimate.astype(np.float64)) ** 2)
    return float(10.0 * np.log10(np.ptp(truth) ** 2 / error))


@pytest.mark.parametrize("scenes", [[0] * 6, [0, 1, 2, 3, 4, 5]], ids=["one scene", "many"])
def test_found_detector_serves_as_well_as_the_true_one(scenes: list[int]) -> None:
    truth, noisy = recorded([scene(seed) for seed in scenes])
    found = report(noisy)
    assert gain_told(found.noise[0]) == pytest.approx(GAIN, rel=0.1)
    told = denoisebench.denoise(noisy, "nlm", TRUE, unit="adu")
    assert psnr_db(truth, found.image) == pytest.approx(psnr_db(truth, told), abs=0.2)
    assert psnr_db(truth, found.image) > psnr_db(truth, noisy) + 3.0


def test_stack_in_other_numbers_gives_the_same_images_in_those() -> None:
    _, noisy = recorded([scene()] * 4)
    moved = denoisebench.denoise((10 * noisy + 1000).astype(np.uint16), "nlm")
    plain = denoisebench.denoise(noisy, "nlm").astype(np.float64)
    assert np.abs((moved.astype(np.float64) - 1000.0) / 10.0 - plain).max() <= 1.0


def test_flickering_stack_keeps_the_mean_of_each_page() -> None:
    truth, noisy = recorded([share * scene() for share in (1.0, 0.7, 0.85, 0.6)])
    denoised = denoisebench.denoise(noisy, "nlm")
    shift = np.abs(denoised.mean(axis=(1, 2)) - noisy.mean(axis=(1, 2)))
    assert (shift < 0.002 * np.ptp(truth)).all()


def test_channel_of_a_detector_and_one_of_gaussian_noise_are_read_apart() -> None:
    _, detector = recorded([scene()] * 4)
    rng = np.random.default_rng(1)
    gaussian = 500.0 + 300.0 * scene(1) + 20.0 * rng.standard_normal((4, SIDE, SIDE))
    image = np.stack([detector, np.rint(gaussian).astype(np.uint16)], axis=1)
    found = report(image, axes="TCYX")
    assert gain_told(found.noise[0]) == pytest.approx(GAIN, rel=0.1)
    sigma = re.search(r"^Gaussian: σ ([\d.]+) ±", found.noise[1])
    assert sigma is not None
    assert float(sigma[1]) == pytest.approx(20.0, rel=0.05)
