"""SURE is unbiased where the mathematics says so, biased by the stated amount where it is not, and
the same as the paired loss of Noise2Score in the limit of small probes."""

import math

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from gradients import check_gradient
from scipy.stats import norm
from torch import nn

from denoisebench.nn.unet import UNet
from noise2score.loss import paired_ardae_loss
from unbiased_risk.probes import pixel_mean
from unbiased_risk.sure import sure

SIGMA = 0.1
DRAWS = 400
SIDE = 24


def rng(seed=0):
    return torch.Generator().manual_seed(seed)


def noisy_images(seed=0, side=SIDE):
    """One clean image (1, 1, H, W) and DRAWS noisy copies of it, in double precision."""
    ramp = torch.linspace(0.0, 1.0, side, dtype=torch.float64)
    clean = (0.5 + 0.3 * torch.sin(7.0 * ramp).outer(torch.cos(5.0 * ramp))).view(1, 1, side, side)
    noise = torch.randn((DRAWS, 1, side, side), generator=rng(seed), dtype=torch.float64)
    return clean, clean + SIGMA * noise


def column(value, count=DRAWS):
    return torch.full((count, 1, 1, 1), value, dtype=torch.float64)


def circular(h, c=0.0):
    """Circular convolution with h (3, 3), and a constant."""

    def f(y):
        wrapped = F.pad(y, (1, 1, 1, 1), mode="circular")
        return F.conv2d(wrapped, h.to(y.dtype).view(1, 1, 3, 3)) + c

    return f


LOPSIDED = torch.tensor([[0.05, 0.1, 0.0], [0.2, 0.4, 0.1], [-0.1, 0.15, 0.05]])


def soft(threshold):
    return lambda y: y.sign() * (y.abs() - threshold).clamp_min(0.0)


def smoothed(y):
    """What stays of a cross-shaped mean's detail after a soft threshold."""
    mean = circular(torch.tensor([[0.0, 0.2, 0.0], [0.2, 0.2, 0.2], [0.0, 0.2, 0.0]]))(y)
    return mean + soft(SIGMA)(y - mean)


def tanh_detail(y):
    mean = circular(torch.full((3, 3), 1.0 / 9.0))(y)
    return mean + 0.15 * torch.tanh((y - mean) / 0.15)


def excess(f, epsilon, seed=0):
    """SURE less the true squared error, DRAWS times; epsilon in σ."""
    clean, noisy = noisy_images(seed)
    told = sure(f, noisy, column(SIGMA), column(epsilon * SIGMA), rng(seed + 1))
    return told - pixel_mean((f(noisy) - clean).square())


def error_of_mean(values):
    return float(values.std()) / math.sqrt(len(values))


@pytest.mark.parametrize("epsilon", [0.036, 0.3, 1.0])
def test_it_is_unbiased_for_a_linear_filter_whatever_the_probe(epsilon):
    values = excess(circular(LOPSIDED, 0.02), epsilon)
    assert abs(float(values.mean())) < 4 * error_of_mean(values)
    assert error_of_mean(values) < 5e-5  # the squared error is 2.7e-3


@pytest.mark.parametrize("f", [tanh_detail, smoothed])
@pytest.mark.parametrize("epsilon", [0.01, 0.036])
def test_it_is_unbiased_for_a_nonlinear_denoiser_and_a_small_probe(f, epsilon):
    values = excess(f, epsilon)
    assert abs(float(values.mean())) < 4 * error_of_mean(values)
    assert error_of_mean(values) < 5e-5


def test_its_mean_is_the_squared_error_of_a_linear_filter_known_in_advance():
    clean, noisy = noisy_images()
    told = sure(circular(LOPSIDED, 0.02), noisy, column(SIGMA), column(0.0036), rng(1))
    bias = pixel_mean((circular(LOPSIDED, 0.02)(clean) - clean).square())
    expected = float(bias) + SIGMA**2 * float(LOPSIDED.square().sum())
    assert abs(float(told.mean()) - expected) < 4 * error_of_mean(told)


