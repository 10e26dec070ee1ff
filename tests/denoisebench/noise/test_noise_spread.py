"""How the levels of a range are spread: evenly, log-evenly, or with an even inverse."""

import math

import numpy as np
import pytest
import torch
from noises import noise, refuses

from denoisebench.noise.spread import without_spread
from denoisebench.plugin.method import Evidence, Task
from denoisebench.training.batches import FreshBatches
from denoisebench.training.patches import AllImages, TrainingImage

COUNT = 400
KS = 1.63 / math.sqrt(COUNT)
"""What the largest distance from a distribution exceeds once in a hundred times."""

SHARES = {
    "gaussian:5..50:spread=even": lambda level: (level - 5) / 45,
    "gaussian:5..50": lambda level: np.log(level / 5) / math.log(10),
    "poisson-peak:5..50:spread=even": lambda level: (1 / level - 5) / 45,
    "poisson-peak:5..50:spread=inverse": lambda level: (level - 0.02) / 0.18,
    "poisson-peak:5..50": lambda level: np.log(level / 0.02) / math.log(10),
    "heteroscedastic:5..50:10:spread=even": lambda level: (level - 5) / 45,
    "impulse:20..80:spread=log": lambda level: np.log(level / 20) / math.log(4),
}
"""Of each noise, the share of its levels that lie below one, of ζ for Poisson noise."""


def is_uniform(share):
    share = np.sort(share)
    return np.abs(share - (np.arange(len(share)) + 0.5) / len(share)).max() < KS


@pytest.mark.parametrize("text", SHARES)
def test_the_levels_of_fixed_draws_are_spread_as_the_spec_says(text):
    flat = np.full((1, 2, 2), 0.4, dtype=np.float32)
    levels = np.array([noise(text).noisy(flat, seed=seed)[1] for seed in range(COUNT)])
    assert is_uniform(SHARES[text](levels))


@pytest.mark.parametrize("text", SHARES)
def test_the_levels_of_fresh_draws_are_spread_as_the_spec_says(text):
    image = TrainingImage((np.full((1, 16, 16), 0.4, dtype=np.float32),), None)
    pool = AllImages([image], 16, torch.device("cpu"))
    batches = FreshBatches(pool, task=Task(noise(text), "known", 1), evidence=Evidence.NOISY)
    level = batches.sample(0, COUNT, torch.Generator().manual_seed(3)).level
    assert level is not None
    assert is_uniform(SHARES[text](level.flatten().double().numpy()))


def test_the_papers_levels_are_stronger_than_log_even_ones():
    """σ evenly from 5..50: mean 27.5, geometric mean 23.8; log-evenly: geometric mean 15.8."""
    quantiles = (np.arange(10_000) + 0.5) / 10_000
    even, log = (
        np.array([noise(text).level_at(u) for u in quantiles])
        for text in ("gaussian:5..50:spread=even", "gaussian:5..50")
    )
    assert even.mean() == pytest.approx(27.5, abs=0.01)
    assert np.exp(np.log(even).mean()) == pytest.approx(23.76, abs=0.01)
    assert np.exp(np.log(log).mean()) == pytest.approx(15.81, abs=0.01)


@pytest.mark.parametrize(
    ("text", "canonical"),
    [
        ("gaussian:5..50:spread=even", "gaussian:5..50:spread=even"),
        ("gaussian:5.0..50:spread=log", "gaussian:5..50"),
        ("gaussian:0..50:spread=even", "gaussian:0..50"),
        ("gaussian:5..50:spread=inverse", "gaussian:5..50:spread=inverse"),
        ("impulse:20..80:spread=even", "impulse:20..80"),
        ("impulse:20..80:spread=log", "impulse:20..80:spread=log"),
        ("poisson-peak:5..50:spread=even", "poisson:0.02..0.2:spread=inverse"),
        ("poisson-peak:5..50:spread=inverse", "poisson:0.02..0.2:spread=even"),
        ("poisson-peak:5..50:spread=log", "poisson:0.02..0.2"),
        ("chi2:40..120:spread=even", "gamma:20..60:spread=even"),
        ("correlated:5..50:1:spread=even", "correlated:5..50:1:spread=even"),
    ],
)
def test_a_spread_has_one_name_which_reads_back(text, canonical):
    assert str(noise(text)) == canonical
    again = noise(canonical)
    assert str(again) == canonical
    assert (again.low, again.high, again.spread) == (
        noise(text).low,
        noise(text).high,
        noise(text).spread,
    )


def test_noise_of_another_spread_is_other_noise():
    clean = np.full((1, 8, 8), 0.5, dtype=np.float32)
    log, even = (noise(f"gaussian:5..50{s}").noisy(clean, seed=0) for s in ("", ":spread=even"))
    assert log[1] != even[1]
    assert noise("gaussian:5..50").noisy(clean, seed=0)[1] == log[1]


def test_the_middle_and_the_quantiles_follow_the_spread():
    assert noise("gaussian:5..50:spread=even").middle == 27.5
    assert noise("poisson-peak:5..50:spread=even").middle == pytest.approx(1 / 27.5)
    assert noise("gaussian:5..50:spread=even").level_quantile(0.1) == 9.5


def test_a_spec_without_its_spread_is_that_of_the_range():
    assert without_spread("gaussian:5..50:spread=even") == "gaussian:5..50"
    assert without_spread("heteroscedastic:5..50:10:spread=even") == "heteroscedastic:5..50:10"
    assert without_spread("gaussian:25") == "gaussian:25"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("gaussian:25:spread=even", r"spread is of a range, as in gaussian:5\.\.55:spread=even"),
        ("gaussian:0..50:spread=log", "the levels of a range from 0 lie evenly"),
        ("poisson:0..0.1:spread=inverse", "the levels of a range from 0 lie evenly"),
        ("gaussian:5..50:spread=evne", "unknown spread 'evne'; did you mean 'even'"),
        ("gaussian:5..50:spraed=even", "give one σ"),
        ("rayleigh:spread=even", "spread is of a range, as in rayleigh"),
        ("real:spread=even", "its levels are unknown"),
    ],
)
def test_a_spread_that_means_nothing_is_refused_in_one_line(text, message):
    refuses(text, message)
