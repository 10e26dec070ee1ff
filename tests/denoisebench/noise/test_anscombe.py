"""Anscombe's transform and its inverses, against exact means of the transform of Poisson counts."""

import math

import numpy as np
import pytest
from scipy.stats import norm, poisson

from denoisebench.noise.anscombe import (
    DARKEST,
    INVERSES,
    algebraic_inverse,
    asymptotic_inverse,
    denoise_poisson,
    exact_inverse,
    forward,
)

# x, E[D], std(D), and the inverses of E[D]: algebraic, asymptotic, closed form
TABLE = [
    (0.5, 1.7416, 0.683, 0.383, 0.633, 0.501),
    (1, 2.1869, 0.847, 0.821, 1.071, 0.996),
    (2, 2.9284, 0.961, 1.769, 2.019, 1.994),
    (3, 3.5379, 0.992, 2.754, 3.004, 2.998),
    (5, 4.5275, 1.001, 4.749, 4.999, 5.008),
    (10, 6.3639, 1.000, 9.750, 10.000, 10.017),
    (20, 8.9722, 1.000, 19.750, 20.000, 20.018),
    (50, 14.1598, 1.000, 49.750, 50.000, 50.015),
    (100, 20.0125, 1.000, 99.750, 100.000, 100.012),
]


def moments(x, sigma=0.0):
    """Mean and standard deviation of the transform of P(x) + N(0, σ²), by summing over its law."""
    counts = np.arange(math.ceil(x + 12.0 * math.sqrt(x) + 20.0), dtype=float)
    errors = np.linspace(-8.0, 8.0, 4001) if sigma else np.zeros(1)
    weights = norm.pdf(errors) / norm.pdf(errors).sum()
    d = forward(counts[:, None] + sigma * errors, sigma)
    law = poisson.pmf(counts, x)[:, None] * weights
    mean = float((law * d).sum())
    return mean, math.sqrt(float((law * (d - mean) ** 2).sum()))


def of(inverse, d, *arguments):
    return float(inverse(np.array([d]), *arguments)[0])


@pytest.mark.parametrize(("x", "mean", "std", "algebraic", "asymptotic", "closed"), TABLE)
def test_the_transform_of_counts_and_its_inverses_are_those_of_the_table(
    x, mean, std, algebraic, asymptotic, closed
):
    found_mean, found_std = moments(x)
    assert found_mean == pytest.approx(mean, abs=6e-5)
    assert found_std == pytest.approx(std, abs=6e-4)
    assert of(algebraic_inverse, found_mean) == pytest.approx(algebraic, abs=6e-4)
    assert of(asymptotic_inverse, found_mean) == pytest.approx(asymptotic, abs=6e-4)
    assert of(exact_inverse, found_mean) == pytest.approx(closed, abs=6e-4)


@pytest.mark.parametrize("x", [0.001, 0.05, 0.3, 0.8, 1.5, 4.0, 7.0, 16.0, 33.0, 75.0, 200.0])
def test_the_closed_form_is_within_a_fiftieth_count_of_the_exact_inverse(x):
    assert of(exact_inverse, moments(x)[0]) == pytest.approx(x, abs=0.0185)


@pytest.mark.parametrize(("x", "closed"), [(0.5, 0.470), (1, 0.970), (2, 1.978), (10, 10.016)])
def test_counts_with_read_noise_come_back_by_the_generalised_inverse(x, closed):
    mean, std = moments(x, 1.0)
    assert of(exact_inverse, mean, 1.0) == pytest.approx(closed, abs=2e-3)
    assert 0.99 < std < 1.045


@pytest.mark.parametrize("sigma", [0.5, 1.0, 3.0])
def test_bright_counts_with_read_noise_have_a_variance_of_one(sigma):
    assert moments(40.0, sigma)[1] == pytest.approx(1.0, abs=5e-3)


def test_the_exact_inverse_is_zero_up_to_the_transform_of_no_count_and_grows_above():
    assert of(forward, 0.0) == DARKEST
    dark = np.array([-3.0, 0.0, 0.01, 0.4, 1.0, DARKEST])
    assert np.abs(exact_inverse(dark)).max() < 1e-12
    above = exact_inverse(np.linspace(DARKEST, 40.0, 20001))
    assert (np.diff(above) > 0.0).all()


@pytest.mark.parametrize("inverse", INVERSES.values(), ids=INVERSES)
def test_no_inverse_is_negative_or_folds_what_is_below_zero_up(inverse):
    values = inverse(np.linspace(-10.0, 10.0, 401))
    assert values.min() == 0.0
    assert values[:200].max() < 1e-12
    assert (np.diff(values) >= 0.0).all()


@pytest.mark.parametrize("sigma", [0.0, 1.5])
def test_the_algebraic_inverse_undoes_the_transform(sigma):
    counts = np.array([[0.0, 0.25, 1.0], [7.0, 300.0, 1e7]])
    assert np.allclose(algebraic_inverse(forward(counts, sigma), sigma), counts, rtol=1e-12)


def test_what_is_below_the_domain_of_the_root_is_transformed_to_zero():
    assert forward(np.array([-0.375, -1.0, -50.0])).tolist() == [0.0, 0.0, 0.0]


@pytest.mark.parametrize(("x", "zeta"), [(0.5, 0.05), (2.0, 0.01), (10.0, 0.05)])
def test_a_flat_poisson_image_denoised_to_its_mean_is_unbiased_by_the_exact_inverse_alone(x, zeta):
    counts = np.random.default_rng(0).poisson(x, (512, 512)).astype(float)

    def flatten(d):
        return np.full_like(d, d.mean())

    found = {
        name: float(denoise_poisson(zeta * counts, zeta, flatten, name)[0, 0]) / zeta
        for name in INVERSES
    }
    assert found["exact"] == pytest.approx(x, abs=0.03)
    assert found["algebraic"] < x - 0.1
    if x < 1.0:
        assert found["asymptotic"] > x + 0.1


def test_poisson_noise_reaches_the_denoiser_with_a_standard_deviation_of_one():
    seen = []
    clean = np.repeat(np.linspace(3.0, 30.0, 8), 1 << 15)
    noisy = 0.02 * np.random.default_rng(0).poisson(clean)

    def look(d):
        seen.append(d.reshape(8, -1).std(axis=1))
        return d

    denoise_poisson(noisy, 0.02, look, "exact")
    assert np.abs(seen[0] - 1.0).max() < 0.02
