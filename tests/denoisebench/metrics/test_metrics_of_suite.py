"""MS-SSIM, scale-invariant PSNR and Fourier ring correlation against libraries and closed forms."""

import math

import numpy as np
import pytest
import scipy.ndimage
import scipy.stats
import skimage.metrics

from denoisebench.metrics import METRICS
from denoisebench.metrics.multi_scale_ssim import WEIGHTS
from denoisebench.metrics.ring_correlation import cutoff, ring_correlation
from denoisebench.scoring.metrics import psnr_db

MEASURE = {metric.name: metric.measure for metric in METRICS}


def scene(height: int = 192, width: int = 208) -> np.ndarray:
    """Three channels of waves."""
    rows, columns = np.mgrid[:height, :width]
    waves = [0.5 + 0.3 * np.sin(rows / (5 + c)) * np.cos(columns / (9 - c)) for c in range(3)]
    return np.stack(waves).astype(np.float32)


def noisy(clean: np.ndarray, sigma: float, seed: int = 0) -> np.ndarray:
    drawn = clean + sigma * np.random.default_rng(seed).standard_normal(clean.shape)
    return np.clip(drawn, 0.0, 1.0).astype(np.float32)


@pytest.mark.parametrize(
    ("sigma", "told"), [(0.02, 0.99381205), (0.1, 0.90436069), (0.3, 0.66324951)]
)
def test_ms_ssim_is_that_of_pytorch_msssim(sigma, told):
    """told: by pytorch_msssim 1.0.0, `ms_ssim(estimate, clean, data_range=1.0)`, in float64."""
    clean = scene()
    assert MEASURE["ms-ssim"](noisy(clean, sigma), clean) == pytest.approx(told, abs=1e-6)


def test_ms_ssim_is_made_of_scikit_images_ssim():
    clean = scene()[:1]
    estimate = noisy(clean, 0.1)
    x, y, product = estimate[0].astype(np.float64), clean[0].astype(np.float64), 1.0
    for scale, weight in enumerate(WEIGHTS, start=1):
        _, index = skimage.metrics.structural_similarity(
            x, y, data_range=1.0, gaussian_weights=True, sigma=1.5,
            use_sample_covariance=False, full=True,
        )  # fmt: skip
        if scale < len(WEIGHTS):  # without its luminance
            mean_x, mean_y = (scipy.ndimage.gaussian_filter(i, 1.5, truncate=3.5) for i in (x, y))
            c1 = 0.01**2
            index = index * (mean_x**2 + mean_y**2 + c1) / (2 * mean_x * mean_y + c1)
        product *= index[5:-5, 5:-5].mean() ** weight
        if scale < len(WEIGHTS):
            halves = (i.reshape(i.shape[0] // 2, 2, i.shape[1] // 2, 2) for i in (x, y))
            x, y = (half.mean((1, 3)) for half in halves)
    assert MEASURE["ms-ssim"](estimate, clean) == pytest.approx(product, abs=1e-6)


def test_ms_ssim_of_an_image_itself_is_1_and_of_a_small_one_is_none():
    clean = scene()
    assert MEASURE["ms-ssim"](clean, clean) == pytest.approx(1.0)
    assert math.isnan(MEASURE["ms-ssim"](clean[:, :175], clean[:, :175]))


@pytest.mark.parametrize("sigma", [0.02, 0.1, 0.3])
def test_si_psnr_is_its_closed_form_and_ignores_brightness_and_contrast(sigma):
    clean = scene()
    estimate = noisy(clean, sigma)
    x, y = (image.ravel().astype(np.float64) for image in (clean, estimate))
    rho = scipy.stats.pearsonr(x, y).statistic
    spread = np.ptp(clean) / clean.std(dtype=np.float64)
    exact = 10.0 * math.log10(spread**2 / (1.0 - rho**2))
    assert MEASURE["si-psnr"](estimate, clean) == pytest.approx(exact, abs=1e-4)
    assert MEASURE["si-psnr"](0.3 * estimate + 0.2, clean) == pytest.approx(exact, abs=1e-4)


def test_si_psnr_is_no_less_than_psnr_by_the_same_range():
    clean = scene()
    estimate = noisy(clean, 0.1)
    plain = psnr_db(estimate, clean, data_range=float(np.ptp(clean)))
    assert MEASURE["si-psnr"](estimate, clean) >= plain
    assert MEASURE["si-psnr"](clean, clean) > 100.0
    assert math.isnan(MEASURE["si-psnr"](estimate, np.zeros_like(clean)))


def test_ring_correlation_of_an_image_itself_is_1_and_of_two_noises_is_0():
    rng = np.random.default_rng(0)
    first, second = rng.standard_normal((2, 256, 256))
    assert np.allclose(ring_correlation(first, first), 1.0)
    assert abs(ring_correlation(first, second)[10:].mean()) < 0.01


def test_ring_correlation_falls_as_the_ratio_of_signal_to_noise_says():
    """Two noisy images of one white signal: FRC = s/(s + n) at each frequency."""
    rng = np.random.default_rng(1)
    signal, *noises = rng.standard_normal((3, 512, 512))
    first, second = (signal + 0.5 * noise for noise in noises)
    assert ring_correlation(first, second)[10:].mean() == pytest.approx(1.0 / 1.25, abs=0.01)


@pytest.mark.parametrize("frequency", [0.1, 0.2, 0.35])
def test_the_cutoff_is_where_the_common_signal_ends(frequency):
    rng = np.random.default_rng(2)
    spectrum = np.fft.fft2(rng.standard_normal((256, 256)))
    radius = np.hypot(np.fft.fftfreq(256)[:, None], np.fft.fftfreq(256)[None])
    signal = np.fft.ifft2(np.where(radius <= frequency, spectrum, 0.0)).real
    first, second = (signal + 0.1 * rng.standard_normal(signal.shape) for _ in range(2))
    assert cutoff(ring_correlation(first, second)) == pytest.approx(frequency, abs=0.015)
    assert MEASURE["frc"](first[None], signal[None]) == pytest.approx(frequency, abs=0.03)


def test_the_halves_of_one_image_agree_up_to_a_lower_frequency_under_noise():
    clean = skimage.data.camera()[None, :256, :256].astype(np.float32) / 255.0
    weak, strong = (MEASURE["frc-split"](noisy(clean, s), clean) for s in (0.01, 0.3))
    assert strong < weak <= 0.25
    smooth = scipy.ndimage.gaussian_filter(noisy(clean, 0.3), (0, 1, 1))
    assert MEASURE["frc-split"](smooth, clean) > strong  # its errors are alike in both halves
    assert math.isnan(MEASURE["frc"](clean[:, :31], clean[:, :31]))
