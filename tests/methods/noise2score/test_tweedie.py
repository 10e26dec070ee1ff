"""Tweedie's formulas against exact posteriors: pixels of three values, the density of what their
noise makes of them, and its derivative, all in float64."""

import math

import numpy as np
import pytest
import torch
from scipy import special, stats
from tweedie_forms import bernoulli, tweedie_distribution

from denoisebench.noise import overflow_guards as guards
from denoisebench.noise.family import ExponentialFamily
from denoisebench.noise_models import gamma, register_noise_models
from denoisebench.noise_models.gamma import Gamma
from denoisebench.noise_models.gaussian import Gaussian
from denoisebench.noise_models.poisson import Poisson
from denoisebench.noise_models.weibull import Weibull

VALUES = torch.tensor([0.2, 0.5, 0.9], dtype=torch.float64)
LOG_WEIGHTS = torch.tensor([0.5, 0.2, 0.3], dtype=torch.float64).log()
Y = torch.linspace(0.08, 1.4, 67, dtype=torch.float64)
EXACT = {"rtol": 1e-9, "atol": 0.0}
FAMILIES = {f.name: f for f in register_noise_models() if isinstance(f, ExponentialFamily)}


def number(value):
    return torch.tensor(value, dtype=torch.float64)


def posterior(log_likelihood, y=Y):
    """The score of y, and the weights of VALUES given y: (n,), (n, 3).

    log_likelihood(y, x): log p(y|x), up to what depends on neither.
    """
    y = y.clone().requires_grad_()
    joint = LOG_WEIGHTS + log_likelihood(y[:, None], VALUES)
    (score,) = torch.autograd.grad(joint.logsumexp(dim=1).sum(), y)
    return score, joint.detach().softmax(dim=1)


def mean(weights, values):
    return (weights * values).sum(dim=1)


def gaussian_law(sigma):
    return lambda y, x: -((y - x) ** 2) / (2 * sigma**2)


def poisson_law(zeta):
    """Poisson's law with Γ(n + 1) for n!, which gives counts between whole ones a density."""
    return lambda y, x: y / zeta * (x / zeta).log() - x / zeta - torch.lgamma(y / zeta + 1.0)


def gamma_law(k):
    return lambda y, x: (k - 1) * y.log() - k * x.log() - k * y / x


def weibull_law(k):
    scale = VALUES / special.gamma(1 + 1 / k)
    return lambda y, _: (k - 1) * y.log() - k * scale.log() - (y / scale) ** k


@pytest.mark.parametrize("sigma", [5.0, 25.0, 55.0])
def test_gaussian_noise_gives_the_posterior_mean(sigma):
    score, weights = posterior(gaussian_law(sigma / 255))
    found = Gaussian().tweedie(Y, score, number(sigma))
    assert torch.allclose(found, mean(weights, VALUES), **EXACT)


@pytest.mark.parametrize("zeta", [0.001, 0.01, 0.1, 0.5])
def test_poisson_noise_gives_the_exponential_of_the_mean_logarithm(zeta):
    y = torch.arange(round(1.2 / zeta) + 1, dtype=torch.float64) * zeta
    score, weights = posterior(poisson_law(zeta), y)
    plausible = (zeta * score).abs() < guards.LARGEST_LOG_GAIN
    assert plausible.double().mean() > 0.85
    found = Poisson().tweedie(y, score, number(zeta))[plausible]
    assert torch.allclose(found, mean(weights, VALUES.log()).exp()[plausible], **EXACT)


@pytest.mark.parametrize("k", [1.0, 1.5, 7.0, 40.0, 120.0])
def test_gamma_noise_gives_the_harmonic_mean(k):
    score, weights = posterior(gamma_law(k))
    found = Gamma().tweedie(Y, score, number(k))
    exact = 1 / mean(weights, 1 / VALUES)
    possible = exact / Y < math.exp(gamma.FAR / k**0.5 + gamma.FAR / k)
    assert possible.double().mean() > 0.9
    assert torch.allclose(found[possible], exact[possible], **EXACT)


def test_exponential_noise_gives_the_inverse_of_the_score():
    score, weights = posterior(lambda y, x: -x.log() - y / x)
    found = FAMILIES["exponential"].tweedie(Y, score, number(1.0))
    assert torch.allclose(found, 1 / mean(weights, 1 / VALUES), **EXACT)
    assert torch.allclose(found, -1 / score, **EXACT)


@pytest.mark.parametrize("nu", [2, 5, 14])
def test_chi_square_noise_gives_the_harmonic_mean(nu):
    """y·ν/x follows χ²(ν): the density is SciPy's, its derivative that of the formula."""
    law = gamma_law(nu / 2)
    ours = law(Y[:, None], VALUES) - law(Y[:1, None], VALUES)
    theirs = stats.chi2.logpdf((Y[:, None] * nu / VALUES).numpy(), nu)
    assert np.allclose(ours.numpy(), theirs - theirs[:1])
    score, weights = posterior(law)
    found = FAMILIES["chi2"].tweedie(Y, score, number(float(nu)))
    assert torch.allclose(found, 1 / mean(weights, 1 / VALUES), **EXACT)


