"""Impulse and dropout noise: golden noisy images, masks, and the laws of what is replaced."""

import numpy as np
import pytest
import torch
from noises import FAMILIES, begin_of_hash, noise, ramp
from scipy import stats

from denoisebench.errors import UserError

SIDE = 200
ALARM = 1e-3  # the seeds are fixed: a test that passes once passes always

# (spec, seed, draw) -> how the hash of the ramp's noisy copy begins, see test_noise_models.py.
GOLDEN = {
    ("impulse:50", 0, 0): "57db2286731f09d8",
    ("impulse:50", 1, 1): "6bfe568ca60d93e2",
    ("impulse:0..100", 0, 0): "2bdc362322f623be",
    ("impulse-channel:70", 0, 0): "7acf498143ff5374",
    ("impulse-channel:70", 0, 1): "bb0a68a4482873ff",
    ("impulse-channel:0..95", 1, 0): "403f8559247f7b87",
    ("dropout:0.5", 0, 0): "362adef5cfddfa7b",
    ("dropout:0.5", 1, 1): "d18a9c28434e5e73",
    ("dropout:0..0.95", 0, 1): "ee139027e32e9779",
}


def colour(value):
    return np.full((3, SIDE, SIDE), value, dtype=np.float32)


def noisy_copies(text, value):
    """A noisy copy of a flat image as it is fixed, and one drawn anew: (3, SIDE, SIDE) each."""
    model, clean = noise(text), colour(value)
    fixed, level = model.noisy(clean, seed=0)
    rng = torch.Generator().manual_seed(0)
    fresh = model.family.resample(
        torch.from_numpy(clean)[None], torch.full((1, 1, 1, 1), level), rng
    )
    assert fixed.dtype == np.float32
    assert fresh.dtype == torch.float32
    return fixed, fresh[0].numpy()


def near(share, expected, count):
    """Whether a share of `count` trials is the expected one, to four standard deviations."""
    return abs(share - expected) <= 4 * np.sqrt(expected * (1 - expected) / count) + 1e-12


@pytest.mark.parametrize(("text", "seed", "draw"), GOLDEN)
def test_a_noisy_image_is_the_same_on_every_machine_for_ever(text, seed, draw):
    assert begin_of_hash(text, seed, draw, ramp()) == GOLDEN[text, seed, draw]


@pytest.mark.parametrize("percent", [0.5, 50, 95])
def test_impulse_noise_replaces_p_percent_of_the_pixels_in_all_channels_at_once(percent):
    for noisy in noisy_copies(f"impulse:{percent}", 2.0):
        replaced = noisy != 2.0
        assert near(replaced[0].mean(), percent / 100, SIDE**2)
        assert (replaced == replaced[:1]).all()


def test_what_replaces_a_pixel_is_independent_in_each_channel():
    for noisy in noisy_copies("impulse:100", 2.0):
        correlations = np.corrcoef(noisy.reshape(3, -1)) - np.eye(3)
        assert np.abs(correlations).max() < 4 / SIDE


@pytest.mark.parametrize("percent", [0.5, 70, 95])
def test_impulse_channel_noise_replaces_p_percent_of_each_channel_by_itself(percent):
    for noisy in noisy_copies(f"impulse-channel:{percent}", 2.0):
        replaced = (noisy != 2.0).reshape(3, -1)
        assert all(near(share, percent / 100, SIDE**2) for share in replaced.mean(axis=1))
        both = (replaced[0] & replaced[1]).mean()
        assert near(both, (percent / 100) ** 2, SIDE**2)


@pytest.mark.parametrize("text", ["impulse:50", "impulse-channel:50"])
def test_a_replaced_pixel_is_uniform_in_0_to_1(text):
    for noisy in noisy_copies(text, 2.0):
        values = noisy[noisy != 2.0]
        assert values.min() >= 0.0
        assert values.max() < 1.0
        assert stats.kstest(values, "uniform").pvalue > ALARM


