"""D-BSN's likelihoods, posterior means and noise laws against closed forms and known answers."""

import math

import numpy as np
import pytest
import torch
from torch import Tensor
from torch.distributions import MultivariateNormal

from dbsn.likelihood import constrained_loss, marginal_loss
from dbsn.noise_law import (
    NoiseLaw,
    law_between_channels,
    law_per_image,
    law_per_pixel,
    raw_of,
    sigma_of,
    told_law,
)
from denoisebench.nn.gaussian_likelihood import columns_of, gaussian_mean
from denoisebench.noise.family import Noise, NoiseFamily
from denoisebench.noise_models.gamma import Gamma
from denoisebench.noise_models.gaussian import Gaussian
from denoisebench.noise_models.heteroscedastic import Heteroscedastic, HeteroscedasticShared
from denoisebench.noise_models.poisson import Poisson

SHAPE = (2, 4, 5)  # images, rows, columns


def uniform(seed: int, *shape: int) -> Tensor:
    rng = torch.Generator().manual_seed(seed)
    return torch.rand(shape, generator=rng, dtype=torch.float64)


def rows_of(x: Tensor, like: Tensor) -> Tensor:
    """Pixels as vectors: (B, C, H, W) or fewer -> (B, H, W, C)"""
    return x.expand_as(like).permute(0, 2, 3, 1)


def matrices(law: NoiseLaw, like: Tensor) -> Tensor:
    """Σn of each pixel, (B, H, W, C, C)."""
    total = torch.diag_embed(rows_of(law.sigma.square(), like))
    for column in law.columns:
        vector = rows_of(column, like)
        total = total + vector[..., :, None] * vector[..., None, :]
    return total


