"""Learning the score, start to end, where the truth is known: pixels that are independent of each
other, of three values, by a network that sees one pixel; Gaussian textures, by one convolution.

Errors of a score are relative, root mean square; those of an estimate are in dB of mean squared
error above that of the posterior mean.
"""

import math
from dataclasses import dataclass

import numpy as np
import pytest
import torch
from scipy import special
from torch import nn

from denoisebench.noise.family import Noise
from denoisebench.noise_models.gamma import Gamma
from denoisebench.noise_models.gaussian import Gaussian
from denoisebench.noise_models.poisson import Poisson
from denoisebench.plugin.method import Batch, Model, Task, TrainingStep
from noise2score import Config, Noise2Score
from noise2score.model import Learner, last_probe

METHOD = Noise2Score()
FAMILIES = {family.name: family for family in (Gaussian(), Poisson(), Gamma())}
VALUES, SHARES = np.array([0.2, 0.5, 0.9]), np.array([0.5, 0.2, 0.3])


def rng(seed=0):
    return torch.Generator().manual_seed(seed)


def train(model, draw, steps, rate, probes):
    """Adam, its rate falling to 0, on fresh batches."""
    optimiser = torch.optim.Adam(model.network.parameters(), lr=rate, betas=(0.9, 0.99))
    decay = torch.optim.lr_scheduler.LambdaLR(optimiser, lambda step: 1.0 - step / steps)
    for step in range(steps):
        batch = draw()
        loss = METHOD.loss(model, batch, TrainingStep(step, steps, len(batch.noisy)), probes).mean()
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        decay.step()


class Pixelwise(nn.Module):
    """Sees one pixel at a time.  (B, 1, H, W) -> (B, 1, H, W)"""

    def __init__(self, width=24):
        super().__init__()
        self.layers = nn.Sequential(
            nn.Conv2d(1, width, 1),
            nn.Tanh(),
            nn.Conv2d(width, width, 1),
            nn.Tanh(),
            nn.Conv2d(width, 1, 1),
        )

    def forward(self, x):
        return self.layers(8.0 * x)


def log_likelihood(name, level, y):
    """log p(y|x) for VALUES, up to what does not depend on x: (n, 3)."""
    y = y[:, None]
    if name == "gaussian":
        return -0.5 * ((y - VALUES) / (level / 255)) ** 2
    if name == "poisson":
        return y / level * np.log(VALUES / level) - VALUES / level
    return -level * np.log(VALUES) - level * y / VALUES


def posterior(name, level, y):
    """The mean of x given y, (n,), and its variance, averaged."""
    weights = special.softmax(log_likelihood(name, level, y) + np.log(SHARES), axis=1)
    mean = weights @ VALUES
    return mean, np.mean(weights @ VALUES**2 - mean**2)


def grid_of(name, level):
    """Values of y, and the probability of each: counts, or an even grid along z."""
    if name == "poisson":
        y = np.arange(200) * level
        base = -special.gammaln(y / level + 1)
    elif name == "gaussian":
        y = np.linspace(-1.2, 2.3, 1500)
        base = np.zeros(y.size)
    else:
        y = np.exp(np.linspace(-5.5, 1.5, 1500)) - 1 / 255
        y = y[y > 1e-4]
        base = (level - 1) * np.log(y) + np.log(y + 1 / 255)
    logs = special.logsumexp(log_likelihood(name, level, y) + np.log(SHARES), axis=1) + base
    return y, special.softmax(logs)


def exact_score(coordinate, name, level, probe, y):
    """The score of z blurred by the probe, at y."""
    grid, mass = grid_of(name, level)
    z, v = coordinate.of(torch.from_numpy(grid)).numpy(), coordinate.of(y).numpy()[:, None]
    width = probe * float(coordinate.probe_unit(torch.tensor(level)))
    weights = special.softmax(np.log(mass + 1e-300) - 0.5 * ((v - z) / width) ** 2, axis=1)
    return (weights @ z - v[:, 0]) / width**2


def db_above(found, truth, spread):
    return 10 * math.log10(1 + np.mean((found - truth) ** 2) / spread)


@dataclass(frozen=True)
class Limits:
    """Of the score's error, of what x̂ loses beside the exact score's, and beside the best."""

    score: float = 0.08
    exact_db: float = 0.05
    best_db: float = 0.03


