"""Noise2Score of Gaussian noise with a covariance matrix Σ, where it is known in closed form: on
images of normal pixels, whose posterior mean is y − Σ·(P + Σ)⁻¹·(y − m)."""

import math

import pytest
import torch
from torch import nn

from denoisebench.noise.family import Noise
from denoisebench.noise_models.correlated import Correlated
from denoisebench.noise_models.gaussian import Gaussian
from denoisebench.noise_models.multivariate import MultivariateGaussian
from denoisebench.plugin.method import Batch, Denoised, Model, Task, TrainingStep
from noise2score import Config, Noise2Score
from noise2score.coordinates import coordinate_of
from noise2score.loss import ardae_loss, paired_ardae_loss

METHOD = Noise2Score()
SIGMA = 25.0
SHAPES = {"correlated": (1, 8, 16), "multivariate-gaussian": (3, 4, 8)}
FAMILIES = {
    "correlated": Correlated(1.0),
    "multivariate-gaussian": MultivariateGaussian((1.0, 0.5, 0.2, 2.0, 0.1, 0.4)),
}
every_family = pytest.mark.parametrize("name", FAMILIES)
both_coordinates = pytest.mark.parametrize("coordinate", ["own", "identity"])


def rng(seed=0):
    return torch.Generator().manual_seed(seed)


def matrix_of(family, shape, level=SIGMA):
    """Σ of an image (C, H, W) as a matrix."""
    impulses = torch.eye(math.prod(shape), dtype=torch.float64).view(-1, *shape)
    return family.times_covariance(impulses, torch.tensor(level).double()).flatten(1)


def prior_of(shape):
    """P of images that are smooth along their rows, with a mean of 0.45."""
    count = math.prod(shape)
    place = torch.arange(count, dtype=torch.float64)
    return 0.04 * torch.exp(-(place[:, None] - place).abs() / 5.0)


class Linear(nn.Module):
    """What training would find on such images: the true score of y and the last probe, in the
    coordinate, from what the network sees."""

    def __init__(self, coordinate, scores, shape, mean=0.45):
        super().__init__()
        self.matrix, self.shape, self.mean = scores, shape, mean
        zero, one = coordinate.seen(torch.tensor([0.0, 1.0]).view(2, 1, 1, 1), level_of(SIGMA))
        self.zero, self.one = float(zero), float(one)
        self.unit = float(coordinate.unit(zero, level_of(SIGMA)))

    def forward(self, seen):
        y = (seen.double() - self.zero) / (self.one - self.zero)
        score = (y - self.mean).flatten(1) @ self.matrix.T
        return (self.unit * score).view(-1, *self.shape).float()


def level_of(sigma):
    return torch.tensor(sigma).view(1, 1, 1, 1)


def exact(name, choice, probe, parameters="known"):
    """A model whose network gives the exact score; the covariance of what is seen, and Σ."""
    family, shape = FAMILIES[name], SHAPES[name]
    sigma_matrix, prior = matrix_of(family, shape), prior_of(shape)
    low, high = (SIGMA, SIGMA) if parameters == "known" else (5.0, 55.0)
    noise = Noise(family, low, high)
    coordinate = coordinate_of(noise, choice, shape[0])
    variance = float(coordinate.noise_std(torch.tensor(SIGMA))) ** 2
    if choice == "own":
        seen = prior + sigma_matrix * (1.0 + probe**2)
        scores = -(sigma_matrix / variance) @ torch.linalg.inv(seen)
    else:
        seen = prior + sigma_matrix + probe**2 * variance * torch.eye(len(prior))
        scores = -torch.linalg.inv(seen)
    config = Config(coordinate=choice, probe_start=0.5 if probe else 0.0, probe_end=probe)
    network = Linear(coordinate, scores, shape)
    return Model(config, Task(noise, parameters, shape[0]), network), seen, sigma_matrix


def image(shape):
    return 0.45 + 0.3 * torch.randn((1, *shape), generator=rng(1), dtype=torch.float64)


