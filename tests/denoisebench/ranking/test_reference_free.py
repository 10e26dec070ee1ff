"""Scores without a reference: closed forms, and the errors that they estimate."""

import math

import numpy as np
import pytest
from scipy import ndimage

from denoisebench.noise.stream import Stream
from denoisebench.noise.whiteness import whiteness
from denoisebench.ranking.scores import masked_error, refilled, sparse_mask, sure

SIGMA = 0.1
SHAPE = (1, 200, 203)


def stream(name="a"):
    return Stream("test", name)


def noise(shape=SHAPE, seed=0, sigma=SIGMA):
    return np.random.default_rng(seed).normal(0.0, sigma, shape).astype(np.float32)


def waves(shape=SHAPE):
    y, x = np.mgrid[: shape[1], : shape[2]]
    return np.broadcast_to(0.5 + 0.2 * np.sin(y / 9.0) * np.cos(x / 7.0), shape).astype(np.float32)


def box(pixels):
    return ndimage.uniform_filter(pixels, size=(1, 3, 3), mode="reflect")


def itself(pixels):
    return pixels


def test_masked_pixels_do_not_touch_and_are_one_of_sixteen():
    mask = sparse_mask(66, 99, stream())
    neighbours = ndimage.convolve(mask.astype(int), np.ones((3, 3), int), mode="constant")
    assert neighbours[mask].max() == 1
    assert mask.mean() == pytest.approx(1 / 16, rel=0.05)
    assert not np.array_equal(mask, sparse_mask(66, 99, stream("b")))
    np.testing.assert_array_equal(mask, sparse_mask(66, 99, stream()))


def test_a_refilled_pixel_is_the_mean_of_its_neighbours_and_no_other_changes():
    noisy, mask = noise((3, 20, 17)), sparse_mask(20, 17, stream())
    got = refilled(noisy, mask)
    ring = np.ones((1, 3, 3)) / 8
    ring[0, 1, 1] = 0.0
    want = ndimage.convolve(noisy.astype(np.float64), ring, mode="mirror")
    np.testing.assert_allclose(got[:, mask], want[:, mask], atol=1e-6)
    np.testing.assert_array_equal(got[:, ~mask], noisy[:, ~mask])


def test_the_masked_error_never_sees_the_pixel_it_is_measured_at():
    noisy, mask = waves() + noise(), sparse_mask(*SHAPE[1:], stream())
    far = noisy.copy()
    far[:, mask] += 5.0
    got, seen = refilled(noisy, mask), refilled(far, mask)
    np.testing.assert_array_equal(got[:, mask], seen[:, mask])


def test_the_masked_error_of_the_truth_is_the_variance_and_of_the_noisy_image_nine_eighths():
    clean = np.full(SHAPE, 0.5, np.float32)
    noisy, mask = clean + noise(), sparse_mask(*SHAPE[1:], stream())
    assert masked_error(lambda _: clean, noisy, mask) == pytest.approx(SIGMA**2, rel=0.06)
    # of the noisy image: a mean of eight stands for the pixel, σ² + σ²/8
    assert masked_error(itself, noisy, mask) == pytest.approx(SIGMA**2 * 9 / 8, rel=0.06)


def test_the_whiteness_of_white_noise_is_what_chance_makes_it():
    chance = 1 / math.sqrt(np.prod(SHAPE))
    assert whiteness(noise(), np.zeros(SHAPE, np.float32)) < 2 * chance


def test_the_whiteness_of_a_smoothed_residual_is_that_of_its_known_autocorrelation():
    # A 2×1 mean of white noise has ρ = ½ at one row away and 0 elsewhere: √(½² / 12).
    white = noise((3, 301, 300))
    residual = 0.5 * (white[:, 1:] + white[:, :-1])
    got = whiteness(residual, np.zeros_like(residual))
    assert got == pytest.approx(math.sqrt(0.25 / 12), rel=0.02)


def test_the_lags_of_both_diagonals_count():
    white = noise((1, 301, 300))
    falling = 0.5 * (white[:, 1:, 1:] + white[:, :-1, :-1])
    rising = falling[:, :, ::-1].copy()
    zero = np.zeros_like(falling)
    assert whiteness(falling, zero) == pytest.approx(whiteness(rising, zero), rel=1e-6)
    assert whiteness(falling, zero) == pytest.approx(math.sqrt(0.25 / 12), rel=0.03)


def test_where_nothing_was_removed_there_is_no_whiteness():
    assert math.isnan(whiteness(waves(), waves()))


@pytest.mark.parametrize("share", [0.0, 0.3, 1.0])
def test_sure_of_a_shrinkage_is_exact(share):
    noisy = waves() + noise()

    def shrink(pixels):
        return (share * pixels).astype(np.float32)

    got = sure(shrink, noisy, shrink(noisy), SIGMA, stream())
    square = float(np.mean(np.square(noisy.astype(np.float64))))
    want = (1 - share) ** 2 * square - SIGMA**2 + 2 * SIGMA**2 * share
    assert got == pytest.approx(want, rel=1e-5)  # of the noisy image itself, σ²


def test_sure_of_a_box_filter_is_its_error():
    clean = waves()
    noisy = clean + noise()
    denoised = box(noisy)
    got = sure(box, noisy, denoised, SIGMA, stream())
    moved = float(np.mean(np.square(denoised - noisy)))
    # The trace of the filter, border included, by the filter of a unit impulse at each pixel: 1/9
    # inside; 2/9 at an edge, where the pixel is reflected onto itself, and 4/9 in the corners.
    height, width = SHAPE[1:]
    trace = ((height - 2) * (width - 2) + 2 * 2 * (height + width - 4) + 4 * 4) / 9
    want = moved - SIGMA**2 + 2 * SIGMA**2 * trace / clean.size
    assert got == pytest.approx(want, abs=4 * 2 * SIGMA**2 * math.sqrt(2 / 9 / clean.size))
    error = float(np.mean(np.square(denoised - clean)))
    assert got == pytest.approx(error, rel=0.1)


def test_sure_is_wrong_by_the_error_of_the_level():
    noisy = waves() + noise()
    flat = np.full(SHAPE, 0.5, np.float32)
    right = sure(lambda _: flat, noisy, flat, SIGMA, stream())
    wrong = sure(lambda _: flat, noisy, flat, 1.2 * SIGMA, stream())
    assert right - wrong == pytest.approx(0.44 * SIGMA**2, rel=1e-6)
