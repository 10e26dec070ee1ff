"""Noise2Score's mathematics where it is known in closed form: on Gaussian data.

y ~ N(0, s²) seen through a probe of size a has the score −v/(s² + a²).
"""

import math
from dataclasses import dataclass

import pytest
import torch
from torch import nn

from denoisebench.noise.family import Noise
from denoisebench.noise_models.gaussian import Gaussian
from denoisebench.plugin.method import Batch, Model, Task, TrainingStep
from noise2score import Config, Noise2Score
from noise2score.coordinates import Additive
from noise2score.loss import ardae_loss, paired_ardae_loss

LOSSES = [ardae_loss, paired_ardae_loss]
METHOD = Noise2Score()
S, A = 0.5, 0.4  # of the data, of the probe


def rng(seed=0):
    return torch.Generator().manual_seed(seed)


def normal(*shape, seed=1):
    return torch.randn(shape, generator=rng(seed), dtype=torch.float64)


def column(*numbers):
    return torch.tensor(numbers, dtype=torch.float64).view(-1, 1, 1, 1)


def scaled(c, s=S, a=A):
    """c times the score of N(0, s²) blurred by a."""
    return lambda v: -c * v / (s**2 + a**2)


def loss_and_slope(loss, c, *, s=S, a=A, batch=1, side=1000):
    """The loss of each patch under c times the true score, and its derivative in c."""
    scale = torch.full((batch, 1, 1, 1), c, dtype=torch.float64, requires_grad=True)
    repeats = 2 if loss is paired_ardae_loss else 1
    y = s * normal(batch, 1, side, side)
    score = scaled(scale.repeat(repeats, 1, 1, 1), s, a)
    value = loss(score, y, column(*[a] * batch), rng())
    (slope,) = torch.autograd.grad(value.sum(), scale)
    return value.detach(), slope.flatten()


def expected_loss(c, s=S, a=A):
    """E (u + a·c·s(y + a·u))² = 1 − (2c − c²)·a²/(s² + a²)."""
    return 1.0 - (2 * c - c**2) * a**2 / (s**2 + a**2)


@pytest.mark.parametrize("loss", LOSSES)
@pytest.mark.parametrize("c", [0.0, 0.5, 1.0, 1.5])
def test_the_loss_on_gaussian_data_has_its_expected_value(loss, c):
    value, _ = loss_and_slope(loss, c)
    assert float(value) == pytest.approx(expected_loss(c), abs=0.008)


@pytest.mark.parametrize("loss", LOSSES)
def test_the_loss_is_least_at_the_score_of_the_blurred_data(loss):
    losses = {c: float(loss_and_slope(loss, c)[0]) for c in (0.8, 0.9, 1.0, 1.1, 1.2)}
    assert min(losses, key=losses.get) == 1.0
    assert abs(float(loss_and_slope(loss, 1.0)[1])) < 0.006
    assert float(loss_and_slope(loss, 0.8)[1]) == pytest.approx(
        -0.4 * A**2 / (S**2 + A**2), abs=0.006
    )


@pytest.mark.parametrize("loss", LOSSES)
def test_a_shifted_score_costs_its_square(loss):
    y, shift = S * normal(1, 1, 1000, 1000), 0.3
    moved = loss(lambda v: scaled(1.0)(v) + shift, y, column(A), rng())
    assert float(moved) - expected_loss(1.0) == pytest.approx((A * shift) ** 2, abs=0.003)


def test_the_paired_loss_of_a_linear_score_is_its_closed_form():
    """½·Σ± (u ± a·c·s(y ± a·u))² = u²·(1 − k·a)² + k²·y²,  k = c·a/(s² + a²)."""
    c, y = 0.7, S * normal(3, 2, 20, 30)
    u = torch.randn(y.shape, generator=rng()).double()
    k = c * A / (S**2 + A**2)
    expected = (u**2 * (1 - k * A) ** 2 + k**2 * y**2).mean(dim=(1, 2, 3))
    found = paired_ardae_loss(scaled(c), y, column(A, A, A), rng())
    assert torch.allclose(found, expected, rtol=1e-12, atol=0)


