"""Noise whose level is drawn from a range that begins at 0, and the draws of a pair."""

import math

import numpy as np
import pytest
import torch
from noises import noise

from denoisebench.errors import UserError
from denoisebench.noise.stream import Stream

RANGES = {
    "gaussian:0..50": 50.0,
    "poisson:0..0.1": 0.1,
    "impulse:0..100": 100.0,
    "impulse-channel:0..95": 95.0,
    "dropout:0..0.95": 0.95,
    "text:0..50": 50.0,
}
COUNT = 400
from_zero = pytest.mark.parametrize("text", RANGES)


def flat(side, value=0.4):
    return np.full((1, side, side), value, dtype=np.float32)


def levels(text, draw):
    """The levels of many small images, one each, as shares of the range."""
    model = noise(text)
    drawn = [model.noisy(flat(2), seed=seed, draw=draw)[1] for seed in range(COUNT)]
    return np.array(drawn) / RANGES[text]


@from_zero
def test_levels_lie_evenly_in_a_range_from_0(text):
    assert str(noise(text)) == text
    share = np.sort(levels(text, 0))
    assert share[0] > 0.0
    assert share[-1] < 1.0
    assert np.abs(share - (np.arange(COUNT) + 0.5) / COUNT).max() < 1.63 / math.sqrt(COUNT)  # KS


@pytest.mark.parametrize(
    "text", ["impulse:20..80", "impulse-channel:20..80", "dropout:0.2..0.8", "text:20..80"]
)
def test_shares_of_pixels_lie_evenly_in_any_range(text):
    model = noise(text)
    drawn = [model.noisy(flat(2), seed=seed)[1] for seed in range(COUNT)]
    middle = 0.5 * (model.low + model.high)  # log-evenly, 0.87 of it
    assert np.mean(drawn) == pytest.approx(middle, rel=4 * 0.35 / math.sqrt(COUNT))


@from_zero
def test_the_two_copies_of_a_pair_have_independent_levels(text):
    assert abs(np.corrcoef(levels(text, 0), levels(text, 1))[0, 1]) < 4 / math.sqrt(COUNT)


@pytest.mark.parametrize(
    "text", ["gaussian:25", "poisson:0.05", "impulse:50", "impulse-channel:70", "dropout:0.5"]
)
def test_the_two_copies_of_a_pair_have_independent_noise_and_each_is_fixed(text):
    clean = flat(200)
    first, second = (noise(text).noisy(clean, seed=5, draw=draw)[0] for draw in (0, 1))
    errors = (first - clean).ravel(), (second - clean).ravel()
    assert abs(np.corrcoef(*errors)[0, 1]) < 4 / 200
    for epoch in range(2):
        del epoch
        assert (noise(text).noisy(clean, seed=5, draw=0)[0] == first).all()


def test_the_two_texts_of_a_pair_are_independent_and_each_is_fixed():
    """Over many images: the words of one correlate from pixel to pixel."""
    clean, model = flat(32), noise("text:25")
    pairs = [[model.noisy(clean, seed=i, draw=d)[0] != clean for d in (0, 1)] for i in range(150)]
    first, second = np.array(pairs).astype(float).swapaxes(0, 1).reshape(2, 150, -1)
    covariance = ((first - first.mean()) * (second - second.mean())).mean(axis=1)
    assert abs(covariance.mean()) < 4 * covariance.std() / math.sqrt(150)
    assert (model.noisy(clean, seed=0)[0] != clean).ravel().tolist() == (first[0] == 1).tolist()


@from_zero
def test_at_the_low_end_of_a_range_from_0_no_noise_is_left(text):
    family, clean = noise(text).family, flat(32)
    fixed = family.sample(clean, 0.0, Stream("low end"))
    patches = torch.from_numpy(clean)[None]
    fresh = family.resample(patches, torch.zeros(1, 1, 1, 1), torch.Generator().manual_seed(0))
    for noisy in (fixed, fresh[0].numpy()):
        assert noisy.dtype == np.float32
        assert np.abs(noisy - clean).max() <= (2e-3 if text.startswith("poisson") else 0.0)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("gaussian:0", r"σ \(standard deviation, 0-255 units\) must lie in 0\.01\.\.1000"),
        ("poisson:0..0", r"must lie in 1e-07\.\.10"),
        ("gamma:0..100", r"must lie in 1\.\.10000000"),
        ("poisson-peak:0..50", r"P \(counts at intensity 1\) must lie in 0\.1\.\.10000000"),
    ],
)
def test_only_a_range_may_begin_at_0_and_only_where_0_means_no_noise(text, message):
    with pytest.raises(UserError, match=message):
        noise(text)
