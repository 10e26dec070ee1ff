"""A detector is found in its own images, its noise made even, and its numbers brought back."""

import numpy as np
import pytest
from scipy.ndimage import gaussian_filter

from denoisebench.errors import UserError
from denoisebench.noise_models.detector import Detector, fit_detector
from denoisebench.noise_models.noise_fit import correlated, fit_noise, gaussian_fit

GAIN, OFFSET, READ, PEAK = 2.0, 100.0, 3.0, 60.0


def scene(side=256):
    """Cells on a dark ground, shaded and with some texture, in [0, 1]."""
    rng = np.random.default_rng(1)
    rows, columns = np.mgrid[:side, :side] / side
    image = np.zeros((side, side))
    for _ in range(14):
        row, column, size = rng.uniform(0.1, 0.9), rng.uniform(0.1, 0.9), rng.uniform(0.05, 0.16)
        inside = np.hypot(rows - row, columns - column) < size
        image[inside] = rng.uniform(0.2, 1.0) * (0.7 + 0.3 * rows[inside])
    texture = gaussian_filter(rng.standard_normal((side, side)), 3.0)
    return np.clip(gaussian_filter(image, 2.0) * (1.0 + texture), 0.0, 1.0)


def recorded(count, seed=0, side=256, peak=PEAK):
    """Pages of the detector, as unsigned integers."""
    rng, clean = np.random.default_rng(seed), scene(side)
    for _ in range(count):
        y = GAIN * rng.poisson(peak * clean) + OFFSET + READ * rng.standard_normal(clean.shape)
        yield np.clip(np.rint(y), 0, 65535).astype(np.uint16)


def test_gain_offset_and_read_noise_of_a_stack_are_found():
    fit = fit_detector(list(recorded(8)))
    assert fit.detector.gain == pytest.approx(GAIN, rel=0.05)
    assert fit.detector.offset == pytest.approx(OFFSET, abs=3.0)
    assert fit.detector.read == pytest.approx(READ, abs=1.0)
    assert fit.offset_told
    assert fit.pages == 8
    assert fit.gain_error < 0.05 * GAIN
    assert fit.saturated_share < 1e-3


def test_one_page_tells_the_gain_too():
    assert fit_detector(next(recorded(1))[None]).detector.gain == pytest.approx(GAIN, rel=0.08)


def test_a_file_in_other_numbers_has_the_same_detector_in_those():
    pages = list(recorded(2))
    found = fit_detector(pages).detector
    other = fit_detector([10.0 * page + 1000.0 for page in pages]).detector
    assert other.gain == pytest.approx(10.0 * found.gain, rel=1e-4)
    assert other.offset == pytest.approx(10.0 * found.offset + 1000.0, rel=1e-4)
    assert other.read == pytest.approx(10.0 * found.read, rel=1e-3)
    y = pages[0].astype(np.float64)
    assert found.stabilise(y) == pytest.approx(other.stabilise(10.0 * y + 1000.0), abs=0.02)


def test_an_offset_that_no_dark_region_shows_is_said_to_be_taken():
    lit = [page + np.uint16(150) for page in recorded(2)]  # all of it above the offset
    rng = np.random.default_rng(0)
    lit = [page + GAIN * rng.poisson(75.0, page.shape) - 150.0 for page in lit]
    fit = fit_detector(lit)
    assert not fit.offset_told
    assert "darkest percentile" in fit.reason
    assert fit.detector.gain == pytest.approx(GAIN, rel=0.15)


def test_given_gain_and_offset_are_kept():
    pages = list(recorded(2))
    fit = fit_detector(pages, gain=2.2, offset=99.0)
    assert (fit.detector.gain, fit.detector.offset) == (2.2, 99.0)
    assert fit.offset_told
    assert fit.gain_error == 0.0
    assert fit_detector(pages, offset=101.0).detector.offset == 101.0


def test_stabilised_noise_has_a_standard_deviation_of_one():
    detector, rng = Detector(GAIN, OFFSET, READ), np.random.default_rng(0)
    photons = np.repeat(np.array([1.0, 5.0, 20.0, 60.0]), 40000).reshape(4, -1)
    y = GAIN * rng.poisson(photons) + OFFSET + READ * rng.standard_normal(photons.shape)
    assert detector.stabilise(y).std(axis=1) == pytest.approx(np.ones(4), abs=0.07)
    assert detector.stabilise(y.astype(np.float32)).dtype == np.float32