@pytest.mark.parametrize("text", ["impulse:90", "impulse-channel:90"])
def test_the_clean_value_is_the_mode_of_impulse_noise_and_neither_mean_nor_median(text):
    for noisy in noisy_copies(text, 0.2):
        values, counts = np.unique(noisy, return_counts=True)
        assert values[counts.argmax()] == np.float32(0.2)
        assert counts.max() > 1000 * np.sort(counts)[-2]
        assert noisy.mean() == pytest.approx(0.9 * 0.5 + 0.1 * 0.2, abs=0.01)
        assert np.median(noisy) > 0.4
    assert noise(text).family.preserves == "mode"


@pytest.mark.parametrize("share", [0.05, 0.5, 0.99])
def test_dropout_leaves_pixels_as_they_are_or_black_in_all_channels_at_once(share):
    for noisy in noisy_copies(f"dropout:{share}", 0.7):
        missing = noisy == 0.0
        assert near(missing[0].mean(), share, SIDE**2)
        assert (missing == missing[:1]).all()
        assert (noisy[~missing] == np.float32(0.7)).all()


def test_what_dropout_left_is_observed_and_a_black_pixel_is_not():
    clean = ramp()[:, 1:, :].copy()
    clean[:, 2, 2] = 0.0
    family = noise("dropout:0.3").family
    noisy, _ = noise("dropout:0.3").noisy(clean, seed=0)
    observed = family.observed(torch.from_numpy(noisy)[None])
    assert observed.shape == (1, 1, 19, 17)
    assert observed.dtype == torch.float32
    assert set(observed.unique().tolist()) == {0.0, 1.0}
    assert observed[0, 0, 2, 2] == 0.0
    kept = observed[0].numpy() * clean
    assert (kept == noisy).all()
    one_channel = torch.zeros(1, 3, 1, 2)
    one_channel[0, 1, 0, 1] = -0.5
    assert family.observed(one_channel).flatten().tolist() == [0.0, 1.0]


def test_only_dropout_says_which_pixels_are_observed():
    image = torch.zeros(1, 3, 4, 4)
    told = [name for name, family in FAMILIES.items() if family.observed(image) is not None]
    assert told == ["dropout"]
    assert [name for name, family in FAMILIES.items() if family.preserves == "pixels"] == told


@pytest.mark.parametrize("name", ["impulse", "impulse-channel", "dropout"])
def test_each_patch_has_its_own_level_and_the_generator_alone_decides(name):
    family = FAMILIES[name]
    levels = torch.tensor([0.0, 0.3, 0.9]).view(-1, 1, 1, 1) * (1 if name == "dropout" else 100)

    def draw(seed):
        clean = torch.full((3, 3, SIDE, SIDE), 2.0)
        return family.resample(clean, levels, torch.Generator().manual_seed(seed))

    shares = (draw(0) != 2.0).float().mean(dim=(1, 2, 3)).tolist()
    assert shares[0] == 0.0
    assert near(shares[1], 0.3, SIDE**2)
    assert near(shares[2], 0.9, SIDE**2)
    assert torch.equal(draw(0), draw(0))
    assert not torch.equal(draw(0), draw(1))


@pytest.mark.parametrize("text", ["impulse:0", "impulse-channel:0", "dropout:0"])
def test_at_level_0_there_is_no_noise(text):
    for noisy in noisy_copies(text, 0.4):
        assert (noisy == np.float32(0.4)).all()


@pytest.mark.parametrize(
    ("text", "canonical"),
    [
        ("impulse:0..100", "impulse:0..100"),
        ("impulse:100.0", "impulse:100"),
        ("impulse-channel:70", "impulse-channel:70"),
        ("dropout:0.50", "dropout:0.5"),
        ("dropout:0..0.95", "dropout:0..0.95"),
    ],
)
def test_a_noise_model_has_one_canonical_text(text, canonical):
    assert str(noise(text)) == canonical


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("impulse:101", r"p \(percent of the pixels replaced\) must lie in 0\.\.100"),
        ("impulse-channel:-1", r"p \(percent of each channel replaced\) must lie in 0\.\.100"),
        ("dropout:50", r"p \(share of the pixels missing, up to 0\.99\) must lie in 0\.\.0\.99"),
        ("dropout", r"give one p, as in dropout:0\.95"),
        ("impulse", r"give one p, as in impulse:95"),
    ],
)
def test_a_bad_spec_is_refused_in_one_line_that_says_what_would_be_right(text, message):
    with pytest.raises(UserError, match=message):
        noise(text)
