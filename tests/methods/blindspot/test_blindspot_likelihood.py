"""The likelihoods and posterior means against numbers computed apart, and against mathematics."""

import math

import pytest
import torch
from torch import Tensor
from torch.distributions import MultivariateNormal

from blindspot.impulse import impulse_loss, impulse_mean
from blindspot.model import noise_parameter, sigma_of
from denoisebench.nn.gaussian_likelihood import (
    columns_of,
    determinant,
    gaussian_loss,
    gaussian_mean,
    log_det_and_distance,
    predicted_std,
    regulariser,
    solved,
)
from denoisebench.noise_models.gamma import Gamma
from denoisebench.noise_models.gaussian import Gaussian
from denoisebench.noise_models.poisson import Poisson
from denoisebench.training.schedule import learning_rate_at

RIDGE = 1e-6  # what the original adds to variances before it inverts them


def pixel(*values: float, dtype: torch.dtype = torch.float64) -> Tensor:
    return torch.tensor(values, dtype=dtype).view(1, -1, 1, 1)


MEAN, NOISY = pixel(0.50, 0.40, 0.30), pixel(0.55, 0.35, 0.40)
FACTORS = pixel(0.10, 0.02, -0.01, 0.08, 0.03, 0.05)
SIGMA = pixel(25.0 / 255.0)
GRAY_MEAN, GRAY_FACTORS, GRAY_NOISY = pixel(0.5), pixel(0.08), pixel(0.6)


def close(found: Tensor, *expected: float) -> bool:
    """To six digits after the point."""
    return torch.allclose(found.flatten(), torch.tensor(expected).to(found), rtol=0.0, atol=6e-7)


def covariance_of(factors: Tensor, channels: int) -> Tensor:
    """Σx = UUᵀ, (B, H, W, C, C)."""
    u = torch.stack(columns_of(factors, channels), dim=-1).permute(0, 2, 3, 1, 4)
    return u @ u.mT


COLUMNS = columns_of(FACTORS, 3)


# --- numbers computed apart, in float64, from the formulas of the paper's code


def test_the_covariance_is_of_the_upper_triangle_times_its_transpose() -> None:
    expected = [[0.0105, 0.0013, -0.0005], [0.0013, 0.0073, 0.0015], [-0.0005, 0.0015, 0.0025]]
    assert torch.allclose(covariance_of(FACTORS, 3)[0, 0, 0], torch.tensor(expected).double())
    assert close(predicted_std(FACTORS, 3), 0.0736806)


def test_gaussian_noise_in_colour() -> None:
    loss = gaussian_loss(MEAN, columns_of(FACTORS, 3), NOISY, SIGMA)
    assert close(loss, -5.5918050)
    assert close(loss + regulariser(SIGMA), -5.6016089)


def test_gaussian_noise_in_gray() -> None:
    loss = gaussian_loss(GRAY_MEAN, [GRAY_FACTORS], GRAY_NOISY, SIGMA)
    assert close(loss, -3.5098926)
    assert close(loss + regulariser(SIGMA), -3.5196965)


def test_poisson_noise() -> None:
    sigma = sigma_of(Poisson(), MEAN, pixel(1.0 / 30.0))
    loss = gaussian_loss(MEAN, columns_of(FACTORS, 3), NOISY, sigma)
    assert close(loss, -5.3843371)
    assert close(loss + regulariser(sigma), -5.3958227)


def test_impulse_noise() -> None:
    assert close(impulse_loss(MEAN, FACTORS, NOISY, pixel(0.5)), -8.7838551)


def ridged(channels: int) -> list[Tensor]:
    """The columns that add 1e-6 to each diagonal element of Σx."""
    return [math.sqrt(RIDGE) * e.view(1, -1, 1, 1) for e in torch.eye(channels).double()]


def test_posterior_means() -> None:
    more = [*COLUMNS, *ridged(3)]
    gaussian = gaussian_mean(MEAN, more, NOISY, (SIGMA.square() + RIDGE).sqrt())
    assert close(gaussian, 0.5215179, 0.3881670, 0.3147443)
    sigma = sigma_of(Poisson(), MEAN, pixel(1.0 / 30.0))
    poisson = gaussian_mean(MEAN, more, NOISY, (sigma.square() + RIDGE).sqrt())
    assert close(poisson, 0.5141977, 0.3923193, 0.3153374)
    impulse = impulse_mean(MEAN, COLUMNS, NOISY, pixel(0.5))
    assert close(impulse, 0.5419305, 0.3580695, 0.3838610)
    gray = gaussian_mean(GRAY_MEAN, columns_of(GRAY_FACTORS, 1), GRAY_NOISY, SIGMA)
    assert close(gray, 0.5399708)


def test_without_the_ridge_the_posterior_mean_moves_by_far_less_than_a_level() -> None:
    exact = gaussian_mean(MEAN, COLUMNS, NOISY, SIGMA)
    published = torch.tensor([0.5215179, 0.3881670, 0.3147443])
    assert 255.0 * float((exact.flatten() - published).abs().max()) < 0.002