class Pixels:
    """Random predictions and noisy pixels of a few images."""

    def __init__(self, channels: int) -> None:
        b, h, w = SHAPE
        self.mean = uniform(0, b, channels, h, w)
        self.noisy = self.mean + 0.4 * (uniform(1, b, channels, h, w) - 0.5)
        factors = 0.2 * (uniform(2, b, channels * (channels + 1) // 2, h, w) - 0.5)
        self.columns = columns_of(factors, channels)
        stacked = torch.stack([rows_of(c, self.mean) for c in self.columns], dim=-1)
        self.spread = stacked @ stacked.transpose(-1, -2)
        self.residual = rows_of(self.noisy - self.mean, self.mean)


def law_of_kind(kind: str, channels: int) -> NoiseLaw:
    b, h, w = SHAPE
    if kind == "per-image":
        return law_per_image(4.0 + uniform(3, b, channels, h, w) - 2.0)
    if kind == "per-pixel":
        return law_per_pixel(4.0 + uniform(3, b, channels, h, w) - 2.0)
    return law_between_channels(0.2 * (uniform(3, b, 6, h, w) - 0.5))


KINDS = [("per-image", 1), ("per-pixel", 1), ("per-image", 3), ("per-pixel", 3), ("matrix", 3)]


@pytest.mark.parametrize(("kind", "channels"), KINDS)
def test_the_marginal_loss_is_the_log_density_of_the_noisy_pixel(kind: str, channels: int) -> None:
    pixels, law = Pixels(channels), law_of_kind(kind, channels)
    total = pixels.spread + matrices(law, pixels.mean)
    density = MultivariateNormal(torch.zeros(channels).double(), total).log_prob(pixels.residual)
    expected = -density - 0.5 * channels * math.log(2.0 * math.pi)
    weight = 2.0 if channels == 1 else 1.0
    found = marginal_loss(pixels.mean, pixels.columns, law, pixels.noisy)
    torch.testing.assert_close(found, weight * expected, rtol=0.0, atol=1e-9)


@pytest.mark.parametrize(("kind", "channels"), KINDS)
def test_the_constrained_loss_is_the_papers_trace_form_and_a_bound(
    kind: str, channels: int
) -> None:
    pixels, law = Pixels(channels), law_of_kind(kind, channels)
    noise = matrices(law, pixels.mean)
    solved = torch.linalg.solve(pixels.spread + noise, pixels.residual)
    trace = torch.linalg.solve(noise, pixels.spread).diagonal(dim1=-2, dim2=-1).sum(dim=-1)
    expected = (pixels.residual * solved).sum(dim=-1) + torch.logdet(noise) + trace
    weight = 1.0 if channels == 1 else 0.5
    found = constrained_loss(pixels.mean, pixels.columns, law, pixels.noisy)
    torch.testing.assert_close(found, weight * expected, rtol=0.0, atol=1e-9)
    assert bool((found >= marginal_loss(pixels.mean, pixels.columns, law, pixels.noisy)).all())


@pytest.mark.parametrize(("kind", "channels"), KINDS)
def test_the_posterior_mean_is_that_of_two_gaussians(kind: str, channels: int) -> None:
    pixels, law = Pixels(channels), law_of_kind(kind, channels)
    noise = matrices(law, pixels.mean)
    gain = torch.linalg.solve(pixels.spread + noise, pixels.spread).transpose(-1, -2)
    moved = (gain @ pixels.residual.unsqueeze(-1)).squeeze(-1)
    expected = pixels.mean + moved.permute(0, 3, 1, 2)
    found = gaussian_mean(pixels.mean, pixels.columns, pixels.noisy, law.sigma, law.columns)
    torch.testing.assert_close(found, expected, rtol=0.0, atol=1e-9)


def scalar(value: float) -> Tensor:
    return torch.full((1, 1, 1, 1), value, dtype=torch.float64)


def test_the_optimum_of_the_constrained_loss_calls_some_of_the_spread_noise() -> None:
    """Pixels whose whole spread is t, at a common σn: the best σx² is σn·(t − σn), or 0 where
    t < σn, and the best σn lies above the noise there is, at the mean of t if no t is below it."""
    noise, spreads = 0.10, torch.tensor([0.10, 0.11, 0.14, 0.20], dtype=torch.float64)
    grid = torch.linspace(0.05, 0.25, 2001, dtype=torch.float64)

    def best(sigma: float) -> Tensor:
        return (sigma * (spreads - sigma)).clamp_min(0.0)

    def loss(sigma: float, spread: Tensor) -> Tensor:
        columns = [spread.sqrt().view(1, 1, 1, -1)]
        law = NoiseLaw(scalar(sigma))
        zero = torch.zeros_like(columns[0])
        return constrained_loss(zero, columns, law, spreads.view(1, 1, 1, -1)).flatten()

    for sigma in (0.09, 0.12):
        for step in (-1e-4, 1e-4):
            other = (best(sigma) + step).clamp_min(0.0)
            assert bool((loss(sigma, other) >= loss(sigma, best(sigma)) - 1e-12).all())
    means = [float(loss(float(s), best(float(s))).mean()) for s in grid]
    found = float(grid[int(np.argmin(means))])
    # Σ over t ≥ σn of 2(1/σn − t/σn²) + Σ over t < σn of 2(1/σn − t²/σn³) = 0
    above, below = spreads[spreads >= found], spreads[spreads < found]
    slope = (1.0 - above / found).sum() + (1.0 - (below / found) ** 2).sum()
    assert abs(float(slope)) < 0.02
    assert found > noise + 0.01


def test_alike_pixels_leave_the_split_of_the_marginal_loss_open() -> None:
    """Only Σx + Σn shows: what moves from one to the other changes nothing."""
    noisy, zero = scalar(0.2), scalar(0.0)
    found = [
        float(marginal_loss(zero, [scalar(math.sqrt(0.02 - s**2))], NoiseLaw(scalar(s)), noisy))
        for s in (0.02, 0.08, 0.14)
    ]
    assert max(found) - min(found) < 1e-12


def test_sigma_begins_where_the_released_code_does() -> None:
    assert 255.0 * float(sigma_of(torch.tensor(3e-4))) == pytest.approx(4.88, abs=0.01)
    for sigma in (0.5, 4.88, 80.0, 255.0):
        assert 255.0 * float(sigma_of(torch.tensor(raw_of(sigma)))) == pytest.approx(sigma, 1e-4)


def test_one_level_per_image_averages_before_softplus() -> None:
    raw = torch.tensor([2.0, 6.0]).view(1, 1, 1, 2)
    assert float(law_per_image(raw).sigma) == pytest.approx(float(sigma_of(torch.tensor(4.0))))


@pytest.mark.parametrize(
    ("family", "level"),
    [
        (Gaussian(), 25.0),
        (Poisson(), 0.02),
        (Gamma(), 50.0),
        (Heteroscedastic(10.0), 40.0),
        (HeteroscedasticShared(10.0), 40.0),
    ],
    ids=lambda x: getattr(x, "name", ""),
)
def test_a_told_law_has_the_variance_of_the_noise(family: NoiseFamily, level: float) -> None:
    noise = Noise(family, level, level)
    for intensity in (0.1, 0.7):
        clean = np.full((1, 300, 300), intensity, dtype=np.float32)
        drawn = noise.noisy(clean, seed=0)[0] - clean
        law = told_law(family, scalar(intensity), scalar(level))
        assert float(law.variance()) == pytest.approx(float(drawn.var()), rel=0.03)


@pytest.mark.parametrize("kind", ["per-image", "per-pixel", "matrix"])
def test_made_noise_has_the_covariance_of_its_law(kind: str) -> None:
    law = law_of_kind(kind, 3)
    like = torch.zeros(2, 3, 4, 5).double()
    rng = torch.Generator().manual_seed(0)
    drawn = torch.stack([rows_of(law.sample(like, rng), like) for _ in range(20_000)])
    found = torch.einsum("n...c,n...d->...cd", drawn, drawn) / len(drawn)
    largest = float(matrices(law, like).abs().max())
    torch.testing.assert_close(found, matrices(law, like), rtol=0.0, atol=0.05 * largest)


def test_scaled_noise_has_so_many_times_the_spread() -> None:
    law = law_of_kind("matrix", 3)
    torch.testing.assert_close(law.scaled(2.0).variance(), 4.0 * law.variance())
