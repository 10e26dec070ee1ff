"""PSNR and SSIM against scikit-image, and where their values are known."""

import math
import time

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from skimage.metrics import peak_signal_noise_ratio, structural_similarity

from denoisebench.scoring.metrics import psnr_db, ssim

TOLERANCE = 1e-10

image_pairs = st.tuples(
    st.sampled_from([1, 3]),  # channels
    st.integers(11, 40),  # height
    st.integers(11, 40),  # width
    st.sampled_from([1.0, 2.0, 255.0]),  # data range
    st.floats(0.001, 0.5),  # noise, in parts of the data range
    st.integers(0, 2**32 - 1),  # seed
)


def make_pair(parameters):
    channels, height, width, data_range, noise, seed = parameters
    rng = np.random.default_rng(seed)
    clean = rng.random((channels, height, width)).cumsum(axis=2) / width * data_range
    return clean + noise * data_range * rng.standard_normal(clean.shape), clean, data_range


def skimage_ssim(estimate, clean, data_range):
    """The settings with which scikit-image computes the SSIM of Wang 2004."""
    return structural_similarity(
        estimate,
        clean,
        data_range=data_range,
        gaussian_weights=True,
        sigma=1.5,
        use_sample_covariance=False,
        channel_axis=0,
    )


@given(image_pairs)
@settings(max_examples=60, deadline=None)
def test_psnr_is_that_of_scikit_image(parameters):
    estimate, clean, data_range = make_pair(parameters)
    expected = peak_signal_noise_ratio(clean, estimate, data_range=data_range)
    assert psnr_db(estimate, clean, data_range=data_range) == pytest.approx(
        expected, abs=TOLERANCE, rel=0
    )


@given(image_pairs)
@settings(max_examples=60, deadline=None)
def test_ssim_is_that_of_scikit_image(parameters):
    estimate, clean, data_range = make_pair(parameters)
    assert ssim(estimate, clean, data_range=data_range) == pytest.approx(
        skimage_ssim(estimate, clean, data_range), abs=TOLERANCE, rel=0
    )


def test_float32_images_are_scored_in_float64():
    rng = np.random.default_rng(0)
    clean = rng.random((3, 33, 47), dtype=np.float32)
    estimate = clean + np.float32(0.1) * rng.standard_normal(clean.shape, dtype=np.float32)
    wide = estimate.astype(np.float64), clean.astype(np.float64)
    assert psnr_db(estimate, clean, data_range=1.0) == psnr_db(*wide, data_range=1.0)
    assert ssim(estimate, clean, data_range=1.0) == ssim(*wide, data_range=1.0)
    assert ssim(*wide, data_range=1.0) == pytest.approx(skimage_ssim(*wide, 1.0), abs=TOLERANCE)


def test_a_constant_error_of_a_tenth_is_20_db():
    clean = np.full((3, 16, 16), 0.5)
    assert psnr_db(clean + 0.1, clean, data_range=1.0) == pytest.approx(20.0)
    assert psnr_db(clean + 0.1, clean, data_range=2.0) == pytest.approx(20.0 + 20 * math.log10(2))


def test_flat_images_have_the_luminance_term_alone_as_ssim():
    x, y = np.full((1, 20, 20), 0.4), np.full((1, 20, 20), 0.6)
    expected = (2 * 0.4 * 0.6 + 1e-4) / (0.4**2 + 0.6**2 + 1e-4)
    assert ssim(x, y, data_range=1.0) == pytest.approx(expected, abs=1e-12)


def test_equal_images_have_infinite_psnr_and_ssim_one():
    image = np.random.default_rng(0).random((3, 12, 15))
    assert psnr_db(image, image.copy(), data_range=1.0) == math.inf
    assert ssim(image, image.copy(), data_range=1.0) == pytest.approx(1.0, abs=1e-12)


def test_an_image_smaller_than_the_window_has_a_psnr_but_no_ssim():
    clean = np.zeros((1, 10, 64))
    assert psnr_db(clean + 0.1, clean, data_range=1.0) == pytest.approx(20.0)
    assert math.isnan(ssim(clean + 0.1, clean, data_range=1.0))
    one_window = np.zeros((1, 11, 11))
    assert ssim(one_window, one_window, data_range=1.0) == 1.0


def test_a_nan_pixel_spoils_the_scores_of_its_image():
    clean = np.zeros((1, 16, 16))
    broken = clean.copy()
    broken[0, 8, 8] = np.nan
    assert math.isnan(psnr_db(broken, clean, data_range=1.0))
    assert math.isnan(ssim(broken, clean, data_range=1.0))


@pytest.mark.parametrize("metric", [psnr_db, ssim])
def test_shapes_must_agree_and_the_data_range_be_positive(metric):
    image = np.zeros((1, 16, 16))
    with pytest.raises(ValueError, match=r"one shape, got \(1, 16, 16\) and \(3, 16, 16\)"):
        metric(image, np.zeros((3, 16, 16)), data_range=1.0)
    with pytest.raises(ValueError, match=r"\(C, H, W\)"):
        metric(image[0], image[0], data_range=1.0)
    with pytest.raises(ValueError, match="data_range"):
        metric(image, image, data_range=0.0)
    with pytest.raises(TypeError):
        metric(image, image)


def test_the_ssim_of_a_kodak_image_takes_less_than_half_a_second():
    rng = np.random.default_rng(0)
    clean = rng.random((3, 512, 768), dtype=np.float32)
    estimate = rng.random(clean.shape, dtype=np.float32)

    def elapsed_s():
        start = time.process_time()
        ssim(estimate, clean, data_range=1.0)
        return time.process_time() - start

    assert min(elapsed_s() for _ in range(3)) < 0.5
