"""Each coordinate's estimate against the truth: pixels of a known prior, the exact score of their
noisy values blurred by the last probe, and the exact posterior mean, all by sums in float64.

Errors are in dB of mean squared error above that of the posterior mean, weighted by p(y).
"""

import math
from dataclasses import dataclass

import numpy as np
import pytest
import torch
from scipy import special, stats

from denoisebench.noise.family import Noise
from denoisebench.noise_models.gamma import Gamma
from denoisebench.noise_models.gaussian import Gaussian
from denoisebench.noise_models.poisson import Poisson
from denoisebench.noise_models.weibull import Weibull
from noise2score.coordinates import Additive, Counts, coordinate_of

FAMILIES = {family.name: family for family in (Gaussian(), Poisson(), Gamma(), Weibull())}


def number(value):
    return torch.as_tensor(value, dtype=torch.float64)


def gamma_prior(mean, alpha, count=60):
    """As many equally likely values: the quantiles of a Gamma law."""
    quantiles = (np.arange(count) + 0.5) / count
    return stats.gamma.ppf(quantiles, alpha, scale=mean / alpha), np.full(count, 1.0 / count)


THREE = (np.array([0.2, 0.5, 0.9]), np.array([0.5, 0.2, 0.3]))


def blurred_score(v, z, mass, width):
    """At v, the score of masses at z blurred by N(0, width²): (E[z|v] − v)/width²."""
    logs = np.log(np.maximum(mass, 1e-300)) - 0.5 * ((v[:, None] - z) / width) ** 2
    weights = special.softmax(logs, axis=1)
    return (weights @ z - v) / width**2


@dataclass(frozen=True)
class Truth:
    """Noisy values, their probabilities, and what is exactly known of the clean value."""

    y: np.ndarray
    mass: np.ndarray
    posterior: np.ndarray  # (values of y, values of x)
    x: np.ndarray

    @property
    def mean(self):
        return self.posterior @ self.x

    def excess_db(self, found):
        spread = self.posterior @ self.x**2 - self.mean**2
        lost = self.mass @ (np.asarray(found) - self.mean) ** 2
        return 10 * math.log10(1 + lost / (self.mass @ spread))

    def estimate(self, name, level, probe=None, *, told=True):
        """The coordinate's x̂ from the exact blurred score.  told: whether it knows the probe."""
        coordinate = coordinate_of(Noise(FAMILIES[name], level, level), "own")
        level = number(level)
        probe = coordinate.span.end if probe is None else probe
        z = coordinate.of(number(self.y)).numpy()
        width = probe * float(coordinate.probe_unit(level))
        score = number(blurred_score(z, z, self.mass, width))
        y, probe = number(self.y), probe if told else 0.0
        return coordinate.denoised(FAMILIES[name], y, score, level, probe).numpy()


def truth_of(y, width, log_likelihood, prior):
    """width: of each y's cell; log_likelihood: of y (n, 1) given x (m,)."""
    x, weights = prior
    joint = log_likelihood(y[:, None], x) + np.log(weights)
    mass = width * np.exp(special.logsumexp(joint, axis=1))
    assert mass.sum() == pytest.approx(1.0, abs=0.003)
    return Truth(y, mass, special.softmax(joint, axis=1), x)


def gaussian_truth(sigma, prior):
    s = sigma / 255
    y = np.linspace(prior[0].min() - 6 * s, prior[0].max() + 6 * s, 500)
    return truth_of(y, y[1] - y[0], lambda y, x: stats.norm.logpdf(y, x, s), prior)


def product_truth(name, k, prior):
    """Gamma or Weibull noise, on a grid even in log y."""
    factor = stats.gamma(k, scale=1 / k)
    if name == "weibull":
        factor = stats.weibull_min(k, scale=1 / special.gamma(1 + 1 / k))
    low, high = factor.ppf([1e-5, 1 - 1e-9])
    log_y = np.linspace(*np.log([prior[0].min() * low, prior[0].max() * high]), 500)
    y = np.exp(log_y)

    def gamma_law(y, x):
        return k * np.log(k * y / x) - k * y / x - special.gammaln(k) - np.log(y)

    def weibull_law(y, x):
        r = np.log(y / x) + special.gammaln(1 + 1 / k)
        return np.log(k) + k * r - np.exp(k * r) - np.log(y)

    law = gamma_law if name == "gamma" else weibull_law
    return truth_of(y, y * (log_y[1] - log_y[0]), law, prior)


