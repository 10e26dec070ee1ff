"""The coordinate of Poisson noise with read noise against the truth: rates of a known prior, the
exact score of their noisy values, and the exact posterior mean, by sums in float64."""

import math
from dataclasses import dataclass

import numpy as np
import pytest
import torch
from scipy import special, stats

from denoisebench.noise.anscombe import exact_inverse, forward
from denoisebench.noise.family import Noise
from denoisebench.noise_models.poisson_gaussian import PoissonGaussian
from noise2score.coordinates import coordinate_of
from noise2score.detector_coordinate import DARK

GAIN, OFFSET = 0.01, 0.1
READS = [0.0, 0.1, 0.3, 0.8, 2.0, 5.0]  # counts
PRIORS = [(0.5, 2), (2, 4), (2, 20), (8, 8), (8, 40), (20, 10), (60, 20), (60, 100)]
STEPS = np.linspace(-5.0, 5.0, 61)


def number(value):
    return torch.as_tensor(value, dtype=torch.float64)


def detector(sigma, gain=GAIN, offset=OFFSET, low=None, high=None):
    family = PoissonGaussian(255.0 * sigma * gain, offset)
    return coordinate_of(Noise(family, low or gain, high or gain), "own"), family


def blurred(v, z, mass, width):
    """At v, the score of masses at z blurred by N(0, width²)."""
    logs = np.log(np.maximum(mass, 1e-300)) - 0.5 * ((v[:, None] - z) / width) ** 2
    return (special.softmax(logs, axis=1) @ z - v) / width**2


@dataclass(frozen=True)
class Rates:
    """Counts with read noise sigma, whose rate is Gamma of a mean and shape."""

    mean: float
    alpha: float
    sigma: float

    def truth(self):
        """Noisy values in counts, their probabilities, E[x|y], and the mean of Var(x|y)."""
        rate = self.alpha / self.mean + 1
        spread = (self.mean + self.mean**2 / self.alpha) ** 0.5
        n = np.arange(int(self.mean + 9 * spread) + 10.0)
        chance = stats.nbinom.pmf(n, self.alpha, 1 - 1 / rate)
        y, joint = n, np.diag(chance)
        if self.sigma:
            y = np.linspace(-6 * self.sigma, n[-1] + 6 * self.sigma, 900)
            joint = chance * stats.norm.pdf(y[:, None], n, self.sigma) * (y[1] - y[0])
        mass = joint.sum(axis=1)
        y, joint, mass = y[mass > 1e-13], joint[mass > 1e-13], mass[mass > 1e-13]
        first, second = (
            joint @ (self.alpha + n) / rate,
            joint @ ((self.alpha + n) * (self.alpha + n + 1)) / rate**2,
        )
        return y, mass, first / mass, float((second - first**2 / mass).sum())

    def found(self, y, mass, *, bounds=(None, None), error=0.0):
        """The coordinate's x̂ in counts, from the exact blurred score and an error of it, in
        standard deviations of the noise."""
        coordinate, family = detector(self.sigma, low=bounds[0], high=bounds[1])
        level, noisy = number(GAIN), number(OFFSET + GAIN * y)
        z = coordinate.of(noisy).numpy()
        width = coordinate.span.end * float(coordinate.probe_unit(level))
        score = blurred(z, z, mass, width) + error / float(coordinate.unit(noisy, level))
        clean = coordinate.denoised(family, noisy, number(score), level, coordinate.span.end)
        return (clean.numpy() - OFFSET) / GAIN

    def excess_db(self, **changes):
        y, mass, mean, spread = self.truth()
        lost = mass @ (self.found(y, mass, **changes) - mean) ** 2
        return 10 * math.log10(1 + lost / spread)


@pytest.mark.parametrize("sigma", READS)
def test_beside_the_best_estimate_half_a_db_is_lost_at_most_at_any_count_and_read_noise(sigma):
    lost = {prior: Rates(*prior, sigma).excess_db() for prior in PRIORS}
    assert max(lost.values()) < 0.5, lost
    assert max(lost[prior] for prior in PRIORS if prior[0] >= 8) < 0.15, lost


@pytest.mark.parametrize("sigma", READS)
def test_an_error_of_the_score_moves_a_pixel_by_no_more_than_under_gaussian_noise(sigma):
    for prior in PRIORS:
        rates = Rates(*prior, sigma)
        y, mass, _, _ = rates.truth()
        moved = rates.found(y, mass, error=0.1) - rates.found(y, mass)
        noise = 0.1 * math.sqrt(rates.mean + sigma**2)
        assert math.sqrt(mass @ moved**2) < 1.5 * noise, prior


