"""Correlated noise: golden noisy images, variance and autocorrelation, the border, and specs."""

import math

import numpy as np
import pytest
import torch
from noises import FAMILIES, begin_of_hash, noise, ramp, refuses
from scipy import ndimage

from denoisebench.figures.noise_preview import levels_shown
from denoisebench.noise_models.correlated import Blur

SIDE = 256
WIDTHS = (0.5, 0.8, 1.0, 2.5)

# (spec, seed, draw) -> how the hash of the ramp's noisy copy begins, see test_noise_models.py.
GOLDEN = {
    ("correlated:25:1", 0, 0): "45820db60ff3822d",
    ("correlated:25:1", 0, 1): "4c310f882c20d5bd",
    ("correlated:25:0.5", 1, 0): "a15b426523aa2bca",
    ("correlated:5..50:2", 0, 0): "e9d161ab81bc9cb2",
}


def fields(text, *, count, side, channels=1):
    """The noise of many images, in standard deviations: (count, channels, side, side)."""
    model, clean = noise(text), np.full((channels, side, side), 0.5, dtype=np.float32)
    drawn = [model.noisy(clean, seed=seed)[0] for seed in range(count)]
    return (np.stack(drawn).astype(np.float64) - 0.5) * 255.0 / model.low


def fresh(text, *, count, side, levels=None):
    """The same of fresh draws, on the device."""
    model = noise(text)
    level = torch.tensor(levels or [model.low] * count).view(-1, 1, 1, 1)
    clean = torch.full((count, 1, side, side), 0.5)
    noisy = model.family.resample(clean, level, torch.Generator().manual_seed(0))
    return (noisy.double().numpy() - 0.5) * 255.0 / level.double().numpy()


def autocorrelation(field, down, right):
    """Of (…, H, W), at a distance in rows and columns."""
    height, width = field.shape[-2:]
    return (field[..., down:, right:] * field[..., : height - down, : width - right]).mean()


@pytest.mark.parametrize(("text", "seed", "draw"), GOLDEN)
def test_a_noisy_image_is_the_same_on_every_machine_for_ever(text, seed, draw):
    assert begin_of_hash(text, seed, draw, ramp()) == GOLDEN[text, seed, draw]


@pytest.mark.parametrize("blur_px", [*WIDTHS, 0.25, 0.3, 1.3, 7.0, 16.0])
def test_the_weights_have_the_autocorrelation_of_the_closed_form(blur_px):
    blur = Blur.of_width(blur_px)
    full = np.correlate(blur.weights, blur.weights, mode="full")
    middle = len(blur.weights) - 1
    at_pixels = full[middle :: blur.finer]
    distance = np.arange(len(at_pixels))
    assert at_pixels == pytest.approx(np.exp(-(distance**2) / (4.0 * blur_px**2)), abs=2.1e-4)
    assert at_pixels[0] == pytest.approx(1.0, abs=1e-12)


@pytest.mark.parametrize("drawn", [fields, fresh])
@pytest.mark.parametrize("blur_px", WIDTHS)
def test_variance_and_autocorrelation_are_those_of_the_closed_form(drawn, blur_px):
    field = drawn(f"correlated:25:{blur_px}", count=2, side=SIDE)
    pixels = field.size / (2.0 * math.pi * blur_px**2 + 1.0)  # as if so many were independent
    for down, right in ((0, 0), (0, 1), (1, 0), (1, 1), (2, 1), (0, 3)):
        expected = math.exp(-(down**2 + right**2) / (4.0 * blur_px**2))
        tolerance = 4.0 * math.sqrt((1.0 + expected**2) / pixels)
        assert autocorrelation(field, down, right) == pytest.approx(expected, abs=tolerance)
    assert abs(field.mean()) < 4.0 * math.sqrt(4.0 * math.pi * blur_px**2 + 1.0) / math.sqrt(
        field.size
    )


def test_at_one_pixel_it_is_the_gaussian_filter_of_scipy():
    blur = Blur.of_width(1.0)
    white = np.random.default_rng(0).normal(size=blur.field_shape((1, 9, 14)))
    assert white.shape == (1, 9 + 10, 14 + 10)
    theirs = ndimage.gaussian_filter(white, (0, 1, 1), truncate=5.0)[:, 5:-5, 5:-5]
    ours = blur.of(white)
    assert ours == pytest.approx(theirs * (ours[0, 0, 0] / theirs[0, 0, 0]), abs=1e-12)


def test_the_noise_is_the_same_at_the_border_and_in_the_corner():
    drawn = fields("correlated:25:1.5", count=400, side=16)[:, 0]
    error = 4.0 * math.sqrt(2.0 / 400)
    for row, column in ((0, 0), (0, 8), (15, 15), (8, 8)):
        assert drawn[:, row, column].var() == pytest.approx(1.0, abs=error)
    neighbours = math.exp(-1.0 / (4.0 * 1.5**2))
    for a, b in (((0, 0), (0, 1)), ((0, 15), (1, 15)), ((8, 8), (8, 9))):
        assert (drawn[:, *a] * drawn[:, *b]).mean() == pytest.approx(neighbours, abs=error)


def test_each_channel_has_noise_of_its_own():
    (field,) = fields("correlated:25:1", count=1, side=SIDE, channels=3)
    correlations = np.corrcoef(field.reshape(3, -1)) - np.eye(3)
    assert np.abs(correlations).max() < 5.0 * math.sqrt(2.0 * math.pi) / SIDE


def test_it_is_not_clipped_and_its_sigma_is_told_in_0_to_255_units():
    clean = np.full((1, SIDE, SIDE), 0.99, dtype=np.float32)
    noisy, level = noise("correlated:25:1").noisy(clean, seed=0)
    assert (level, noisy.max() > 1.05) == (25.0, True)
    assert 255.0 * noisy.std(dtype=np.float64) == pytest.approx(25.0, rel=0.03)


