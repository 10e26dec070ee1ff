"""Uniform, Laplace, speckle, Rician and salt-and-pepper noise: golden images, laws, and who takes
them; and who takes Poisson-Gaussian noise."""

import numpy as np
import pytest
import torch
from noises import begin_of_hash, noise, ramp, refuses
from scipy import stats

from denoisebench.plugin.method import Task
from denoisebench.registry.loader import load

SIDE = 200
ALARM = 1e-3  # the seeds are fixed: a test that passes once passes always

# (spec, seed, draw) -> how the hash of the ramp's noisy copy begins, see test_noise_models.py.
GOLDEN = {
    ("uniform:25", 0, 0): "9f05a8b803f3691a",
    ("uniform:0..50", 1, 1): "05add2259c2dbeb0",
    ("laplace:25", 0, 0): "00c0a512d927740b",
    ("laplace:5..50", 0, 1): "6bacf083b8b5879c",
    ("poisson-gaussian:0.01:2", 0, 0): "c6e797eb46fdd038",
    ("poisson-gaussian:0.005..0.1:2:0.1", 1, 1): "eef425291e359396",
    ("rician:25", 0, 0): "d6f2475d76355f0a",
    ("rician:5..50", 1, 1): "71170fe44f501348",
    ("salt-and-pepper:0.2", 0, 0): "e8f5542058e20693",
    ("salt-and-pepper:0..0.9", 1, 1): "3637cf1d32d22338",
}
LAWS = {
    "uniform": stats.uniform(-np.sqrt(3.0) * 0.1, 2.0 * np.sqrt(3.0) * 0.1),
    "laplace": stats.laplace(scale=0.1 * np.sqrt(0.5)),
}
LEARNING = ["noise2noise", "supervised"]
OF_MEANS = ["noise2self", "noise2void", "neighbor2neighbor", "blindspot", "dbsn"]
OF_MEANS += ["blind2unblind", "zs-n2n", "noise2vst", "noise2same", "noise2fast", "dip"]
TAKERS = {
    "uniform:25": [*LEARNING, *OF_MEANS],
    "laplace:25": [*LEARNING, *OF_MEANS],
    "speckle:25": [*LEARNING, *OF_MEANS],
    "poisson-gaussian:0.01:2": [*LEARNING, *OF_MEANS, "noise2score", "nlm", "tv", "wavelet"],
    "rician:25": ["supervised"],
    "salt-and-pepper:0.2": LEARNING,
}


def copies(text, value):
    """A noisy copy of a flat image as it is fixed, and one drawn anew: (3, SIDE, SIDE) each."""
    model, clean = noise(text), np.full((3, SIDE, SIDE), value, np.float32)
    fixed, level = model.noisy(clean, seed=0)
    rng = torch.Generator().manual_seed(0)
    levels = torch.full((1, 1, 1, 1), level)
    fresh = model.family.resample(torch.from_numpy(clean)[None], levels, rng)
    assert fixed.dtype == np.float32
    return fixed, fresh[0].numpy()


@pytest.mark.parametrize(("text", "seed", "draw"), GOLDEN)
def test_a_noisy_image_is_the_same_on_every_machine_for_ever(text, seed, draw):
    assert begin_of_hash(text, seed, draw, ramp()) == GOLDEN[text, seed, draw]


@pytest.mark.parametrize("name", LAWS)
def test_additive_noise_has_its_law_at_any_intensity(name):
    for value in (0.0, 0.5):
        for noisy in copies(f"{name}:25.5", value):
            assert stats.kstest(noisy.ravel() - value, LAWS[name].cdf).pvalue > ALARM


@pytest.mark.parametrize(("name", "error"), [("uniform", 0.05), ("laplace", 0.08)])
def test_one_image_tells_the_level_of_additive_noise(name, error):
    shade = np.broadcast_to(np.linspace(0.2, 0.8, 128, dtype=np.float32), (1, 128, 128))
    model = noise(f"{name}:20")
    assert model.family.estimate(model.noisy(shade, seed=0)[0]) == pytest.approx(20.0, rel=error)


def test_salt_and_pepper_are_equally_likely_and_the_median_is_kept():
    for noisy in copies("salt-and-pepper:0.3", 0.4):
        assert (noisy == noisy[:1]).all()  # one mask for all channels
        assert np.unique(noisy).tolist() == pytest.approx([0.0, 0.4, 1.0])
        for value in (0.0, 1.0):
            assert (noisy[0] == value).mean() == pytest.approx(0.15, abs=0.008)
        assert np.median(noisy) == np.float32(0.4)


def test_speckle_is_heteroscedastic_noise_that_fades_to_nothing():
    assert str(noise("speckle:25")) == "heteroscedastic:25:0"
    assert str(noise("speckle:5..50")) == "heteroscedastic:5..50:0"
    refuses("speckle:25:10", "give one σ, as in speckle:10")
    for value in (0.0, 0.3, 0.8):
        for noisy in copies("speckle:51", value):
            assert noisy.mean() == pytest.approx(value, abs=0.004 * value)
            assert noisy.std() == pytest.approx(0.2 * value, rel=0.02)


@pytest.mark.parametrize("text", ["salt-and-pepper:1", "uniform:0.001", "laplace:2000"])
def test_a_level_out_of_range_is_refused(text):
    refuses(text, "must lie in")


@pytest.mark.parametrize("value", [0.0, 0.1, 0.7])
def test_rician_noise_has_its_law_and_its_second_moment_tells_the_clean_pixel(value):
    for noisy in copies("rician:25.5", value):
        assert stats.kstest(noisy.ravel(), stats.rice(value / 0.1, scale=0.1).cdf).pvalue > ALARM
        assert np.mean(noisy**2) - 2.0 * 0.1**2 == pytest.approx(value**2, abs=0.002)


@pytest.mark.parametrize("text", TAKERS)
def test_these_methods_take_the_noise(text):
    registries = load()
    task = Task(noise(text), "known", 1)
    taking = {
        name
        for name, method in registries.methods.items()
        if method.declines(method.config_type(), task) is None
    }
    assert taking == {"identity", *TAKERS[text]}


def test_every_method_takes_or_declines_every_noise_in_one_line():
    registries = load()
    for family in registries.noises.values():
        for parameters in ("known", "unknown"):
            for channels in (1, 3):
                model = family.parse(_example(family))
                task = Task(model, parameters, channels)
                for name, method in registries.methods.items():
                    reason = method.declines(method.config_type(), task)
                    assert reason is None or (reason and "\n" not in reason), (name, family.name)


def _example(family):
    from denoisebench.specs import parse_spec

    without_level = ("real", "rayleigh", "exponential")
    return parse_spec(family.name if family.name in without_level else family.example)