def test_the_noise_parameter_begins_at_a_fiftieth() -> None:
    assert close(noise_parameter(torch.zeros(())), 0.0191499)


def test_the_noise_is_what_its_family_says_and_never_nothing() -> None:
    mean, level = torch.tensor([0.25]), torch.tensor([25.0])
    assert close(sigma_of(Gaussian(), mean, level), 25.0 / 255.0)
    assert close(sigma_of(Gaussian(), mean, 0.0 * level), 1e-3)
    assert close(sigma_of(Poisson(), mean, level / 100.0), 0.25)
    assert close(sigma_of(Poisson(), -mean, level), math.sqrt(25.0 * 1e-3))
    assert close(sigma_of(Gamma(), mean, level), 0.05)


@pytest.mark.parametrize(
    ("share", "rate"),
    [(0.0, 0.0), (0.025, 4.393e-5), (0.05, 1.5e-4), (0.1, 3e-4), (0.4, 3e-4), (0.7, 3e-4),
     (0.775, 2.18566e-4), (0.85, 7.5e-5), (0.925, 6.434e-6), (1.0, 0.0)],
)  # fmt: skip
def test_the_rate_ramps_up_and_down(share: float, rate: float) -> None:
    found = learning_rate_at(round(1000 * share), 1000, 3e-4, "ramps")
    assert found == pytest.approx(rate, rel=1e-4, abs=1e-12)


# --- mathematics


def case(channels: int, columns: int, seed: int) -> tuple[list[Tensor], Tensor]:
    rng = torch.Generator().manual_seed(seed)
    draw = [torch.randn(2, channels, 3, 2, dtype=torch.float64, generator=rng) for _ in range(7)]
    return draw[:columns], draw[6]


@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("columns", [1, 2, 3, 4, 6])
def test_determinant_distance_and_inverse_are_those_of_the_matrix(
    channels: int, columns: int
) -> None:
    vectors, e = case(channels, columns, seed=columns)
    v = torch.stack(vectors, dim=-1).permute(0, 2, 3, 1, 4)
    matrix = torch.eye(channels, dtype=torch.float64) + v @ v.mT
    log_det, distance = log_det_and_distance(vectors, e)
    at = e.permute(0, 2, 3, 1).unsqueeze(-1)
    torch.testing.assert_close(log_det, torch.logdet(matrix))
    inverse = torch.linalg.solve(matrix, at)
    torch.testing.assert_close(distance, (at.mT @ inverse).flatten(-3))
    torch.testing.assert_close(determinant(vectors, e), torch.det(matrix))
    torch.testing.assert_close(solved(vectors, e), inverse.squeeze(-1).permute(0, 3, 1, 2))


@pytest.mark.parametrize(("channels", "factors"), [(1, 1), (3, 3), (3, 6)])
def test_the_gaussian_loss_is_the_negative_log_likelihood(channels: int, factors: int) -> None:
    rng = torch.Generator().manual_seed(0)
    mean, noisy, sigma = (torch.rand(2, channels, 2, 2, generator=rng) + 0.1 for _ in range(3))
    a = torch.randn(2, factors, 2, 2, generator=rng)
    covariance = covariance_of(a, channels) + torch.diag_embed(sigma.square().permute(0, 2, 3, 1))
    law = MultivariateNormal(mean.permute(0, 2, 3, 1), covariance)
    expected = -law.log_prob(noisy.permute(0, 2, 3, 1))
    expected = expected - 0.5 * channels * math.log(2.0 * math.pi)
    scale = 2.0 if channels == 1 else 1.0
    torch.testing.assert_close(
        gaussian_loss(mean, columns_of(a, mean.shape[1]), noisy, sigma), scale * expected
    )


def test_the_impulse_loss_has_the_moments_of_its_noise() -> None:
    """Against the mean and covariance of a million draws."""
    rng = torch.Generator().manual_seed(0)
    count, alpha = 1_000_000, 0.3
    root = torch.tensor([[0.10, 0.02, -0.01], [0.0, 0.08, 0.03], [0.0, 0.0, 0.05]])
    clean = MEAN.flatten().float() + torch.randn(count, 3, generator=rng) @ root.T
    replaced = torch.rand(count, 1, generator=rng) < alpha
    drawn = torch.where(replaced, torch.rand(count, 3, generator=rng), clean)
    law = MultivariateNormal(drawn.mean(dim=0), torch.cov(drawn.T))
    expected = -2.0 * law.log_prob(NOISY.flatten().float()) - 3.0 * math.log(2.0 * math.pi)
    found = impulse_loss(MEAN.float(), FACTORS.float(), NOISY.float(), pixel(alpha).float())
    assert float(found) == pytest.approx(float(expected), abs=0.02)


def test_gray_impulse_noise_is_the_first_channel_of_three_alike() -> None:
    """One channel has the moments that a channel of colour has."""
    alpha, variance = 0.3, 0.08**2 + 1e-6
    expected = alpha / 12 + (1 - alpha) * variance + alpha * (1 - alpha) * (0.5 - 0.5) ** 2
    found = impulse_loss(GRAY_MEAN, GRAY_FACTORS, GRAY_NOISY, pixel(alpha))
    assert close(found, math.log(expected) + 0.1**2 / expected)


