"""`unsure`: its Lagrangian, its saddle where that is known in closed form, and what it takes."""

import math

import pytest
import torch
from torch import nn

from denoisebench.errors import UserError
from denoisebench.noise.family import Noise
from denoisebench.noise_models.correlated import Correlated
from denoisebench.noise_models.gaussian import Gaussian
from denoisebench.noise_models.multivariate import MultivariateGaussian
from denoisebench.noise_models.poisson import Poisson
from denoisebench.plugin.method import Batch, Denoised, Model, Task, TrainingStep
from denoisebench.registry.loader import load
from unbiased_risk import Unsure
from unbiased_risk.config import UnsureConfig
from unbiased_risk.probes import signs_like
from unbiased_risk.sure import sure
from unbiased_risk.unsure import START, WithMultiplier, decayed, level_of, probe, risen, unsure

METHOD = Unsure()
SIGMA = 0.1


def rng(seed=0):
    return torch.Generator().manual_seed(seed)


def task(family=None, low=25.0, high=25.0, parameters="unknown", channels=1):
    return Task(Noise(family or Gaussian(), low, high), parameters, channels)


def test_at_the_variance_of_the_noise_it_is_steins_risk_and_that_variance():
    y = 0.5 + 0.2 * torch.randn(2, 1, 16, 16, generator=rng())
    sigma, epsilon = torch.full((2, 1, 1, 1), SIGMA), torch.tensor(0.0036)
    stein = sure(torch.tanh, y, sigma, epsilon, rng(1))
    ours, _ = unsure(torch.tanh, y, signs_like(y, rng(1)), torch.tensor(SIGMA**2), epsilon)
    torch.testing.assert_close(SIGMA**2 * ours, stein + SIGMA**2)


def test_the_divergence_of_a_linear_filter_is_its_middle_tap_at_any_probe():
    y = torch.randn(4, 1, 256, 256, generator=rng())

    def f(image):
        return 0.3 * image + 0.4 * image.roll(1, -1)

    for epsilon in (0.01, 1.0):
        b = signs_like(y, rng(1))
        loss, found = unsure(f, y, b, torch.tensor(0.5), torch.tensor(epsilon))
        assert found.tolist() == pytest.approx([0.3] * 4, abs=0.01)
        fit = (f(y) - y).square().mean(dim=(1, 2, 3))
        torch.testing.assert_close(loss, 2.0 * fit + 2.0 * found)


def test_the_multiplier_rises_while_the_divergence_is_above_0_and_falls_below():
    start = torch.tensor(START).log()
    assert float(risen(start, torch.tensor([0.5, 0.1]), 0.01) - start) == pytest.approx(
        0.012, abs=1e-6
    )
    assert float(risen(start, torch.tensor([-0.5, 0.1]), 0.01) - start) == pytest.approx(
        -0.008, abs=1e-6
    )
    assert float(risen(start, torch.zeros(3), 0.01)) == float(start)


def textures(count, side, s, seed):
    """Images of a given spectrum, on a torus: (count, 1, side, side)."""
    white = torch.randn(count, 1, side, side, generator=rng(seed))
    return torch.fft.ifft2(torch.fft.fft2(white) * s.sqrt()).real


def test_of_linear_filters_the_saddle_is_that_of_the_closed_form():
    """H = 1 − η/(S + σ²),   η = 1/mean over frequencies of 1/(S + σ²)."""
    side, sigma = 16, 0.5
    frequency = torch.fft.fftfreq(side).square()
    s = 4.0 * torch.exp(-60.0 * (frequency[:, None] + frequency))
    eta = 1.0 / float((1.0 / (s + sigma**2)).mean())
    expected = 1.0 - eta / (s + sigma**2)
    gains = torch.ones(side, side, requires_grad=True)
    adam, steps = torch.optim.Adam([gains]), 500
    log_root = torch.tensor(0.1).log()

    def f(image):
        return torch.fft.ifft2(torch.fft.fft2(image) * gains).real

    for i in range(steps):
        adam.param_groups[0]["lr"] = decayed(0.03, i / steps)
        noise = sigma * torch.randn(32, 1, side, side, generator=rng(5000 + i))
        y = textures(32, side, s, i) + noise
        root = log_root.exp()
        loss, divergence = unsure(f, y, signs_like(y, rng(i)), root.square(), 0.05 * root)
        adam.zero_grad()
        loss.mean().backward()
        adam.step()
        log_root = risen(log_root, divergence, decayed(UnsureConfig().step, i / steps))
    assert float(log_root.exp()) ** 2 == pytest.approx(eta, rel=0.02)
    assert eta > 1.1 * sigma**2
    away = gains.detach() - expected
    assert float(away.square().mean().sqrt()) < 0.03
    assert float(away.abs().max()) < 0.1


