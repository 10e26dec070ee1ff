"""Random draws against SciPy and theory: the keyed streams, and what is drawn on the device."""

import numpy as np
import pytest
import torch
from scipy import special, stats

from denoisebench.noise.stream import Stream, exp, log, log_gamma, normal_quantile
from denoisebench.noise_models.gamma import Gamma
from denoisebench.noise_models.gaussian import Gaussian
from denoisebench.noise_models.poisson import Poisson
from denoisebench.noise_models.weibull import Weibull

DRAWS = 50_000
ALARM = 1e-3  # the seeds are fixed: a test that passes once passes always
SIDE = 200
CASES = [
    (Gaussian(), [5.0, 25.0, 55.0], lambda _, sigma: (sigma / 255) ** 2),
    (Poisson(), [0.005, 0.1, 0.5], lambda x, zeta: zeta * x),
    (Gamma(), [1.0, 40.0, 120.0], lambda x, k: x**2 / k),
    (Weibull(), [1.0, 2.0, 20.0], lambda x, k: x**2 * weibull(k).var()),
]


def weibull(k):
    """Weibull's law of mean 1."""
    return stats.weibull_min(k, scale=1 / special.gamma(1 + 1 / k))


families = pytest.mark.parametrize(("family", "levels", "variance"), CASES)


def relative_error(ours, theirs):
    return np.max(np.abs(ours - theirs) / np.maximum(np.abs(theirs), 1e-300))


def test_the_normal_quantile_is_that_of_scipy_to_14_digits():
    rng = np.random.default_rng(0)
    tails = 10.0 ** rng.uniform(-15.9, -0.31, 20_000)
    u = np.concatenate([rng.random(20_000), tails, 1.0 - tails, [2.0**-53, 1 - 2.0**-53, 0.25]])
    assert relative_error(normal_quantile(u), stats.norm.ppf(u)) < 1e-14
    assert normal_quantile(np.array([0.5]))[0] == 0.0


def test_the_normal_quantile_inverts_the_distribution_function_where_it_is_well_known():
    z = np.array([-3.0, -1.0, 0.0, 1.0, 1.959963984540054])
    assert normal_quantile(stats.norm.cdf(z)) == pytest.approx(z, rel=1e-13, abs=1e-15)


def test_the_logarithm_is_that_of_numpy_to_three_units_in_the_last_place():
    rng = np.random.default_rng(0)
    near_one = 1.0 + rng.uniform(-0.4, 0.6, 20_000)
    x = np.concatenate([10.0 ** rng.uniform(-300, 300, 20_000), near_one, [2.0**-53, 0.5, 2.0]])
    assert relative_error(log(x), np.log(x)) <= 5e-16
    assert log(np.array([1.0]))[0] == 0.0


def test_the_exponential_is_that_of_numpy_to_the_last_digit():
    rng = np.random.default_rng(0)
    x = np.concatenate([rng.uniform(-700, 700, 20_000), rng.uniform(-1, 1, 20_000), [-700.0, 1.0]])
    assert relative_error(exp(x), np.exp(x)) <= 4e-16
    assert exp(np.array([0.0]))[0] == 1.0


def test_the_logarithm_of_gamma_is_that_of_scipy():
    x = np.concatenate([np.linspace(1.0, 2.0, 1001), np.geomspace(1e-3, 1e6, 1000)])
    theirs = special.gammaln(x)
    assert (np.abs(log_gamma(x) - theirs) / np.maximum(np.abs(theirs), 1.0)).max() < 1e-13


def test_uniforms_are_uniform_and_never_0_or_1():
    u = Stream("uniform").uniform(DRAWS)
    assert u.min() > 0.0
    assert u.max() < 1.0
    assert stats.kstest(u, "uniform").pvalue > ALARM


def test_normals_are_normal():
    z = Stream("normal").normal(4 * DRAWS)
    assert stats.kstest(z, "norm").pvalue > ALARM
    assert abs(np.corrcoef(z[:-1], z[1:])[0, 1]) < 5 / np.sqrt(z.size)


@pytest.mark.parametrize("shape", [1.0, 1.5, 2.0, 10.0, 40.0, 100.0, 1000.0])
def test_gammas_follow_the_gamma_distribution(shape):
    g = Stream("gamma", str(shape)).gamma(shape, DRAWS)
    assert g.shape == (DRAWS,)
    assert stats.kstest(g, stats.gamma(shape).cdf).pvalue > ALARM


@pytest.mark.parametrize("shape", [1.0, 1.5, 2.0, 20.0, 1000.0])
def test_weibulls_follow_the_weibull_distribution(shape):
    w = Stream("weibull", str(shape)).weibull(shape, DRAWS)
    assert w.shape == (DRAWS,)
    assert stats.kstest(w, stats.weibull_min(shape).cdf).pvalue > ALARM


def chi_square(counts, law):
    """p-value that whole numbers follow `law`, over bins of at least 20 expected."""
    low, high = int(law.ppf(1e-9)), int(law.ppf(1 - 1e-9))
    edges, mass = [], 0.0
    for k in np.unique(np.linspace(low, high, min(high - low + 1, 400)).astype(int)):
        if (law.cdf(k) - mass) * counts.size >= 20 and law.sf(k) * counts.size >= 20:
            edges.append(k)
            mass = law.cdf(k)
    expected = np.diff([0.0, *law.cdf(edges), 1.0]) * counts.size
    observed = np.bincount(np.searchsorted(edges, counts), minlength=len(edges) + 1)
    assert len(edges) >= 2
    return stats.chisquare(observed, expected).pvalue