@pytest.mark.parametrize("sigma", [5.0, 25.0, 55.0])
@pytest.mark.parametrize("probe", [0.1, 0.5])
def test_of_gaussian_pixels_the_estimate_is_the_posterior_mean_under_noise_and_probe(sigma, probe):
    mean, spread, level = 0.45, 0.2, number(sigma)
    y = torch.linspace(-0.5, 1.5, 41, dtype=torch.float64)
    noise = (sigma / 255) ** 2 * (1 + probe**2)
    score = -(y - mean) / (spread**2 + noise)
    found = Additive().denoised(Gaussian(), y, score, level, probe)
    expected = (spread**2 * y + noise * mean) / (spread**2 + noise)
    assert torch.allclose(found, expected, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize(
    ("prior", "sigma"),
    [(THREE, 25), (THREE, 55)]
    + [(gamma_prior(0.4, alpha, 200), sigma) for alpha in (4, 20, 100) for sigma in (25, 55)],
)
def test_under_gaussian_noise_at_most_a_hundredth_of_a_db_is_lost(prior, sigma):
    truth = gaussian_truth(sigma, prior)
    assert truth.excess_db(truth.estimate("gaussian", sigma)) < 0.01


def test_under_gaussian_noise_a_probe_that_is_not_told_costs_a_tenth_of_a_db():
    truth = gaussian_truth(55, gamma_prior(0.4, 100, 200))
    assert 0.1 < truth.excess_db(truth.estimate("gaussian", 55, told=False)) < 0.3


COUNTS = [(2, 4), (2, 20), (8, 8), (8, 40), (8, 160), (20, 10), (20, 100)]
ZETA = 0.01


@dataclass(frozen=True)
class Rates:
    """Counts whose rate is Gamma of a mean and shape: everything is known in closed form."""

    mean: float
    alpha: float

    @property
    def per_count(self):
        return self.alpha / self.mean + 1

    @property
    def counts(self):
        spread = (self.mean + self.mean**2 / self.alpha) ** 0.5
        return np.arange(int(self.mean + 12 * spread) + 10.0)

    @property
    def mass(self):
        return stats.nbinom.pmf(self.counts, self.alpha, 1 - 1 / self.per_count)

    def excess_db(self, probe, told=True):
        n, mass = self.counts, self.mass
        score = blurred_score(n, n, mass, probe)
        y, level = number(n * ZETA), number(ZETA)
        told_probe = probe if told else 0.0
        found = Counts().denoised(Poisson(), y, number(score / ZETA), level, told_probe) / ZETA
        lost = mass @ (found.numpy() - (self.alpha + n) / self.per_count) ** 2
        return 10 * math.log10(1 + lost / (mass @ (self.alpha + n)) * self.per_count**2)


def test_of_counts_0_13_db_is_lost_beside_the_best_estimate_at_a_last_probe_of_0_7():
    lost = {case: Rates(*case).excess_db(0.7) for case in COUNTS}
    assert max(lost.values()) == pytest.approx(0.13, abs=0.01), lost


def test_of_counts_the_last_probe_loses_at_most_a_fifth_of_a_db_as_it_is_set():
    lost = {case: Rates(*case).excess_db(Counts().span.end) for case in COUNTS}
    assert max(lost.values()) < 0.2, lost


def test_of_counts_the_plain_formula_loses_up_to_0_9_db():
    lost = {case: Rates(*case).excess_db(0.7, told=False) for case in COUNTS}
    assert max(lost.values()) == pytest.approx(0.9, abs=0.05), lost


def test_of_counts_a_last_probe_of_half_a_count_loses_up_to_1_5_db_and_2_0_by_the_plain_formula():
    told = {case: Rates(*case).excess_db(0.5) for case in COUNTS}
    plain = {case: Rates(*case).excess_db(0.5, told=False) for case in COUNTS}
    assert max(told.values()) == pytest.approx(1.5, abs=0.05), told
    assert max(plain.values()) == pytest.approx(2.0, abs=0.05), plain


def harmonic(truth, k):
    """What Tweedie's formula is exactly under Gamma (k = 1) and Weibull noise: E[x^−k|y]^(−1/k)."""
    logs = np.log(np.maximum(truth.posterior, 1e-300)) - k * np.log(truth.x)
    return np.exp(-special.logsumexp(logs, axis=1) / k)


PRODUCTS = [("gamma", k) for k in (1.0, 2.0, 5.0, 40.0, 120.0)] + [
    ("weibull", k) for k in (2.0, 5.0, 20.0)
]


@pytest.mark.parametrize("alpha", [4, 20, 100])
@pytest.mark.parametrize(("name", "k"), PRODUCTS)
def test_noise_that_multiplies_loses_a_quarter_of_a_db_beside_exact_tweedie(name, k, alpha):
    truth = product_truth(name, k, gamma_prior(0.4, alpha))
    exact = harmonic(truth, 1.0 if name == "gamma" else k)
    found = truth.estimate(name, k)
    assert truth.excess_db(found) < truth.excess_db(exact) + 0.25


@pytest.mark.parametrize(("name", "k"), [("gamma", 40.0), ("gamma", 120.0), ("weibull", 20.0)])
def test_with_a_small_probe_it_is_exact_tweedie_of_the_noise(name, k):
    truth = product_truth(name, k, gamma_prior(0.4, 20))
    exact, found = harmonic(truth, 1.0 if name == "gamma" else k), truth.estimate(name, k, 0.05)
    assert math.sqrt(truth.mass @ (found / exact - 1) ** 2) < 0.005