@pytest.mark.parametrize("k", [1.0, 1.7, 2.0, 5.0])
def test_weibull_noise_gives_the_power_mean_of_order_minus_k(k):
    score, weights = posterior(weibull_law(k))
    found = Weibull().tweedie(Y, score, number(k))
    assert torch.allclose(found, mean(weights, VALUES**-k) ** (-1 / k), **EXACT)


def test_rayleigh_noise_gives_the_root_of_the_inverse_mean_inverse_square():
    """In terms of Rayleigh's own scale r: r̂² = y²/(1 − y·s), and x = r·√(π/2)."""
    scale = VALUES / math.sqrt(math.pi / 2)
    score, weights = posterior(lambda y, _: y.log() - 2 * scale.log() - y**2 / (2 * scale**2))
    found = FAMILIES["rayleigh"].tweedie(Y, score, number(2.0))
    assert torch.allclose(found, mean(weights, VALUES**-2) ** -0.5, **EXACT)
    assert torch.allclose(found, math.sqrt(math.pi / 2) * Y / (1 - Y * score).sqrt(), **EXACT)


def test_weibull_noise_of_shape_1_is_gamma_noise_of_shape_1():
    score, _ = posterior(gamma_law(1.0))
    ours, theirs = (family.tweedie(Y, score, number(1.0)) for family in (Weibull(), Gamma()))
    assert torch.allclose(ours, theirs, **EXACT)


def test_bernoulli_pixels_give_the_mean_log_odds():
    y = torch.linspace(0, 1, 11, dtype=torch.float64)
    score, weights = posterior(lambda y, x: y * x.log() + (1 - y) * (1 - x).log(), y)
    expected = mean(weights, VALUES.logit()).sigmoid()
    assert torch.allclose(bernoulli(score), expected, **EXACT)


@pytest.mark.parametrize("phi", [0.005, 0.05, 0.2])
def test_rho_3_is_exact_for_inverse_gaussian_noise(phi):
    """Mean x, variance φ·x³; the formula gives the power mean of order −2."""
    score, weights = posterior(lambda y, x: -1.5 * y.log() - (y - x) ** 2 / (2 * phi * x**2 * y))
    found = tweedie_distribution(Y, score, number(3.0), number(phi))
    assert torch.allclose(found, mean(weights, VALUES**-2) ** -0.5, **EXACT)


def test_rho_0_and_2_are_the_formulas_of_gaussian_and_gamma_noise():
    sigma, k = 25.0, 40.0
    score, _ = posterior(gaussian_law(sigma / 255))
    ours = tweedie_distribution(Y, score, number(0.0), number((sigma / 255) ** 2))
    assert torch.allclose(ours, Gaussian().tweedie(Y, score, number(sigma)), **EXACT)
    score, _ = posterior(gamma_law(k), Y[10:])
    ours = tweedie_distribution(Y[10:], score, number(2.0), number(1 / k))
    assert torch.allclose(ours, Gamma().tweedie(Y[10:], score, number(k)), **EXACT)


def test_rho_1_is_the_formula_of_poisson_noise_with_stirlings_factorial():
    """exp(1/(2n)) stands for exp ψ(n + 1)/n: 1/(12·n²) more at a large count n."""
    zeta = 0.01
    y = torch.arange(5, 121, dtype=torch.float64) * zeta
    score, _ = posterior(poisson_law(zeta), y)
    ours = tweedie_distribution(y, score, number(1.0), number(zeta))
    assert torch.allclose(ours, y * (zeta / (2 * y) + zeta * score).exp(), **EXACT)
    excess = ours / Poisson().tweedie(y, score, number(zeta)) - 1
    assert float(excess.abs().max()) < 0.01
    assert torch.allclose(excess[20:] * (y[20:] / zeta) ** 2, number(1 / 12), rtol=0.1)


@pytest.mark.parametrize("off", [1e-15, -1e-13, 1e-11, -1e-9])
def test_rho_near_1_is_as_accurate_as_rho_1(off):
    score, _ = posterior(gaussian_law(0.1))
    near, limit = (tweedie_distribution(Y, score, number(r), number(0.01)) for r in (1 + off, 1.0))
    assert torch.allclose(near, limit, rtol=20 * abs(off) + 1e-14, atol=0)


def test_the_papers_half_a_count_is_at_most_0_0615_counts_and_11_percent_too_little():
    zeta = number(0.01)
    counts = torch.linspace(0, 1000, 20_001, dtype=torch.float64)
    exact = Poisson().tweedie(counts * zeta, torch.zeros(()), zeta) / zeta
    short = exact - (counts + 0.5)
    assert float(short[0]) == pytest.approx(math.exp(-np.euler_gamma) - 0.5, rel=1e-9)
    assert 0.0614 < float(short.max()) < 0.0615
    assert 0.109 < float((short / exact).max()) < 0.11
    assert (short > 0).all()
    assert (short.diff() < 0).all()


def test_float32_is_enough_for_every_formula():
    score, _ = posterior(gaussian_law(0.2))
    for family in FAMILIES.values():
        for level in family.blind:
            exact = family.tweedie(Y, score, number(level))
            found = family.tweedie(Y.float(), score.float(), torch.tensor(level))
            assert found.dtype == torch.float32
            assert torch.allclose(found.double(), exact, rtol=1e-5, atol=1e-7)