@every_family
@both_coordinates
@pytest.mark.parametrize("probe", [1e-3, 0.2])
def test_with_the_exact_score_the_result_is_the_posterior_mean(name, coordinate, probe):
    """Of the noise and the last probe together, whose covariance is that of what is seen less P."""
    model, seen, _ = exact(name, coordinate, probe)
    y = image(SHAPES[name])
    noise_and_probe = seen - prior_of(SHAPES[name])
    away = (y - 0.45).flatten(1)
    expected = y - (away @ torch.linalg.inv(seen) @ noise_and_probe).view(y.shape)
    found = METHOD.denoise(model, y.float(), SIGMA)
    assert float((found - expected).abs().max()) < 1e-5


@both_coordinates
def test_at_a_vanishing_probe_that_is_the_wiener_filter_of_the_noise(coordinate):
    model, _, sigma_matrix = exact("correlated", coordinate, 1e-4)
    y, prior = image(SHAPES["correlated"]), prior_of(SHAPES["correlated"])
    wiener = prior @ torch.linalg.inv(prior + sigma_matrix)
    expected = 0.45 + ((y - 0.45).flatten(1) @ wiener.T).view(y.shape)
    assert float((METHOD.denoise(model, y.float(), SIGMA) - expected).abs().max()) < 1e-5


@both_coordinates
def test_noise_that_hardly_blurs_is_denoised_as_white_noise(coordinate):
    family, y = Correlated(0.25), image((1, 16, 16)).float()
    score = torch.randn(y.shape, generator=rng(2))
    ours = coordinate_of(Noise(family, SIGMA, SIGMA), coordinate)
    white = coordinate_of(Noise(Gaussian(), SIGMA, SIGMA), "own")
    found = ours.denoised(family, y, ours.gathered(score, 0.2), level_of(SIGMA), 0.2)
    expected = white.denoised(Gaussian(), y, score, level_of(SIGMA), 0.2)
    correction = (expected - y).abs().max()
    assert float((found - expected).abs().max()) < 0.15 * float(correction)  # neighbours share 0.02
    torch.testing.assert_close(ours.seen(y, level_of(SIGMA)), white.seen(y, level_of(SIGMA)))


@every_family
@pytest.mark.parametrize("choice", ["own", "identity"])
@pytest.mark.parametrize("loss", [ardae_loss, paired_ardae_loss])
def test_the_loss_is_least_at_what_the_coordinate_learns(name, choice, loss):
    """Of normal images without a clean part, the best multiple of the true score is 1."""
    family, shape = FAMILIES[name], SHAPES[name]
    coordinate = coordinate_of(Noise(family, SIGMA, SIGMA), choice, shape[0])
    level = torch.full((20_000, 1, 1, 1), SIGMA)
    std = float(coordinate.noise_std(torch.tensor(SIGMA)))
    noise = matrix_of(family, shape)
    prior = 0.02 * torch.eye(len(noise), dtype=torch.float64)
    y = family.resample(torch.zeros(20_000, *shape), level, rng(3))
    y = y + 0.02**0.5 * torch.randn(y.shape, generator=rng(4))
    a = torch.full((20_000, 1, 1, 1), 0.5 * std)
    if choice == "own":
        true = -(noise / std**2) @ torch.linalg.inv(prior + 1.25 * noise)
    else:
        eye = torch.eye(len(noise), dtype=torch.float64)
        true = -torch.linalg.inv(prior + noise + 0.25 * std**2 * eye)
    true = true.float()
    factor = torch.ones((), requires_grad=True)

    def score(v):
        return factor * (v.flatten(1) @ true.T).view(v.shape)

    value = loss(score, y, a, rng(5), probe=coordinate.drawn).mean()
    (slope,) = torch.autograd.grad(value, factor, create_graph=True)
    (curve,) = torch.autograd.grad(slope, factor)
    assert 1.0 - float((slope / curve).detach()) == pytest.approx(1.0, abs=0.03)


