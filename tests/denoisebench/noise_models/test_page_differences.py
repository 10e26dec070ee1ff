"""Neighbouring pages of one scene tell their noise without its texture; of others they do not."""

import numpy as np
import pytest
from scipy.ndimage import gaussian_filter

from denoisebench.noise_models import page_differences
from denoisebench.noise_models.detector import TEXTURE, fit_detector
from denoisebench.noise_models.noise_fit import gaussian_fit
from denoisebench.noise_models.plane_sample import chosen_places, sample_planes

GAIN, OFFSET, READ, PEAK, SIDE = 2.0, 100.0, 3.0, 60.0, 160


def textured(seed=0, amplitude=0.5):
    """A shaded scene whose finest detail is stronger than its noise, in [0, 1.5]."""
    rng = np.random.default_rng(seed)
    shade = gaussian_filter(rng.standard_normal((SIDE, SIDE)), 20.0)
    texture = gaussian_filter(rng.standard_normal((SIDE, SIDE)), 0.6)
    shade = (shade - shade.min()) / np.ptp(shade)
    return np.clip(shade * (1.0 + amplitude * texture / texture.std()), 0.0, 1.5)


def recorded(scenes, seed=0):
    """A page of a detector for each scene."""
    rng = np.random.default_rng(seed)
    return [
        GAIN * rng.poisson(PEAK * scene) + OFFSET + READ * rng.standard_normal(scene.shape)
        for scene in scenes
    ]


def test_texture_of_a_scene_that_stays_does_not_bend_the_gain():
    stack = recorded([textured()] * 4)
    assert sample_planes(stack).agree
    fit = fit_detector(stack)
    assert fit.detector.gain == pytest.approx(GAIN, rel=0.05)
    assert abs(fit.detector.gain - GAIN) < 2.0 * fit.gain_error < 0.2 * GAIN
    assert fit_detector(stack[:1]).detector.gain > 1.5 * GAIN  # what texture does to one page


def test_scene_that_fades_and_flickers_is_one_scene():
    scenes = [brightness * textured(amplitude=0.2) for brightness in (1.0, 0.9, 0.8, 0.85) * 2]
    stack = recorded(scenes)
    assert sample_planes(stack).agree
    assert fit_detector(stack).detector.gain == pytest.approx(GAIN, rel=0.05)


def test_moving_spot_is_passed_over():
    scenes = [textured(amplitude=0.1) for _ in range(4)]
    for i, scene in enumerate(scenes):
        scene[64:72, 8 * i : 8 * i + 8] = 0.5
    stack = recorded(scenes)
    assert sample_planes(stack).agree
    assert fit_detector(stack).detector.gain == pytest.approx(GAIN, rel=0.05)


@pytest.mark.parametrize("change", ["other scenes", "a step aside", "each page twice"])
def test_unlike_neighbours_are_read_page_by_page(change):
    still = textured(amplitude=0.1)
    if change == "each page twice":
        stack = [page for page in recorded([still] * 2) for _ in range(2)]
    elif change == "other scenes":
        stack = recorded([textured(seed, 0.1) for seed in range(4)])
    else:
        stack = recorded([np.roll(still, i, axis=1) for i in range(4)])
    assert not sample_planes(stack).agree
    fit, one_page = fit_detector(stack), fit_detector(stack[:1])
    assert fit.detector.gain == pytest.approx(one_page.detector.gain, rel=0.1)
    assert fit.gain_error >= TEXTURE * fit.detector.gain  # however many pages there are


def test_sigma_of_gaussian_noise_holds_no_texture_either():
    rng = np.random.default_rng(0)
    stack = [255.0 * textured() + 4.0 * rng.standard_normal((SIDE, SIDE)) for _ in range(4)]
    sigma, error = gaussian_fit(stack)
    assert sigma == pytest.approx(4.0, rel=0.03)
    assert abs(sigma - 4.0) < 3.0 * error
    assert gaussian_fit(stack[:1]).value > 6.0


def test_saturated_blocks_do_not_bend_the_variance():
    stack = [np.minimum(page, 190.0) for page in recorded([textured(amplitude=0.1)] * 4)]
    assert fit_detector(stack).detector.gain == pytest.approx(GAIN, rel=0.1)


def test_colours_of_one_page_are_no_neighbours():
    gray = recorded([textured(amplitude=0.05)] * 4)
    colour = [np.stack([page] * 3, axis=-1) for page in gray]  # alike to the last bit
    assert not sample_planes(colour[:1]).agree
    sample = sample_planes(colour)
    assert sample.agree
    assert [page.shape for page in sample.pages] == [(3, SIDE, SIDE)] * 4
    assert fit_detector(colour).detector.gain == pytest.approx(GAIN, rel=0.1)


@pytest.mark.parametrize("count", [0, 1, 2, 3, 16, 17, 20, 500])
def test_pages_are_looked_at_in_pairs_of_neighbours(count):
    places = chosen_places(count)
    assert len(places) == len(set(places)) == min(count, 16)
    assert places == sorted(places)
    assert all(b == a + 1 for a, b in zip(places[::2], places[1::2], strict=False))
    if count:
        assert (places[0], places[-1]) == (0, count - 1)


def test_pages_in_pieces_tell_what_they_tell_whole(monkeypatch):
    rng = np.random.default_rng(0)
    pages = rng.normal(50.0, 5.0, (2, 3, 149, 93)).astype(np.float32)
    whole = page_differences.variance_between(pages, 100.0)
    monkeypatch.setattr(page_differences, "CACHED_PX", 1)  # a row of blocks at a time
    pieces = page_differences.variance_between(pages, 100.0)
    np.testing.assert_allclose(pieces, whole, rtol=1e-5)
    assert whole[1].mean() == pytest.approx(25.0, rel=0.05)
