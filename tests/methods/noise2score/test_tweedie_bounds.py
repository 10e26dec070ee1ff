"""Tweedie's formulas at the ends: finite whatever the score, and bounded only where it is safe."""

import math

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import special, stats
from tweedie_forms import bernoulli, tweedie_distribution

from denoisebench.noise import overflow_guards as guards
from denoisebench.noise.family import ExponentialFamily
from denoisebench.noise_models import gamma, register_noise_models, weibull
from denoisebench.noise_models.gamma import Gamma
from denoisebench.noise_models.weibull import Weibull

OFFERED = {family.name: family for family in register_noise_models()}
NOISES = {name: family for name, family in OFFERED.items() if family.treated_as() is None}
FAMILIES = {n: family for n, family in NOISES.items() if isinstance(family, ExponentialFamily)}
EXTREMES = [0.0, 1e-45, 1e-38, 1e-30, 1e-4, 0.5, 1.0, 255.0, 1e7, 1e19, 1e30, 3.4028234e38]
SIGNED = torch.tensor(EXTREMES + [-value for value in EXTREMES])
levels = pytest.mark.parametrize(
    ("family", "level"),
    [
        pytest.param(family, level, id=f"{family.name}-{level:g}")
        for family in FAMILIES.values()
        for level in (family.lowest, *family.blind, family.highest)
    ],
)


def test_these_noises_that_keep_the_mean_have_no_tweedie_formula_and_all_others_do():
    keeping = {name for name, family in NOISES.items() if family.preserves == "mean"}
    of_more_numbers = {
        "heteroscedastic",
        "heteroscedastic-shared",
        "multivariate-gaussian",
        "correlated",
        "poisson-gaussian",
    }
    of_another_law = {"laplace", "speckle", "uniform"}
    other = {"impulse", "impulse-channel", "salt-and-pepper", "dropout", "text", "rician"}
    without = of_more_numbers | of_another_law
    assert set(FAMILIES) == keeping - without == NOISES.keys() - without - other


@levels
def test_black_white_tiny_and_huge_pixels_and_scores_give_finite_pixels(family, level):
    noisy, score = SIGNED.view(1, 1, 1, -1), SIGNED.view(1, 1, -1, 1)
    for shape in ((), (1, 1, 1, 1)):
        found = family.tweedie(noisy, score, torch.full(shape, level))
        assert found.shape == (1, 1, SIGNED.numel(), SIGNED.numel())
        assert found.dtype == torch.float32
        assert torch.isfinite(found).all()
        if family.name != "gaussian":
            assert (found >= 0).all()


def double(value):
    return torch.tensor(value, dtype=torch.float64)


real = st.floats(width=32, allow_nan=False, allow_infinity=False)


@levels
@settings(max_examples=20, derandomize=True, deadline=None)
@given(noisy=st.lists(real, min_size=8, max_size=8), score=st.lists(real, min_size=8, max_size=8))
def test_any_pixels_and_scores_give_finite_pixels(family, level, noisy, score):
    found = family.tweedie(torch.tensor(noisy)[:, None], torch.tensor(score), torch.tensor(level))
    assert torch.isfinite(found).all()


def test_bernoulli_pixels_are_probabilities_whatever_the_score():
    found = bernoulli(SIGNED)
    assert ((found >= 0) & (found <= 1)).all()


@pytest.mark.parametrize("rho", [0.0, 0.5, 0.999999, 1.0, 1.000001, 2.0, 3.0])
@pytest.mark.parametrize("phi", [1e-7, 0.01, 10.0])
def test_any_tweedie_distribution_gives_finite_pixels_near_the_noisy_ones(rho, phi):
    noisy, score = SIGNED.view(1, -1), SIGNED.view(-1, 1)
    found = tweedie_distribution(noisy, score, torch.tensor(rho), torch.tensor(phi))
    assert torch.isfinite(found).all()
    assert (found >= 0).all()
    most = math.exp(guards.LARGEST_LOG_GAIN) * 1.001
    assert (found <= (most * noisy.clamp_min(0.0)).clamp_max(3.4028234e38)).all()


@pytest.mark.parametrize("family", FAMILIES.values(), ids=FAMILIES)
def test_a_score_that_is_not_a_number_is_not_hidden(family):
    level = torch.tensor(family.blind[0])
    assert family.tweedie(torch.tensor([0.5]), torch.tensor([math.nan]), level).isnan().all()


def test_the_bound_under_poisson_noise_bites_only_where_it_costs_nothing():
    gain = math.exp(guards.LARGEST_LOG_GAIN)
    counts = np.arange(0, 200)
    flat = np.exp(special.digamma(counts + 1))
    assert (stats.poisson.cdf(counts, gain * flat) < 1e-12).all()
    assert (flat / gain < 0.02 * counts + 0.0104).all()


@pytest.mark.parametrize("k", np.geomspace(1.0, 1e7, 40))
def test_the_bounds_under_gamma_and_weibull_noise_bite_in_fewer_than_one_pixel_in_2000(k):
    least = math.exp(-gamma.FAR / k**0.5 - gamma.FAR / k)
    assert stats.gamma.cdf(k * least, k) < 1 / 2000
    assert stats.expon.cdf(math.exp(-weibull.FAR)) < 1 / 2000
    if k <= Weibull.highest:
        found = Weibull().tweedie(double(1.0), double(1e6), double(k))
        most = special.gamma(1 + 1 / k) * math.exp(weibull.FAR / k)
        assert float(found) == pytest.approx(most, rel=1e-9)
    assert float(Gamma().tweedie(double(1.0), double(1e9), double(k))) == pytest.approx(1 / least)