@every_family
def test_the_probe_has_the_covariance_of_the_noise_at_a_mean_variance_of_1(name):
    family, shape = FAMILIES[name], SHAPES[name]
    coordinate = coordinate_of(Noise(family, SIGMA, SIGMA), "own", shape[0])
    drawn = coordinate.drawn(torch.zeros(20_000, *shape), rng()).flatten(1).double()
    variance = float(coordinate.noise_std(torch.tensor(SIGMA))) ** 2
    expected = matrix_of(family, shape) / variance
    assert float(expected.trace()) / len(expected) == pytest.approx(1.0, rel=1e-5)
    assert float((drawn.T @ drawn / 20_000 - expected).abs().max()) < 0.08


@every_family
def test_the_rough_level_is_read_off_the_finest_detail(name):
    family, channels = FAMILIES[name], SHAPES[name][0]
    coordinate = coordinate_of(Noise(family, 5.0, 55.0), "own", channels)
    for sigma in (10.0, 40.0):
        y = family.resample(torch.full((1, channels, 256, 256), 0.5), level_of(sigma), rng())
        assert float(coordinate.rough_level(y)) == pytest.approx(
            sigma, rel=0.1 if name == "correlated" else 0.3
        )


@every_family
@both_coordinates
def test_unsure_finds_the_level_of_an_image_of_noise_alone(name, coordinate):
    """Without a clean part E|g|² is trace Σ₁, so that η is the noise's variance."""
    family, shape = FAMILIES[name], SHAPES[name]
    model, _, noise = exact(name, coordinate, 0.0, "unknown")
    std = float(coordinate_of(model.task.noise, coordinate, shape[0]).noise_std(level_of(SIGMA)))
    inverse = torch.linalg.inv(noise)
    model.network.matrix = -inverse if coordinate == "identity" else -torch.eye(len(noise)) / std**2
    model.network.matrix = model.network.matrix.double()
    model = Model(Config(coordinate=coordinate, estimate="unsure"), model.task, model.network)
    levels = []
    for seed in range(20):
        y = 0.45 + family.resample(torch.zeros(1, *shape), level_of(SIGMA), rng(seed))
        told = METHOD.for_level(model, SIGMA)  # the network is scaled by what it was built for
        found = METHOD.denoise(told, y, None)
        assert isinstance(found, Denoised)
        levels.append(found.level)
    assert sum(levels) / 20 == pytest.approx(SIGMA, rel=0.1)


def test_a_step_of_training_has_a_loss_for_each_patch():
    family = Correlated(1.0)
    noise = Noise(family, SIGMA, SIGMA)
    for coordinate in ("own", "identity"):
        network = nn.Conv2d(1, 1, 3, padding=1)
        model = Model(Config(coordinate=coordinate), Task(noise, "known", 1), network)
        batch = Batch(torch.rand(4, 1, 32, 32), None, torch.full((4, 1, 1, 1), SIGMA))
        loss = METHOD.loss(model, batch, TrainingStep(0, 10, 4), rng())
        assert loss.shape == (4,)
        assert torch.isfinite(loss).all()


def test_what_it_takes_of_such_noise():
    def declined(family, parameters="known", **settings):
        low, high = (SIGMA, SIGMA) if parameters == "known" else family.blind
        return METHOD.declines(Config(**settings), Task(Noise(family, low, high), parameters, 3))

    for family in FAMILIES.values():
        assert declined(family) is None
        assert declined(family, coordinate="identity") is None
        assert declined(family, "unknown", estimate="unsure") is None
        assert "no estimate of its level" in declined(family, "unknown")
        assert "coordinate=raw" in declined(family, coordinate="raw")
    assert "no Tweedie formula" in declined(MultivariateGaussian())
    assert METHOD.tiling(Config(), Task(Noise(Correlated(), SIGMA, SIGMA), "known", 1)) is not None
    of_y = Config(coordinate="identity")
    assert METHOD.tiling(of_y, Task(Noise(Correlated(), SIGMA, SIGMA), "known", 1)) is None