@pytest.mark.parametrize(
    ("family", "channels"),
    [(Correlated(1.0), 1), (MultivariateGaussian((1.0, 0.5, 0.2, 2.0, 0.1, 0.4)), 3)],
)
def test_the_probe_has_the_covariance_of_the_noise(family, channels):
    shape = (channels, 4, 6)
    drawn = probe(family, torch.zeros(20_000, *shape), rng()).flatten(1).double()
    impulses = torch.eye(math.prod(shape), dtype=torch.float64).view(-1, *shape)
    told = family.times_covariance(impulses, torch.tensor(1.0).double()).flatten(1)
    told = told * len(told) / told.trace()
    assert float((drawn.T @ drawn / 20_000 - told).abs().max()) < 0.08
    assert set(probe(Gaussian(), torch.zeros(1, 1, 8, 8), rng()).unique().tolist()) == {-1.0, 1.0}


def test_the_loss_is_of_order_one_for_any_eta_at_the_best_linear_denoiser():
    """2 − η/v for normal pixels of variance v, of f(y) = (1 − η/v)·y."""
    y = SIGMA * torch.randn(1, 1, 1000, 1000, generator=rng())
    for eta in (1e-4, 0.003, 0.01):
        gain, epsilon = 1.0 - eta / SIGMA**2, torch.tensor(0.01)
        b = signs_like(y, rng(1))
        loss, _ = unsure(lambda image, g=gain: g * image, y, b, torch.tensor(eta), epsilon)
        assert float(loss) == pytest.approx(2.0 - eta / SIGMA**2, abs=0.01)


def test_the_step_falls_to_nothing_with_the_training():
    assert [decayed(0.01, share) for share in (0.0, 0.5, 1.0)] == pytest.approx([0.01, 0.005, 0.0])


def model_of(task, network=None):
    torch.manual_seed(0)
    network = network or nn.Conv2d(task.channels, task.channels, 3, padding=1)
    return Model(UnsureConfig(), task, WithMultiplier(network))


def test_a_step_of_training_moves_the_multiplier_and_a_look_at_the_loss_does_not():
    model = model_of(task())
    batch = Batch(torch.rand(4, 1, 32, 32, generator=rng()), None, None)
    with torch.no_grad():
        before = METHOD.loss(model, batch, TrainingStep(0, 10, 4), rng())
    assert float(model.network.log_root.exp()) == pytest.approx(START)
    loss = METHOD.loss(model, batch, TrainingStep(0, 10, 4), rng())
    torch.testing.assert_close(loss, before)  # the step is made after
    assert float(model.network.log_root.exp()) > START  # f is next to the identity
    loss.mean().backward()
    assert model.network.network.weight.grad.isfinite().all()


def test_it_reports_what_it_learned_as_the_level_of_every_image():
    y = torch.rand(1, 1, 20, 33, generator=rng())
    found = METHOD.denoise(model_of(task()), y, None)
    assert isinstance(found, Denoised)
    assert found.level == pytest.approx(255.0 * START)
    told = METHOD.denoise(model_of(task()), y, 25.0)
    assert torch.equal(told, found.image)
    of_channels = model_of(task(MultivariateGaussian((4.0, 0.0, 0.0, 4.0, 0.0, 4.0)), channels=3))
    family = of_channels.task.noise.family
    assert level_of(of_channels.network, family, 3) == pytest.approx(
        127.5 * START
    )  # of a variance of 4


def test_it_learns_from_the_test_noise_itself_and_takes_gaussian_noise_of_one_level():
    noise = Noise(Gaussian(), 25.0, 25.0)
    assert METHOD.blind_noise(UnsureConfig(), noise) == noise
    for family in (Gaussian(), Correlated(1.0)):
        for parameters in ("known", "unknown"):
            assert METHOD.declines(UnsureConfig(), task(family, parameters=parameters)) is None
    assert "range" in METHOD.declines(UnsureConfig(), task(high=50.0))
    for family in (Poisson(), MultivariateGaussian()):
        assert "gaussian noise" in METHOD.declines(UnsureConfig(), task(family))


def test_its_settings_are_checked():
    registries = load()
    _, config = registries.method("unsure:step=0.1:epsilon=0.05")
    assert config == UnsureConfig(step=0.1, epsilon=0.05)
    for wrong in ("step=0", "epsilon=2", "network=mlp"):
        with pytest.raises(UserError):
            registries.method(f"unsure:{wrong}")
