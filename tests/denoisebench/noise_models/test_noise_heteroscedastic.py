"""Heteroscedastic noise: golden noisy images, its two laws, and specs of two numbers."""

import math

import numpy as np
import pytest
import torch
from noises import FAMILIES, begin_of_hash, noise, ramp, refuses
from scipy import stats

from denoisebench.figures.noise_preview import levels_shown
from denoisebench.noise.stream import Stream

SIDE = 200
ALARM = 1e-3  # the seeds are fixed: a test that passes once passes always

# (spec, seed, draw) -> how the hash of the ramp's noisy copy begins, see test_noise_models.py.
GOLDEN = {
    ("heteroscedastic:40:10", 0, 0): "ebc7a2ead6d7a631",
    ("heteroscedastic:40:10", 1, 1): "1bafa87d20f03fc7",
    ("heteroscedastic:20..60:10", 0, 0): "dc54211ba3521e28",
    ("heteroscedastic-shared:40:10", 0, 0): "8ad11a7a8243b185",
    ("heteroscedastic-shared:40:10", 0, 1): "b1c48d27758b57e0",
}

# law, intensity -> standard deviation in 0-255 units at α = 40, δ = 10
STD_255 = {
    ("heteroscedastic", 0.0): 10.0,
    ("heteroscedastic", 0.5): math.hypot(20.0, 10.0),
    ("heteroscedastic", 1.0): math.hypot(40.0, 10.0),
    ("heteroscedastic-shared", 0.0): 10.0,
    ("heteroscedastic-shared", 0.5): 30.0,
    ("heteroscedastic-shared", 1.0): 50.0,
}


def flat(value):
    return np.full((1, SIDE, SIDE), value, dtype=np.float32)


def fresh(text, clean, levels):
    """Fresh noisy copies of `clean` (C, H, W), one for each level: (B, C, H, W)."""
    batch = torch.from_numpy(clean).expand(len(levels), *clean.shape)
    rng = torch.Generator().manual_seed(0)
    level = torch.tensor(levels, dtype=torch.float32).view(-1, 1, 1, 1)
    return noise(text).family.resample(batch, level, rng).numpy()


@pytest.mark.parametrize(("text", "seed", "draw"), GOLDEN)
def test_a_noisy_image_is_the_same_on_every_machine_for_ever(text, seed, draw):
    assert begin_of_hash(text, seed, draw, ramp()) == GOLDEN[text, seed, draw]


@pytest.mark.parametrize(("name", "value"), STD_255)
def test_the_noise_is_gaussian_of_the_standard_deviation_of_its_law(name, value):
    law = stats.norm(value, STD_255[name, value] / 255.0)
    text = f"{name}:40:10"
    for noisy in (noise(text).noisy(flat(value), seed=0)[0], fresh(text, flat(value), [40.0])):
        assert noisy.dtype == np.float32
        assert stats.kstest(noisy.ravel(), law.cdf).pvalue > ALARM
        assert noisy.std(dtype=np.float64) == pytest.approx(law.std(), rel=4 / (1.4 * SIDE))
        assert (value > 0.0) or (noisy < 0.0).mean() == pytest.approx(0.5, abs=0.02)


def test_each_fresh_copy_has_the_noise_of_its_own_level():
    noisy = fresh("heteroscedastic:0..60:10", flat(0.5), [0.0, 20.0, 60.0])
    std_255 = 255.0 * noisy.std(axis=(1, 2, 3), dtype=np.float64)
    assert std_255 == pytest.approx([10.0, math.hypot(10, 10), math.hypot(30, 10)], rel=0.02)


def test_at_level_0_the_noise_is_gaussian_of_delta_to_the_bit():
    clean = ramp()
    ours = noise("heteroscedastic:0:25").family.sample(clean, 0.0, Stream("same"))
    theirs = FAMILIES["gaussian"].sample(clean, 25.0, Stream("same"))
    assert (ours == theirs).all()


@pytest.mark.parametrize(
    ("text", "canonical"),
    [
        ("heteroscedastic:40.0:1e1", "heteroscedastic:40:10"),
        ("heteroscedastic:20..60.0:10.0", "heteroscedastic:20..60:10"),
        ("heteroscedastic:0..60:0", "heteroscedastic:0..60:0"),
        ("heteroscedastic:-0:-0", "heteroscedastic:0:0"),
        ("heteroscedastic:40:3.333333333333", "heteroscedastic:40:3.333333333"),
        ("heteroscedastic-shared:40:0.5", "heteroscedastic-shared:40:0.5"),
    ],
)
def test_a_spec_of_two_numbers_has_one_canonical_text_which_names_its_noise(text, canonical):
    assert str(noise(text)) == canonical
    assert str(noise(canonical)) == canonical
    assert noise(text) == noise(canonical)
    ours, theirs = noise(text).noisy(ramp(), seed=0), noise(canonical).noisy(ramp(), seed=0)
    assert (ours[0] == theirs[0]).all()


@pytest.mark.parametrize("name", ["heteroscedastic", "heteroscedastic-shared"])
def test_the_blind_range_and_the_levels_of_a_preview_keep_delta(name):
    model = noise(f"{name}:40:7")
    assert str(model.blind_range()) == f"{name}:10..60:7"
    assert [str(shown) for shown in levels_shown(model)] == [f"{name}:{a}:7" for a in (20, 40, 80)]
    assert type(model.family) is type(FAMILIES[name])


def test_noise_is_alike_at_any_level_but_not_with_another_delta_or_law():
    model = noise("heteroscedastic:40:10")
    assert model.same_family(noise("heteroscedastic:20..60:10.0"))
    assert not model.same_family(noise("heteroscedastic:40:20"))
    assert not model.same_family(noise("heteroscedastic-shared:40:10"))


def test_another_delta_is_other_noise():
    ours, theirs = (
        (noise(f"heteroscedastic:40:{delta}").noisy(flat(0.5), seed=0)[0] - 0.5).ravel()
        for delta in (10, 10.001)
    )
    assert abs(np.corrcoef(ours, theirs)[0, 1]) < 5 / SIDE


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("heteroscedastic", "give α and δ, as in heteroscedastic:40:10"),
        ("heteroscedastic:40", "give α and δ, as in heteroscedastic:40:10"),
        ("heteroscedastic:40:10:1", "give α and δ, as in heteroscedastic:40:10"),
        ("heteroscedastic:40:delta=10", "give α and δ, as in heteroscedastic:40:10"),
        ("heteroscedastic-shared:40", "give α and δ, as in heteroscedastic-shared:40:10"),
        ("heteroscedastic:40:x", "'x' is not a number"),
        ("heteroscedastic:x:10", "'x' is not a number"),
        ("heteroscedastic:40:-1", r"δ \(standard deviation at x = 0, 0-255 units\) must lie in 0"),
        ("heteroscedastic:40:nan", "is not a number"),
        ("heteroscedastic:40:5..10", r"'5\.\.10' is not a number"),
        ("heteroscedastic:-1:10", r"α \(growth .*\) must lie in 0\.\.1000"),
        ("heteroscedastic:60..20:10", r"the range runs backwards; write 20\.\.60"),
    ],
)
def test_a_bad_spec_is_refused_in_one_line_that_says_what_would_be_right(text, message):
    refuses(text, message)