@pytest.mark.parametrize("photons", [0.0, 1.0, 5.0, 60.0])
def test_the_mean_comes_back_within_a_fifth_of_a_percent_of_the_range(photons):
    detector, rng = Detector(GAIN, OFFSET, READ), np.random.default_rng(0)
    y = GAIN * rng.poisson(photons, 200000) + OFFSET + READ * rng.standard_normal(200000)
    mean = detector.restore(np.array([detector.stabilise(y).mean()]))[0]
    assert mean == pytest.approx(GAIN * photons + OFFSET, abs=0.002 * GAIN * PEAK)


def test_no_more_pages_are_kept_than_sampled_and_large_ones_are_cropped():
    asked = []

    class Stack(list):
        def __getitem__(self, i):
            asked.append(i)
            return super().__getitem__(i)

    page = next(recorded(1, side=64))
    assert fit_detector(Stack([page] * 500)).pages == 16
    assert len(asked) == 16
    assert asked[0] == 0
    assert asked[-1] == 499
    assert 16 <= fit_detector(page for _ in range(500)).pages < 32
    wide = np.tile(next(recorded(1)), (9, 9))
    assert fit_detector([wide]).detector.gain == pytest.approx(GAIN, rel=0.08)


def test_what_is_told_of_the_noise_is_of_its_kind():
    clean, rng = 255.0 * scene(), np.random.default_rng(0)
    normal = rng.standard_normal(clean.shape)
    gaussian = fit_noise([clean + 12.0 * normal])
    assert gaussian.kind == "gaussian"
    assert gaussian.sigma.value == pytest.approx(12.0, rel=0.04)
    assert fit_noise(recorded(2)).kind == "detector"
    multiplied = fit_noise([(clean + 30.0) * rng.gamma(40.0, 1.0 / 40.0, clean.shape)])
    assert multiplied.kind == "unknown"
    assert "faster" in multiplied.reason
    assert fit_noise([clean]).kind == "unknown"
    assert fit_noise([np.full((64, 64), 7)]).kind == "unknown"
    assert fit_noise([clean + 12.0 * normal], gain=2.0).kind == "detector"


def test_sigma_is_in_the_numbers_of_the_file():
    clean, rng = scene(), np.random.default_rng(0)
    pages = [clean + 0.1 * rng.standard_normal(clean.shape) for _ in range(3)]
    sigma, error = gaussian_fit(pages)
    assert sigma == pytest.approx(0.1, rel=0.04)
    assert abs(sigma - 0.1) < 4.0 * error < 0.01
    moved = gaussian_fit([50.0 * page - 7000.0 for page in pages])
    assert moved == pytest.approx((50.0 * sigma, 50.0 * error), rel=1e-2)
    assert moved.value == pytest.approx(50.0 * sigma, rel=1e-3)
    assert gaussian_fit([np.zeros((64, 64))]) is None


def test_saturation_is_counted_and_its_pixels_do_not_bend_the_fit():
    pages = [np.minimum(page, 170) for page in recorded(6)]
    fit = fit_detector(pages)
    assert fit.saturated_share > 0.01
    assert fit.detector.gain == pytest.approx(GAIN, rel=0.1)


def test_correlated_noise_is_told_from_white_noise():
    clean, rng = scene(), np.random.default_rng(0)
    white = rng.standard_normal(clean.shape)
    blurred = gaussian_filter(white, 0.7)
    assert correlated(clean + white, clean) < 0.03
    assert correlated(clean + blurred, clean) > 0.15
    assert correlated(1000.0 * (clean + blurred), 1000.0 * clean) == pytest.approx(
        correlated(clean + blurred, clean)
    )
    assert np.isnan(correlated(clean, clean))
    assert np.isnan(correlated(white[:20, :20], clean[:20, :20]))


def test_without_a_plane_nothing_is_read():
    with pytest.raises(UserError, match="at least one plane"):
        fit_detector([])


@pytest.mark.parametrize("numbers", [(0.0, 0.0, 1.0), (1.0, 0.0, -1.0), (1.0, np.nan, 0.0)])
def test_a_detector_has_a_gain_above_zero_and_finite_numbers(numbers):
    with pytest.raises(ValueError, match="must be"):
        Detector(*numbers)