@pytest.mark.parametrize("epsilon", [0.5, 1.0])
def test_a_large_probe_biases_a_soft_threshold_by_what_its_blurred_slope_says(epsilon):
    """With a probe of size ε the slope at y is the mean slope over y ± ε; clean image 0."""
    noise = torch.randn((DRAWS, 1, 32, 32), generator=rng(), dtype=torch.float64)
    told = sure(soft(SIGMA), SIGMA * noise, column(SIGMA), column(epsilon * SIGMA), rng(1))
    values = told - pixel_mean(soft(SIGMA)(SIGMA * noise).square())
    moves = (np.arange(2000) + 0.5) / 1000.0 - 1.0  # evenly over −1..1
    blurred = np.mean(norm.sf(1.0 - epsilon * moves) + norm.cdf(-1.0 - epsilon * moves))
    expected = 2.0 * SIGMA**2 * (blurred - 2.0 * norm.sf(1.0))
    assert expected > 10 * error_of_mean(values)
    assert abs(float(values.mean()) - expected) < 4 * error_of_mean(values)


def test_the_divergence_of_a_filter_is_its_centre_tap_and_spreads_as_signs_do():
    _, noisy = noisy_images(side=32)
    f = circular(LOPSIDED)
    told = sure(f, noisy, column(SIGMA), column(0.0036), rng(1))
    divergence = (told - pixel_mean((f(noisy) - noisy).square()) + SIGMA**2) / (2 * SIGMA**2)
    assert abs(float(divergence.mean()) - 0.4) < 4 * error_of_mean(divergence)
    even = (LOPSIDED + LOPSIDED.flip(0, 1)) / 2.0
    even[1, 1] = 0.0  # signs do not feel it; normal draws would spread three times as wide
    expected = math.sqrt(2.0 * float(even.square().sum()) / 32**2)
    assert float(divergence.std()) == pytest.approx(expected, rel=0.15)


def test_what_keeps_to_its_own_pixel_is_told_exactly_in_every_draw():
    _, noisy = noisy_images()
    told = sure(lambda y: 0.3 * y, noisy, column(SIGMA), column(0.0036), rng())
    expected = 0.49 * pixel_mean(noisy.square()) - SIGMA**2 + 0.6 * SIGMA**2
    assert torch.allclose(told, expected, atol=1e-12)


def test_it_is_negative_half_of_the_time_when_the_denoiser_is_perfect():
    clean, noisy = noisy_images()
    told = sure(lambda y: clean + 0.0 * y, noisy, column(SIGMA), column(0.0036), rng())
    assert 0.4 < float((told < 0.0).double().mean()) < 0.6
    assert abs(float(told.mean())) < 4 * error_of_mean(told)


def test_the_gradient_is_that_of_the_whole_formula_through_both_passes():
    torch.manual_seed(0)
    network = nn.Sequential(nn.Conv2d(1, 3, 3, padding=1), nn.Tanh(), nn.Conv2d(3, 1, 3, padding=1))
    network = network.double()
    noisy = noisy_images()[1][:4]

    def risk():
        return sure(network, noisy, column(SIGMA, 4), column(0.0036, 4), rng()).mean()

    check_gradient(risk, network)


def repulsion(v):
    """A score for the tests: nonlinear, and of more than its own pixel."""
    return -torch.tanh(circular(LOPSIDED)(v) - 0.4) / 0.02


def test_with_a_score_it_is_score_matching():
    """f = y + σ²s: SURE = σ² + σ⁴·mean (s² + 2·div s); s = −c·(y − m) has div s = −c."""
    _, noisy = noisy_images()
    c = 30.0
    told = sure(lambda y: y - SIGMA**2 * c * (y - 0.5), noisy, column(SIGMA), column(0.0036), rng())
    matching = pixel_mean((c * (noisy - 0.5)).square()) - 2.0 * c
    assert torch.allclose(told, SIGMA**2 + SIGMA**4 * matching, atol=1e-12)


