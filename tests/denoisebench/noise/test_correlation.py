"""The correlation of noise is read off a noisy image: 0 for white noise, that of the blur for
blurred noise, and on real pairs what their references tell."""

import math

import numpy as np
import pytest

from denoisebench.noise.correlation_estimator import CORRELATED, noise_correlation
from denoisebench.noise.stream import Stream
from denoisebench.registry.loader import load
from denoisebench.registry.registries import Registries


@pytest.fixture(scope="module")
def registries() -> Registries:
    return load()


def flat(noise_of, spec: str, side: int = 256) -> np.ndarray:
    """A gray ramp of side² pixels under the noise of a spec."""
    ramp = np.linspace(0.3, 0.7, side, dtype=np.float32)
    clean = np.tile(ramp, (1, side, 1))
    noise = noise_of(spec)
    return noise.family.sample(clean, noise.low, Stream("correlation", spec))


@pytest.mark.parametrize("spec", ["gaussian:5", "gaussian:25", "poisson:0.01"])
def test_white_noise_does_not_correlate(registries, spec):
    found = noise_correlation(flat(registries.noise, spec))
    assert abs(found.of_neighbours) < 0.06
    assert abs(found.two_apart) < 0.06
    assert not found.is_strong


@pytest.mark.parametrize("blur_px", [0.5, 0.75])
def test_blurred_noise_correlates_by_its_closed_form(registries, blur_px):
    found = noise_correlation(flat(registries.noise, f"correlated:25:{blur_px}", side=512))
    exact = math.exp(-1.0 / (4.0 * blur_px**2))
    assert 0.7 * exact < found.of_neighbours < exact  # flat blocks hold less of it
    assert found.is_strong


def test_noise_blurred_along_rows_alone_is_told_from_noise_blurred_along_columns():
    white = np.random.default_rng(0).normal(size=(256, 257))
    along = (white[:, 1:] + white[:, :-1]) / 2.0  # neighbours share half
    right, below = noise_correlation(along[None]), noise_correlation(along.T[None])
    assert 0.35 < right.right < 0.5  # 0.5 less what flat blocks lack
    assert right.below == pytest.approx(0.0, abs=0.08)
    assert (below.right, below.below) == pytest.approx((right.below, right.right), abs=1e-9)


def test_unit_and_offset_of_the_image_do_not_matter():
    noisy = np.random.default_rng(1).normal(size=(1, 128, 128))
    one, other = noise_correlation(noisy), noise_correlation(noisy * 300.0 + 1000.0)
    assert one.right == pytest.approx(other.right, abs=1e-9)


def test_nothing_is_said_of_small_and_of_flat_images():
    assert noise_correlation(np.zeros((1, 256, 256))) is None
    assert noise_correlation(np.random.default_rng(0).normal(size=(1, 20, 20))) is None
    assert noise_correlation([]) is None


def test_clipped_parts_are_left_out():
    noisy = np.random.default_rng(2).normal(0.5, 0.05, size=(1, 256, 256))
    clipped = noisy.copy()
    clipped[:, :, :128] = np.clip(noisy[:, :, :128] - 0.5, 0.0, 1.0)
    assert abs(noise_correlation(clipped).of_neighbours) < 0.08


@pytest.mark.parametrize(
    ("name", "least", "most"),
    [("cc15", 0.45, 0.7), ("sidd-val5", 0.3, 0.42), ("fmd-confocal5", -0.05, 0.15)],
)
def test_real_noise_correlates_about_as_its_references_tell(real_set, name, least, most):
    found, told = [], []
    for image in real_set(name).images:
        pair = image.read()
        found.append(noise_correlation(pair.noisy).of_neighbours)
        noise = (pair.noisy - pair.clean).astype(np.float64)
        noise -= noise.mean(axis=(1, 2), keepdims=True)
        told.append((noise[:, :, 1:] * noise[:, :, :-1]).mean() / np.square(noise).mean())
    assert least < min(found)
    assert max(found) < most
    assert np.median(found) == pytest.approx(np.median(told), abs=0.16)
    assert (np.median(found) > CORRELATED) == (np.median(told) > CORRELATED)


def test_methods_that_decline_correlated_noise_expect_independent_noise(registries):
    from denoisebench.planning.independence import all_that_expect_independent

    named = set(all_that_expect_independent(registries.methods))
    assert {"blindspot", "noise2self", "noise2void", "zs-n2n", "sure", "tv"} <= named
    assert not {"identity", "noise2noise", "supervised", "r2r", "noise2score"} & named