@pytest.mark.parametrize("rate", [0.05, 0.5, 1.0, 3.7, 9.99, 10.0, 10.5, 30.0, 100.0, 1e3, 1e4])
def test_poissons_follow_the_poisson_distribution(rate):
    k = Stream("poisson", str(rate)).poisson(np.full(DRAWS, rate))
    assert (k == np.floor(k)).all()
    assert k.min() >= 0
    assert chi_square(k, stats.poisson(rate)) > ALARM


def test_the_poisson_of_each_pixel_has_the_rate_of_that_pixel():
    rates = np.array([0.0, 0.3, 5.0, 9.999, 10.0, 40.0, 2000.0])
    k = Stream("mixed").poisson(np.tile(rates, 20_000)).reshape(-1, rates.size)
    assert (k[:, 0] == 0).all()
    assert np.abs(k.mean(axis=0) - rates).max() < 5 * np.sqrt(2000 / 20_000)
    spread = 5 * np.sqrt(rates / 20_000)
    assert (np.abs(k.mean(axis=0) - rates) <= spread).all()
    assert k.var(axis=0)[1:] == pytest.approx(rates[1:], rel=0.1)


def test_a_very_large_rate_and_rate_0_are_sampled():
    assert (Stream("black").poisson(np.zeros(1000)) == 0).all()
    k = Stream("bright").poisson(np.full(10_000, 1e9))
    assert np.isfinite(k).all()
    assert abs(k.mean() - 1e9) < 5 * np.sqrt(1e9 / 10_000)


def test_one_key_names_one_stream():
    assert (Stream("a", "b").uniform(100) == Stream("a", "b").uniform(100)).all()


@pytest.mark.parametrize("other", [("a",), ("b", "a"), ("a", "b", ""), ("a", "c"), ("ab",)])
def test_streams_with_other_keys_differ_and_are_not_correlated(other):
    ours, theirs = Stream("a", "b").uniform(DRAWS), Stream(*other).uniform(DRAWS)
    assert not (ours == theirs).any()
    assert abs(np.corrcoef(ours, theirs)[0, 1]) < 5 / np.sqrt(DRAWS)


def test_draws_from_one_stream_go_on_and_do_not_repeat():
    stream = Stream("a")
    assert not np.isin(stream.uniform(1000), stream.uniform(1000)).any()


@pytest.mark.parametrize("draw", ["normal", "gamma", "weibull"])
def test_more_draws_begin_with_the_same_numbers(draw):
    def draws(n):
        stream = Stream("blocks")
        return stream.normal(n) if draw == "normal" else getattr(stream, draw)(3.0, n)

    block = 1 << 13
    assert (draws(block) == draws(3 * block + 5)[:block]).all()


def rng(seed=0):
    return torch.Generator().manual_seed(seed)


def patches(value, count=3):
    return torch.full((count, 1, SIDE, SIDE), value)


def column(levels):
    return torch.tensor(levels).view(-1, 1, 1, 1)


@families
@pytest.mark.parametrize("value", [0.2, 0.8])
def test_each_patch_has_the_mean_and_variance_of_its_own_level(family, levels, variance, value):
    noisy = family.resample(patches(value), column(levels), rng())
    assert noisy.shape == (3, 1, SIDE, SIDE)
    assert noisy.dtype == torch.float32
    for patch, level in zip(noisy.double(), levels, strict=True):
        expected = variance(value, level)
        assert abs(float(patch.mean()) - value) < 4 * expected**0.5 / SIDE
        assert float(patch.var()) == pytest.approx(expected, rel=0.06)


@families
def test_fresh_draws_follow_the_law_of_the_fixed_ones(family, levels, variance):
    """Skewness tells the families apart: 0, √(ζ/x), that of Weibull's law, 2/√k."""
    del variance
    skews = {
        "gaussian": lambda _: 0.0,
        "poisson": lambda z: (z / 0.5) ** 0.5,
        "weibull": lambda k: float(weibull(k).stats("s")),
    }
    skew = skews.get(family.name, lambda k: 2 / k**0.5)
    noisy = family.resample(patches(0.5), column(levels), rng()).double().flatten(1)
    z = (noisy - noisy.mean(1, keepdim=True)) / noisy.std(1, keepdim=True)
    for found, level in zip((z**3).mean(1).tolist(), levels, strict=True):
        assert found == pytest.approx(skew(level), abs=0.06 if skew(level) < 1 else 0.25)


@families
@pytest.mark.parametrize("value", [0.0, 1.0])
def test_black_and_white_patches_stay_finite(family, levels, variance, value):
    del variance
    assert torch.isfinite(family.resample(patches(value), column(levels), rng())).all()


@families
def test_the_generator_alone_decides(family, levels, variance):
    del variance
    first = family.resample(patches(0.5), column(levels), rng(1))
    assert torch.equal(family.resample(patches(0.5), column(levels), rng(1)), first)
    other = family.resample(patches(0.5), column(levels), rng(2))
    assert not torch.equal(other, first)