def test_the_paired_loss_is_the_mean_of_the_two_probes():
    y, u = normal(2, 1, 8, 8), torch.randn((2, 1, 8, 8), generator=rng()).double()

    def one_probe(sign):
        return (sign * u + A * torch.sin(y + sign * A * u)).square().mean(dim=(1, 2, 3))

    found = paired_ardae_loss(torch.sin, y, column(A, A), rng())
    assert torch.allclose(found, (one_probe(1) + one_probe(-1)) / 2, rtol=1e-12, atol=0)
    assert torch.allclose(
        ardae_loss(torch.sin, y, column(A, A), rng()), one_probe(1), rtol=1e-12, atol=0
    )


def test_at_a_small_probe_the_paired_loss_has_the_same_mean_and_far_less_spread_of_slopes():
    small = {"s": 1.0, "a": 0.01, "batch": 400, "side": 32}
    (one, slope_one), (two, slope_two) = (loss_and_slope(loss, 1.0, **small) for loss in LOSSES)
    assert float((one - two).mean()) == pytest.approx(0.0, abs=4 * float(one.std()) / 20)
    assert abs(float(slope_one.mean())) < 4 * float(slope_one.std()) / 20
    assert abs(float(slope_two.mean())) < 4 * float(slope_two.std()) / 20
    # one probe: 2a per pixel; a pair: 2a²·√(2 + 2)
    assert float(slope_one.std()) == pytest.approx(2 * 0.01 / 32, rel=0.15)
    assert float(slope_two.std()) == pytest.approx(4 * 0.01**2 / 32, rel=0.15)


@pytest.mark.parametrize("loss", LOSSES)
def test_each_patch_has_its_own_probe(loss):
    y = S * normal(1, 1, 400, 400).repeat(3, 1, 1, 1)
    sizes = column(0.05, 0.4, 2.0)
    values = loss(lambda v: -v / S**2, y, sizes, rng())
    for value, a in zip(values.tolist(), sizes.flatten().tolist(), strict=True):
        c = (S**2 + a**2) / S**2
        assert value == pytest.approx(expected_loss(c, a=a), rel=0.04)


WEIGHTS = {
    "bright": lambda v: 1.0 + 9.0 * torch.sigmoid(5.0 * v),
    "both ends": lambda v: 0.01 + v.square(),
    "dark": lambda v: torch.exp(-2.0 * v),
    "doubled": lambda v: torch.full_like(v, 2.0),
}


def fitted(loss, y, a, weight=torch.ones_like):
    """(k, d) of the score k·v + d where the loss, a parabola in both, is least."""

    def mean_loss(line):
        return loss(lambda v: line[0] * v + line[1], y, a, rng(), weight).mean()

    start = torch.zeros(2, dtype=torch.float64)
    slope = torch.autograd.functional.jacobian(mean_loss, start)
    curve = torch.autograd.functional.hessian(mean_loss, start)
    return (-torch.linalg.solve(curve, slope)).tolist()


@pytest.mark.parametrize("variance", [0.04, 0.25])
@pytest.mark.parametrize("loss", LOSSES)
def test_the_score_learned_from_gaussian_pixels_is_minus_y_over_their_variance_and_the_probes(
    loss, variance
):
    y = math.sqrt(variance) * normal(1, 1, 1000, 1000)
    k, d = fitted(loss, y, column(A))
    assert k == pytest.approx(-1 / (variance + A**2), rel=0.01)
    assert d == pytest.approx(0.0, abs=0.02)


@pytest.mark.parametrize("weight", WEIGHTS)
@pytest.mark.parametrize("loss", LOSSES)
def test_whatever_the_weight_the_loss_is_least_at_the_score_of_the_blurred_data(loss, weight):
    y = S * normal(1, 1, 1000, 1000)
    k, d = fitted(loss, y, column(A), WEIGHTS[weight])
    assert k == pytest.approx(-1 / (S**2 + A**2), rel=0.015)
    assert d == pytest.approx(0.0, abs=0.03)


@pytest.mark.parametrize("loss", LOSSES)
def test_a_weight_says_where_a_score_that_cannot_be_right_everywhere_is_right(loss):
    """A line, of pixels of two kinds far apart, crosses 0 at the kind that weighs."""
    y = S * normal(2, 1, 500, 1000) + column(-9.0, 9.0)
    for side in (-1.0, 1.0):
        k, d = fitted(loss, y, column(A, A), lambda v, s=side: torch.where(s * v > 0, 1.0, 1e-6))
        assert -d / k == pytest.approx(9.0 * side, abs=0.05)