def test_each_fresh_copy_has_the_noise_of_its_own_level():
    of_one = fresh("correlated:5..50:1", count=3, side=64, levels=[5.0, 20.0, 50.0])
    assert of_one.std(axis=(1, 2, 3)) == pytest.approx([1.0] * 3, rel=0.15)


def test_levels_of_a_range_are_drawn_as_those_of_gaussian_noise():
    clean = np.full((1, 4, 4), 0.5, dtype=np.float32)
    model = noise("correlated:5..50:1")
    drawn = np.log([model.noisy(clean, seed=seed)[1] / 5.0 for seed in range(200)]) / np.log(10.0)
    assert np.mean(drawn) == pytest.approx(0.5, abs=4 * 0.29 / math.sqrt(200))


@pytest.mark.parametrize(
    ("text", "canonical"),
    [
        ("correlated:25.0:1.0", "correlated:25:1"),
        ("correlated:5..50.0:0.50", "correlated:5..50:0.5"),
        ("correlated:0..50:2", "correlated:0..50:2"),
        ("correlated:25:0.3333333333333", "correlated:25:0.3333333333"),
    ],
)
def test_a_spec_of_two_numbers_has_one_canonical_text_which_names_its_noise(text, canonical):
    assert str(noise(text)) == str(noise(canonical)) == canonical
    ours, theirs = noise(text).noisy(ramp(), seed=0), noise(canonical).noisy(ramp(), seed=0)
    assert (ours[0] == theirs[0]).all()


def test_it_is_its_own_noise_with_the_level_of_gaussian_noise_and_not_independent():
    model = noise("correlated:25:1")
    assert not model.family.independent
    assert model.family.shares_level(FAMILIES["gaussian"])
    assert FAMILIES["gaussian"].shares_level(model.family)
    assert not model.family.shares_level(FAMILIES["poisson"])
    assert not FAMILIES["gamma"].shares_level(FAMILIES["poisson"])
    assert model.same_family(noise("correlated:50:1"))
    assert not model.same_family(noise("correlated:25:2"))
    assert not model.same_family(noise("gaussian:25"))
    assert str(model.blind_range()) == "correlated:5..55:1"
    assert [str(shown) for shown in levels_shown(model)] == [
        f"correlated:{sigma}:1" for sigma in ("12.5", "25", "50")
    ]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("correlated:25", "give σ and s, as in correlated:25:1"),
        ("correlated:25:1:1", "give σ and s, as in correlated:25:1"),
        ("correlated:25:s=1", "give σ and s, as in correlated:25:1"),
        ("correlated:25:x", "'x' is not a number"),
        ("correlated:0:1", r"σ \(standard deviation, 0-255 units\) must lie in 0\.01\.\.1000"),
        ("correlated:25:0", r"must lie in 0\.25\.\.16; noise without a blur is gaussian"),
        ("correlated:25:nan", "is not a number"),
        ("correlated:50..5:1", r"the range runs backwards; write 5\.\.50"),
    ],
)
def test_a_bad_spec_is_refused_in_one_line_that_says_what_would_be_right(text, message):
    refuses(text, message)


def covariance_of(text, shape, level=25.0):
    """Σ of an image (C, H, W) as a matrix of all its pixels, column by column."""
    impulses = torch.eye(math.prod(shape), dtype=torch.float64).view(-1, *shape)
    level = torch.tensor(level, dtype=torch.float64)
    return noise(text).family.times_covariance(impulses, level).flatten(1)


@pytest.mark.parametrize("blur_px", [0.5, 0.8, 1.0, 2.5])
def test_its_covariance_is_the_autocorrelation_at_every_two_pixels_up_to_the_border(blur_px):
    height, width = 6, 9
    found = covariance_of(f"correlated:25:{blur_px}", (1, height, width))
    rows, columns = np.divmod(np.arange(height * width), width)
    squared = (rows[:, None] - rows) ** 2 + (columns[:, None] - columns) ** 2
    expected = (25.0 / 255.0) ** 2 * np.exp(-squared / (4.0 * blur_px**2))
    assert found.numpy() == pytest.approx(expected, abs=5e-4 * expected.max())


@pytest.mark.parametrize("blur_px", [0.3, 1.0, 2.0])
def test_its_covariance_is_that_of_what_the_sampler_draws(blur_px):
    """Exactly: the sampler's matrix times its transpose."""
    shape, blur = (1, 4, 5), Blur.of_width(blur_px)
    white = torch.eye(math.prod(blur.field_shape(shape)), dtype=torch.float64)
    drawn = blur.of(white.view(-1, *blur.field_shape(shape))).flatten(1)
    found = covariance_of(f"correlated:255:{blur_px}", shape, 255.0)
    torch.testing.assert_close(found, drawn.T @ drawn, rtol=1e-12, atol=1e-12)


def test_its_covariance_mixes_no_channels_and_is_that_of_each_level():
    found = covariance_of("correlated:25:1", (3, 2, 2), level=25.0).view(3, 4, 3, 4)
    assert not found[0, :, 1].any()
    torch.testing.assert_close(found[0, :, 0], found[2, :, 2])
    image = torch.rand(2, 1, 8, 8, generator=torch.Generator().manual_seed(0))
    family, levels = noise("correlated:5..50:1").family, torch.tensor([10.0, 30.0]).view(2, 1, 1, 1)
    low, high = family.times_covariance(image[:1].expand(2, -1, -1, -1), levels)
    torch.testing.assert_close(high, 9.0 * low)
