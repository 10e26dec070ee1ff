"""Noise models: golden noisy images, theory's mean and variance, keys, and what is refused."""

import math

import numpy as np
import pytest
import torch
from noises import begin_of_hash, noise, ramp, refuses

from denoisebench.errors import UserError
from denoisebench.noise.family import NoiseFamily

SIDE = 200

# (spec, seed, draw) -> how the hash of the ramp's noisy copy begins.  A change here changes every
# number the suite has ever given: then NOISE_VERSION must change too.
GOLDEN = {
    ("gaussian:25", 0, 0): "6e8ba26e6e46b88b",
    ("gaussian:25", 0, 1): "f28dd83645031dfe",
    ("gaussian:25", 1, 0): "db553e86616210d9",
    ("gaussian:25", 1, 1): "6987a793ac64b914",
    ("gaussian:5..50", 0, 0): "e8d68e2df04cb371",
    ("gaussian:5..50", 0, 1): "b925dfe3a95b8364",
    ("gaussian:5..50", 1, 0): "29abba55e90f3a0a",
    ("gaussian:5..50", 1, 1): "e3deeca3aac06888",
    ("poisson:0.01", 0, 0): "75c6e8a398974850",
    ("poisson:0.01", 0, 1): "ea5b61e5c4cb937e",
    ("poisson:0.01", 1, 0): "0195f6ad45c04671",
    ("poisson:0.01", 1, 1): "22f53e0265014a35",
    ("poisson:0.5", 0, 0): "195c16b1e3cbd74b",
    ("poisson:0.5", 0, 1): "be1e19f1b8cd2854",
    ("poisson:0.5", 1, 0): "01122bb443adb58a",
    ("poisson:0.5", 1, 1): "5ca477fc8f35c674",
    ("gamma:100", 0, 0): "f8e7ec87c3828b66",
    ("gamma:100", 0, 1): "513ec221f89e440f",
    ("gamma:100", 1, 0): "eb5cc8e7060ba580",
    ("gamma:100", 1, 1): "6ae2fbbf1e32f736",
    ("gamma:1", 0, 0): "ddae958d3c24aaec",
    ("gamma:1", 0, 1): "3756640f4ca55327",
    ("gamma:1", 1, 0): "fa93aaeaaed29178",
    ("gamma:1", 1, 1): "bb382c7ca3fe0acd",
    ("weibull:2", 0, 0): "a02d6f6d9bfade19",
    ("weibull:2", 0, 1): "ec7b615b7fb2bf04",
    ("weibull:2", 1, 0): "fd463b8fcf6c9a71",
    ("weibull:2", 1, 1): "62968088c158ae4b",
    ("weibull:1..20", 0, 0): "ee6c2ca55b732464",
    ("weibull:1..20", 1, 1): "49d811b26572a7d1",
}


def flat(value):
    return np.full((1, SIDE, SIDE), value, dtype=np.float32)


@pytest.mark.parametrize(("text", "seed", "draw"), GOLDEN)
def test_a_noisy_image_is_the_same_on_every_machine_for_ever(text, seed, draw):
    assert begin_of_hash(text, seed, draw, ramp()) == GOLDEN[text, seed, draw]


VARIANCES = [
    ("gaussian:25", 0.5, (25 / 255) ** 2),
    ("gaussian:0.01", 0.5, (0.01 / 255) ** 2),
    ("poisson:0.01", 0.5, 0.01 * 0.5),
    ("poisson:0.5", 0.7, 0.5 * 0.7),
    ("poisson:1e-05", 1.0, 1e-5),
    ("gamma:100", 0.5, 0.5**2 / 100),
    ("gamma:1", 0.8, 0.8**2),
    ("gamma:3.5", -0.2, 0.2**2 / 3.5),
    ("weibull:1", 0.8, 0.8**2),
    ("weibull:2", 0.5, 0.5**2 * (4 / math.pi - 1)),
    ("weibull:20", 0.5, 0.5**2 * (math.gamma(1.1) / math.gamma(1.05) ** 2 - 1)),
    ("weibull:1000", 1.0, math.gamma(1.002) / math.gamma(1.001) ** 2 - 1),
]


@pytest.mark.parametrize(("text", "value", "variance"), VARIANCES)
def test_mean_and_variance_are_those_of_theory(text, value, variance):
    noisy, _ = noise(text).noisy(flat(value), seed=0)
    assert abs(noisy.mean(dtype=np.float64) - value) < 4 * math.sqrt(variance) / SIDE + 1e-9
    assert noisy.var(dtype=np.float64) == pytest.approx(variance, rel=0.06)


@pytest.mark.parametrize("text", ["gaussian:25", "poisson:0.05", "gamma:10", "weibull:4"])
def test_noisy_images_are_float32_and_not_clipped(text):
    clean = flat(0.97)
    noisy, _ = noise(text).noisy(clean, seed=0)
    assert noisy.dtype == np.float32
    assert noisy.shape == clean.shape
    assert noisy.max() > 1.0
    assert (clean == np.float32(0.97)).all()


def test_gaussian_noise_goes_below_black():
    noisy, _ = noise("gaussian:25").noisy(flat(0.0), seed=0)
    assert (noisy < 0).mean() == pytest.approx(0.5, abs=0.02)


def test_poisson_gamma_and_weibull_noise_leave_black_black():
    for text in ("poisson:0.01", "gamma:1", "weibull:1"):
        assert not noise(text).noisy(flat(0.0), seed=0)[0].any()


def test_negative_pixels_count_as_black_under_poisson_noise():
    assert not noise("poisson:0.01").noisy(flat(-0.3), seed=0)[0].any()