@pytest.mark.parametrize("loss", LOSSES)
@pytest.mark.parametrize("shade", [0.0, 0.3])
def test_of_constant_images_under_gaussian_noise_the_learned_score_gives_the_constant(loss, shade):
    sigma, probe = 25 / 255, 0.2
    y = shade + sigma * normal(1, 1, 1000, 1000)
    k, d = fitted(loss, y, column(probe * sigma))
    found = Additive().denoised(Gaussian(), y, k * y + d, column(25.0), probe)
    assert float(found.mean()) == pytest.approx(shade, abs=1.5e-3)
    assert float((found - shade).abs().max()) < 0.03 * float((y - shade).abs().max())


def test_tweedie_on_a_gaussian_prior_is_the_posterior_mean():
    mean, prior_var, sigma = 0.4, 0.2**2, 25 / 255
    y = mean + 0.3 * normal(2, 3, 5, 7)
    score = -(y - mean) / (prior_var + sigma**2)
    posterior = (prior_var * y + sigma**2 * mean) / (prior_var + sigma**2)
    assert torch.allclose(Gaussian().tweedie(y, score, column(25.0)), posterior, rtol=1e-12, atol=0)


@dataclass(frozen=True)
class Prior:
    """Pixels drawn from N(mean, spread²), and what is known of them."""

    mean: float = 0.45
    spread: float = 0.2

    def network(self, variance):
        """What training would find, at σ = 25: the score of N(mean, variance)."""
        coordinate, ends = Additive(), torch.tensor([0.0, 1.0])
        zero, one = coordinate.seen(ends, torch.tensor(25.0)).tolist()
        unit = float(coordinate.unit(ends[:1], torch.tensor(25.0)))
        affine = nn.Conv2d(1, 1, 1).requires_grad_(False)
        affine.weight.fill_(-unit / variance / (one - zero))
        affine.bias.fill_(unit / variance * (self.mean + zero / (one - zero)))
        return affine


def model_of(network, probe_start=0.5, probe_end=0.2, **settings):
    noise = Noise(Gaussian(), 25.0, 25.0)
    config = Config(probe_start=probe_start, probe_end=probe_end, **settings)
    return Model(config, Task(noise, "known", 1), network)


@pytest.mark.parametrize(("height", "width"), [(33, 47), (64, 64), (1, 1), (5, 200)])
@pytest.mark.parametrize("probe_end", [0.1, 0.5])
def test_denoising_with_the_score_of_the_blurred_data_is_the_posterior_mean(
    height, width, probe_end
):
    """At variance σ² + a², a being the last probe: x̂ = (t²·y + (σ² + a²)·m)/(t² + σ² + a²)."""
    prior, sigma = Prior(), 25 / 255
    noise_var = sigma**2 * (1 + probe_end**2)
    network = prior.network(prior.spread**2 + noise_var)
    y = prior.mean + 0.3 * normal(1, 1, height, width).float()
    found = METHOD.denoise(model_of(network, probe_end=probe_end), y, 25.0)
    expected = (prior.spread**2 * y + noise_var * prior.mean) / (prior.spread**2 + noise_var)
    assert found.dtype == torch.float32
    assert torch.allclose(found, expected, atol=1e-6)


@pytest.mark.parametrize("probe", ["paired", "single"])
@pytest.mark.parametrize(("step", "share"), [(0, 0.5), (50, math.sqrt(0.1)), (100, 0.2)])
def test_the_methods_loss_is_least_at_the_true_score_for_the_probe_of_the_moment(
    probe, step, share
):
    """Two patches, the probe in units of each one's σ; a network of the right score at both."""
    sigma, prior = 25 / 255, Prior(spread=0.05)
    a = share * sigma
    total = prior.spread**2 + sigma**2
    y = prior.mean + math.sqrt(total) * normal(2, 1, 400, 400).float()
    batch = Batch(y, None, torch.full((2, 1, 1, 1), 25.0))
    model = model_of(prior.network(total + a**2), probe=probe)
    loss = METHOD.loss(model, batch, TrainingStep(step, 100, 2), rng())
    assert loss.shape == (2,)
    expected = expected_loss(1.0, math.sqrt(total), a)
    assert loss.tolist() == pytest.approx([expected] * 2, abs=0.015)