@pytest.mark.parametrize("level", [0.01, 0.9])
def test_the_regulariser_rewards_noise_by_a_tenth(level: float) -> None:
    sigma = (level * torch.ones(1, 3, 1, 1)).requires_grad_()
    regulariser(sigma).sum().backward()
    assert sigma.grad is not None
    assert close(sigma.grad.sum(), -0.1)


@pytest.mark.parametrize("channels", [1, 3])
def test_no_noise_is_so_strong_that_more_of_it_is_rewarded(channels: int) -> None:
    """The loss of a pixel grows with σ once σ is past all that the image can hold."""
    zero = torch.zeros(1, channels, 1, 1)
    factors = torch.zeros(1, channels, 1, 1)
    losses = [
        float(gaussian_loss(zero, [factors], zero + 0.3, sigma) + regulariser(sigma))
        for sigma in (pixel(s, dtype=torch.float32) for s in (1.0, 10.0, 1e3, 1e6, 1e9))
    ]
    assert losses == sorted(losses)


@pytest.mark.parametrize("spread", [1e-6, 1e-3, 1.0, 30.0])
@pytest.mark.parametrize("sigma", [1e-3, 0.1, 1.0])
def test_float32_is_enough_for_the_loss_and_its_gradient(spread: float, sigma: float) -> None:
    """From a network that is nearly sure to one that knows nothing, at the weakest noise told."""
    rng = torch.Generator().manual_seed(0)
    mean, noisy = torch.rand(2, 1, 3, 8, 8, generator=rng).unbind()
    a = spread * torch.randn(1, 6, 8, 8, generator=rng)
    results = []
    for dtype in (torch.float32, torch.float64):
        m, f = (t.detach().to(dtype).requires_grad_() for t in (mean.clone(), a.clone()))
        loss = gaussian_loss(
            m,
            columns_of(f, m.shape[1]),
            noisy.to(dtype),
            torch.full((1, 1, 1, 1), sigma, dtype=dtype),
        )
        loss.sum().backward()
        assert m.grad is not None
        assert f.grad is not None
        results.append([t.double() for t in (loss.detach(), m.grad, f.grad)])
    for single, double in zip(*results, strict=True):
        assert bool(single.isfinite().all())
        assert float((single - double).norm() / double.norm()) < 1e-3


def test_the_posterior_mean_goes_to_the_noisy_pixel_without_noise() -> None:
    distances = [
        float((gaussian_mean(MEAN, COLUMNS, NOISY, pixel(sigma)) - NOISY).abs().max())
        for sigma in (1e-2, 1e-3, 1e-4, 1e-6, 1e-9)
    ]
    assert distances == sorted(distances, reverse=True)
    assert distances[2] < 1e-6
    assert distances[4] < 1e-15


def test_the_posterior_mean_goes_to_the_predicted_mean_in_much_noise() -> None:
    distances = [
        float((gaussian_mean(MEAN, COLUMNS, NOISY, pixel(sigma)) - MEAN).abs().max())
        for sigma in (1.0, 10.0, 1e3, 1e6)
    ]
    assert distances == sorted(distances, reverse=True)
    assert distances[3] < 1e-12


def test_the_posterior_mean_of_a_gaussian_is_the_least_squares_estimate() -> None:
    """Regression of clean pixels on noisy ones, over draws of both."""
    rng = torch.Generator().manual_seed(0)
    root = torch.tensor([[0.10, 0.02, -0.01], [0.0, 0.08, 0.03], [0.0, 0.0, 0.05]])
    away = torch.randn(400_000, 3, generator=rng) @ root.T
    seen = away + 0.1 * torch.randn(away.shape, generator=rng)
    slope = torch.linalg.lstsq(seen, away).solution.T
    expected = MEAN.flatten().float() + slope @ (NOISY - MEAN).flatten().float()
    found = gaussian_mean(MEAN, COLUMNS, NOISY, pixel(0.1))
    torch.testing.assert_close(found.flatten().float(), expected, rtol=0.0, atol=1e-3)


@pytest.mark.parametrize(("alpha", "expected"), [(0.0, NOISY), (1.0, MEAN)])
def test_the_impulse_posterior_has_its_limits(alpha: float, expected: Tensor) -> None:
    found = impulse_mean(MEAN, COLUMNS, NOISY, pixel(alpha))
    torch.testing.assert_close(found, expected)


def test_a_pixel_far_from_its_prediction_counts_as_replaced() -> None:
    far = MEAN + 0.9
    found = impulse_mean(MEAN, COLUMNS, far, pixel(0.01))
    torch.testing.assert_close(found, MEAN, rtol=0.0, atol=1e-6)
    sure = impulse_mean(MEAN, COLUMNS, far, pixel(0.0))
    torch.testing.assert_close(sure, far)