@pytest.mark.parametrize(
    "text", ["gaussian:1000", "poisson:10", "poisson:1e-07", "gamma:1", "weibull:1"]
)
@pytest.mark.parametrize("value", [0.0, 1.0])
def test_black_and_white_images_make_finite_pixels_at_the_ends_of_the_scale(text, value):
    assert np.isfinite(noise(text).noisy(flat(value), seed=0)[0]).all()


def test_poisson_pixels_are_whole_counts():
    noisy, _ = noise("poisson:0.25").noisy(ramp(), seed=0)
    assert (noisy * 4 == np.rint(noisy * 4)).all()


@pytest.mark.parametrize(
    "text", ["gaussian:25", "gaussian:5..50", "poisson:0.01", "gamma:100", "weibull:2"]
)
def test_the_same_pixels_spec_seed_and_draw_name_the_same_noise(text):
    first, level = noise(text).noisy(ramp(), seed=3, draw=1)
    again, level_again = noise(text).noisy(np.asfortranarray(ramp()), seed=3, draw=1)
    assert (first == again).all()
    assert level == level_again


@pytest.mark.parametrize("text", ["gaussian:25", "poisson:0.01", "gamma:100", "weibull:2"])
@pytest.mark.parametrize("changed", ["seed", "draw", "spec", "pixel", "shape"])
def test_another_key_is_other_noise(text, changed):
    clean = other = flat(0.5)
    other_text, key = text, {"seed": 0, "draw": 0}
    if changed in key:
        key[changed] = 1
    elif changed == "spec":
        name, _, level = text.partition(":")
        other_text = f"{name}:{float(level) * 1.01:g}"
    elif changed == "pixel":
        other = clean.copy()
        other[0, -1, -1] = 0.6
    else:
        other = clean.reshape(1, SIDE // 2, SIDE * 2)
    ours = (noise(text).noisy(clean, seed=0)[0] - clean).ravel()
    theirs = (noise(other_text).noisy(other, **key)[0] - other).ravel()
    assert abs(np.corrcoef(ours, theirs)[0, 1]) < 5 / SIDE


def test_a_single_level_is_recorded_as_it_was_asked_for():
    assert noise("gaussian:25").noisy(ramp(), seed=0)[1] == 25.0


def test_the_level_of_a_range_is_drawn_log_uniformly_per_image_and_recorded():
    model = noise("gaussian:5..50")
    levels = np.array([model.noisy(ramp()[:, :1, :1], seed=seed)[1] for seed in range(600)])
    assert levels.min() >= 5.0
    assert levels.max() <= 50.0
    share = np.sort(np.log(levels / 5.0) / math.log(10.0))
    assert np.abs(share - (np.arange(600) + 0.5) / 600).max() < 1.63 / math.sqrt(600)  # KS, 1 %
    noisy, level = model.noisy(flat(0.5), seed=0)
    assert (noisy - flat(0.5)).std() * 255 == pytest.approx(level, rel=0.02)


@pytest.mark.parametrize(
    ("text", "canonical"),
    [
        ("gaussian:25.0", "gaussian:25"),
        ("gaussian:+2.5e1", "gaussian:25"),
        ("poisson:0.010", "poisson:0.01"),
        ("gaussian:5.0..50", "gaussian:5..50"),
        ("gaussian:5..5", "gaussian:5"),
        ("gamma:100", "gamma:100"),
        ("weibull:2.0", "weibull:2"),
    ],
)
def test_a_noise_model_has_one_canonical_text_which_names_its_noise(text, canonical):
    assert str(noise(text)) == canonical
    ours, theirs = noise(text).noisy(ramp(), seed=0), noise(canonical).noisy(ramp(), seed=0)
    assert (ours[0] == theirs[0]).all()
    assert noise(text).is_range == (".." in canonical)


@pytest.mark.parametrize(
    ("text", "blind"),
    [
        ("gaussian:25", "gaussian:5..55"),
        ("poisson:0.01", "poisson:0.005..0.1"),
        ("gamma:100", "gamma:40..120"),
        ("weibull:2", "weibull:2..20"),
    ],
)
def test_an_unknown_level_means_the_blind_range_of_the_family(text, blind):
    assert str(noise(text).blind_range()) == blind


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("gaussian:-3", r"σ \(standard deviation, 0-255 units\) must lie in 0\.01\.\.1000"),
        ("gaussian:nan", "is not a number"),
        ("gaussian:inf", "is not a number"),
        ("gaussian:5..5000", r"must lie in 0\.01\.\.1000"),
        ("gaussian:abc", r"'abc' is not a number"),
        ("gaussian:5..", r"'' is not a number"),
        ("gaussian:5..10..20", r"'10\.\.20' is not a number"),
        ("gaussian:50..5", r"the range runs backwards; write 5\.\.50"),
        ("gaussian", r"give one σ, as in gaussian:5"),
        ("gaussian:1:2", r"give one σ, as in gaussian:5"),
        ("gaussian:sigma=25", r"give one σ, as in gaussian:5"),
        ("poisson:0", r"ζ \(intensity of one count\) must lie in 1e-07\.\.10"),
        ("weibull:0.9", r"k \(shape, 1 or more\) must lie in 1\.\.1000"),
        ("gamma:0.5", r"k \(shape, 1 or more\) must lie in 1\.\.10000000"),
    ],
)
def test_a_bad_spec_is_refused_in_one_line_that_says_what_would_be_right(text, message):
    refuses(text, message)


class Salt(NoiseFamily):
    """A family without a sampler for the device."""

    name = "salt"

    def sample(self, clean, level, stream):
        return clean


def test_a_family_without_fresh_draws_says_what_to_use():
    with pytest.raises(UserError, match="'salt' offers no fresh draws; use --draws fixed"):
        Salt().resample(torch.zeros(1, 1, 8, 8), torch.ones(1, 1, 1, 1), torch.Generator())