@pytest.mark.parametrize("a", [0.02, 0.1])
def test_a_pair_of_probes_is_the_central_difference_of_sure_in_every_draw(a):
    """At any a, beside what does not depend on the score, with the same normal probe."""
    noisy = noisy_images()[1][:8]
    u = torch.randn(noisy.shape, generator=rng(3)).double()
    paired = paired_ardae_loss(repulsion, noisy, column(a, 8), rng(3))

    def f(y):
        return y + SIGMA**2 * repulsion(y)

    up, down = noisy + a * u, noisy - a * u
    fit = 0.5 * pixel_mean((f(up) - up).square() + (f(down) - down).square())
    divergence = pixel_mean(u * (f(up) - f(down))) / (2.0 * a)
    central = fit - SIGMA**2 + 2.0 * SIGMA**2 * divergence
    power = pixel_mean(u.square())
    left = (paired - power) / a**2
    right = (central + SIGMA**2 - 2.0 * SIGMA**2 * power) / SIGMA**4
    assert torch.allclose(left, right, rtol=1e-9)


def test_as_its_probe_shrinks_the_paired_loss_says_on_average_what_sure_says():
    _, noisy = noisy_images()
    a = 0.036 * SIGMA
    u = torch.randn(noisy.shape, generator=rng(3))
    paired = paired_ardae_loss(repulsion, noisy, column(a), rng(3))
    told = sure(lambda y: y + SIGMA**2 * repulsion(y), noisy, column(SIGMA), column(a), rng(4))
    by_pairs = (paired - pixel_mean(u.square())) / a**2
    by_sure = (told - SIGMA**2) / SIGMA**4
    difference = by_pairs - by_sure
    assert abs(float(difference.mean())) < 4 * error_of_mean(difference)
    assert error_of_mean(difference) < 0.02 * abs(float(by_sure.mean()))


def least(loss):
    """Where the parabola through loss(c), c = 10, 20, 30, is least."""
    low, middle, high = (float(loss(c).mean()) for c in (10.0, 20.0, 30.0))
    return 20.0 + 5.0 * (low - high) / (low - 2.0 * middle + high)


@pytest.mark.parametrize("a", [0.02, 0.1])
def test_a_probe_of_finite_size_learns_the_score_of_a_blurred_image_and_sure_does_not(a):
    """For y ~ N(0, s²) the scores are −v/(s² + a²) and −v/s²."""
    s = 0.2
    noisy = s * torch.randn((DRAWS, 1, 32, 32), generator=rng(), dtype=torch.float64)

    def pairs(c):
        return paired_ardae_loss(lambda v: -c * v, noisy, column(a), rng(1))

    def by_sure(c):
        shrink = 1.0 - SIGMA**2 * c
        return sure(lambda y: shrink * y, noisy, column(SIGMA), column(0.0036), rng(1))

    assert least(pairs) == pytest.approx(1.0 / (s**2 + a**2), rel=0.01)
    assert least(by_sure) == pytest.approx(1.0 / s**2, rel=0.01)


def test_a_smaller_probe_spreads_the_gradient_of_a_network_and_not_the_value():
    """Where units switch, the slope of f by a weight jumps: a probe of size ε meets that seldom,
    in proportion to ε, and then divides it by ε."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        network = UNet(1, width=4).double()
    _, y = noisy_images(side=32)
    y = y[:1]

    def spreads(epsilon):
        values, gradients = [], []
        for seed in range(24):
            network.zero_grad()
            value = sure(
                lambda v: v + 0.1 * network(v - 0.5),
                y,
                column(SIGMA, 1),
                column(epsilon * SIGMA, 1),
                rng(seed),
            )
            value.sum().backward()
            values.append(float(value.detach()))
            gradients.append(torch.cat([p.grad.flatten() for p in network.parameters()]))
        return np.std(values), float(torch.stack(gradients).var(dim=0).sum().sqrt())

    (value, gradient), (value_small, gradient_small) = spreads(0.1), spreads(0.01)
    assert value_small == pytest.approx(value, rel=0.2)
    assert 1.5 * gradient < gradient_small < 4.0 * gradient
