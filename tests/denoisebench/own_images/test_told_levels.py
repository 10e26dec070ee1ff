"""Told noise that is stronger than what is seen from pixel to pixel, because it is told wrongly or
because neighbours share it: blind weights are shown more noise."""

import numpy as np
import numpy.typing as npt
import pytest
from scipy.ndimage import gaussian_filter

import denoisebench
from denoisebench.own_images.arrays import Report

SIDE, SIGMA = 128, 8.0
BLIND = "zoo:colour-gaussian-blind"
Bytes = npt.NDArray[np.uint8]


def scene() -> npt.NDArray[np.float64]:
    rows, columns = np.mgrid[:SIDE, :SIDE] / SIDE
    waves = [np.sin(7.0 * rows + c) * np.cos(5.0 * columns) for c in range(3)]
    return 120.0 + 80.0 * np.stack(waves, axis=2)


def noisy(blur_px: float, sigma: float = SIGMA) -> Bytes:
    """The scene with Gaussian noise, blurred, so that neighbours share it."""
    drawn = np.random.default_rng(0).standard_normal((SIDE, SIDE, 3))
    if blur_px:
        drawn = gaussian_filter(drawn, (blur_px, blur_px, 0), mode="wrap")
    values = scene() + sigma * drawn / drawn.std()
    return np.rint(values).clip(0, 255).astype(np.uint8)


def error(image: Bytes) -> float:
    return float(np.sqrt(np.mean((image.astype(np.float64) - scene()) ** 2)))


def report(image: Bytes, noise: str) -> Report:
    found = denoisebench.denoise(image, noise=noise, details=True)
    assert isinstance(found, Report)
    assert found.denoiser == (f"noise2score {BLIND}",)
    return found


@pytest.mark.parametrize("told", [6, 8, 10])
def test_noise_that_neighbours_share_is_removed_in_part_and_it_is_said(told: int) -> None:
    image = noisy(0.8)
    found = report(image, f"gaussian:{told}")
    assert error(found.image) < 0.75 * error(image)
    assert any("4 copies with white noise" in line for line in found.warnings)


@pytest.mark.parametrize("factor", [1.5, 2.0])
def test_noise_that_is_told_too_strong_blurs_and_does_no_worse(factor: float) -> None:
    """Without the copies the error would be 0.6 and 2.3 times that of the noisy image."""
    image = noisy(0.0, sigma=5.0)
    found = report(image, f"gaussian:{5.0 * factor}")
    assert error(found.image) < 0.5 * error(image)
    assert any("4 copies with white noise" in line for line in found.warnings)


def test_noise_as_strong_as_is_told_is_removed_at_once() -> None:
    image = noisy(0.0)
    found = report(image, "gaussian:8")
    assert error(found.image) < 0.4 * error(image)
    assert not any("copies" in line for line in found.warnings)


def test_the_same_image_gets_the_same_noise() -> None:
    image = noisy(0.8)
    first, second = (report(image, "gaussian:10").image for _ in range(2))
    np.testing.assert_array_equal(first, second)