@pytest.mark.parametrize("sigma", READS)
def test_the_mean_of_all_pixels_is_at_most_an_eighth_of_the_noise_too_low(sigma):
    """As exp E[log x|y] of Poisson noise is: below E[x|y], by Jensen."""
    for prior in PRIORS:
        rates = Rates(*prior, sigma)
        y, mass, _, _ = rates.truth()
        moved = mass @ rates.found(y, mass) - rates.mean
        assert -0.12 < moved / math.sqrt(rates.mean + sigma**2) < 0.01, (prior, moved)


def test_noise_taken_to_be_even_along_anscombes_transform_loses_up_to_6_db():
    """Gaussian Tweedie along 2·√(n + 3/8 + σ²), and its unbiased inverse: what the table is for."""
    rates, probe = Rates(2, 20, 0.3), 0.35
    y, mass, mean, spread = rates.truth()
    z = forward(y, rates.sigma)
    seen = z + (1 + probe**2) * blurred(z, z, mass, probe)
    lost = mass @ (exact_inverse(seen, rates.sigma) - mean) ** 2
    assert 10 * math.log10(1 + lost / spread) > 2.0
    assert rates.excess_db() < 0.2


def test_a_range_of_gains_has_one_transform_and_loses_little_more():
    for sigma in (0.1, 0.8, 5.0):
        for prior in PRIORS:
            assert Rates(*prior, sigma).excess_db(bounds=(0.005, 0.1)) < 1.0, (sigma, prior)


@pytest.mark.parametrize("sigma", [0.0, 0.5, 5.0, 25.0, 100.0])
def test_in_a_flat_image_the_score_brings_each_pixel_back_to_its_value(sigma):
    """The score is then that of the noise: there is one x to find, and no bias to excuse."""
    coordinate, family = detector(sigma)
    level, probe = number(GAIN), coordinate.span.end
    for x in (0.5, 3.0, 30.0, 55.0, 90.0):
        n = np.arange(int(x + 10 * x**0.5) + 10.0)
        values = OFFSET + GAIN * (n[:, None] + sigma * STEPS)
        mass = (stats.poisson.pmf(n, x)[:, None] * stats.norm.pdf(STEPS)).ravel()
        spread = (x + sigma**2) ** 0.5
        counts = x + np.linspace(-2, 2, 9) * spread
        noisy = number(OFFSET + GAIN * counts[counts > -2 * sigma])
        at = coordinate.of(noisy).numpy()
        width = probe * float(coordinate.noise_std(level))
        score = number(blurred(at, coordinate.of(number(values)).numpy().ravel(), mass, width))
        found = coordinate.denoised(family, noisy, score, level, probe)
        away = ((found.numpy() - OFFSET) / GAIN - x) / spread
        assert np.abs(away).max() < 0.1, (x, away)


def test_the_transform_is_that_of_anscombe_and_no_two_pixels_share_a_value():
    coordinate, _ = detector(0.8)
    y = torch.linspace(OFFSET, 1.5, 50, dtype=torch.float64)
    counts = (y - OFFSET) / GAIN
    expected = forward(counts.numpy() + DARK - 0.375, 0.8) * GAIN**0.5
    torch.testing.assert_close(coordinate.of(y), number(expected))
    below = coordinate.of(torch.linspace(-2.0, 0.2, 500, dtype=torch.float64))
    assert (below.diff() > 0).all()
    assert (below.diff().diff() < 1e-9).all()


@pytest.mark.parametrize("read_255", [0.0, 2.0, 100.0])
def test_any_pixels_and_scores_give_finite_pixels_not_below_the_offset(read_255):
    family = PoissonGaussian(read_255, OFFSET)
    values = torch.tensor([0.0, 1e-38, 1e-4, 0.3, 1.0, 255.0, 1e7])
    values = torch.cat([values, -values])
    for gain in (1e-5, *family.blind, 10.0):
        coordinate = coordinate_of(Noise(family, gain, gain), "own")
        for probe in (0.0, 0.5):
            found = coordinate.denoised(family, values[:, None], values, torch.tensor(gain), probe)
            assert torch.isfinite(found).all()
            assert (found >= 0.999 * OFFSET).all()
    lost = coordinate.denoised(
        family, torch.tensor([0.5]), torch.tensor([math.nan]), torch.tensor(0.01), 0.5
    )
    assert lost.isnan().all()


@pytest.mark.parametrize("gain", [0.005, 0.01, 0.1])
def test_the_rough_gain_of_a_blind_network_is_near(gain):
    family = PoissonGaussian(2.0, 0.0)
    coordinate = coordinate_of(Noise(family, *family.blind), "own")
    clean = torch.full((1, 1, 128, 128), 0.5)
    rng = torch.Generator().manual_seed(0)
    noisy = family.resample(clean, torch.full((1, 1, 1, 1), gain), rng)
    assert float(coordinate.rough_level(coordinate.of(noisy))) == pytest.approx(gain, rel=0.3)