@pytest.mark.parametrize(
    ("name", "level", "limits"),
    [
        ("gaussian", 50.0, Limits()),
        ("poisson", 0.05, Limits(best_db=0.2)),
        ("gamma", 10.0, Limits(best_db=0.45)),
    ],
)
def test_of_independent_pixels_the_exact_score_is_learned_and_the_best_estimate_made(
    name, level, limits
):
    torch.manual_seed(0)
    family, draws = FAMILIES[name], rng(1)
    levels = torch.full((2, 1, 1, 1), level)
    values, shares = torch.from_numpy(VALUES).float(), torch.from_numpy(SHARES)

    def draw():
        place = torch.multinomial(shares, 2 * 48 * 48, replacement=True, generator=draws)
        clean = values[place].view(2, 1, 48, 48)
        return Batch(family.resample(clean, levels, draws), None, levels)

    model = Model(Config(), Task(Noise(family, level, level), "known", 1), Pixelwise())
    train(model, draw, 400, 0.02, rng(2))

    image = draw().noisy[:1]
    y, learner = image.double().flatten(), Learner(model)
    probe = last_probe(model.config, learner.coordinate)
    truth = exact_score(learner.coordinate, name, level, probe, y)
    with torch.no_grad():
        score = learner.score_of_image(image, level).double().flatten().numpy()
        found = METHOD.denoise(model, image, level).double().flatten().numpy()
    assert math.sqrt(np.mean((score - truth) ** 2) / np.mean(truth**2)) < limits.score

    number = torch.tensor(level, dtype=torch.float64)
    exact = learner.coordinate.denoised(family, y, torch.from_numpy(truth), number, probe).numpy()
    best, spread = posterior(name, level, y.numpy())
    assert db_above(found, exact, spread) < limits.exact_db
    assert db_above(found, best, spread) < limits.best_db


def test_of_a_gaussian_texture_one_convolution_becomes_the_wiener_filter():
    """A stationary Gaussian texture on a torus: the score is −(K + σ² + a²)⁻¹·(v − mean)."""
    torch.manual_seed(0)
    mean, spread, length, sigma, side, taps = 0.45, 0.12, 1.0, 25 / 255, 64, 11
    place = torch.arange(side, dtype=torch.float64)
    away = torch.minimum(place, side - place).square()
    texture = spread**2 * torch.exp(-(away[:, None] + away) / (2 * length**2))
    spectrum = torch.fft.fft2(texture).real.clamp_min(0.0)
    levels, draws = torch.full((4, 1, 1, 1), 25.0), rng(1)

    def draw_clean():
        white = torch.randn((4, 1, side, side), generator=draws, dtype=torch.float64)
        return mean + torch.fft.ifft2(spectrum.sqrt() * torch.fft.fft2(white)).real

    def draw():
        return Batch(Gaussian().resample(draw_clean().float(), levels, draws), None, levels)

    network = nn.Conv2d(1, 1, taps, padding="same", padding_mode="circular")
    nn.init.zeros_(network.weight)
    model = Model(Config(), Task(Noise(Gaussian(), 25.0, 25.0), "known", 1), network)
    train(model, draw, 200, 0.3, rng(2))

    total = sigma**2 * (1 + last_probe(model.config, Learner(model).coordinate) ** 2)
    transfer = -1 / (spectrum + total)
    kernel, impulse = torch.fft.ifft2(transfer).real, torch.zeros(1, 1, side, side)
    impulse[..., 0, 0] = 1.0
    with torch.no_grad():
        dark, lit = (Learner(model).score_of_image(y, 25.0)[0, 0] for y in (0 * impulse, impulse))
    assert float((lit - dark - kernel).norm() / kernel.norm()) < 0.08

    clean = draw_clean()
    y = Gaussian().resample(clean, levels.double(), draws)[:1]

    def filtered(response):
        return torch.fft.ifft2(response * torch.fft.fft2(y - mean)).real

    with torch.no_grad():
        score = Learner(model).score_of_image(y.float(), 25.0).double()
        found = METHOD.denoise(model, y.float(), 25.0).double()
    exact, wiener = filtered(transfer), mean + filtered(spectrum / (spectrum + sigma**2))
    assert float((score - exact).norm() / exact.norm()) < 0.05
    least = float((spectrum * sigma**2 / (spectrum + sigma**2)).mean())
    assert db_above(found.numpy(), wiener.numpy(), least) < 0.02
