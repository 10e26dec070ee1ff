"""Noise2Noise, supervised training and the identity: their evidence, loss and estimate."""

import pytest
import torch
from textures import Constant
from torch import nn

from classical import Identity, IdentityConfig
from denoisebench.nn.regression import RegressionConfig
from denoisebench.noise.family import Noise
from denoisebench.noise_models.gaussian import Gaussian
from denoisebench.noise_models.poisson import Poisson
from denoisebench.plugin.method import Batch, Evidence, Model, Task
from noise2noise import Noise2Noise
from supervised import Supervised

TASK = Task(Noise(Gaussian(), 25.0, 25.0), "known", 1)
CONFIG = RegressionConfig()
REGRESSIONS = [Noise2Noise(), Supervised()]


def rng():
    return torch.Generator().manual_seed(0)


def noisy(*shape):
    return torch.rand(shape, generator=rng()) * 1.4 - 0.2


def loss_of(method, network, seen, target):
    return method.loss(Model(CONFIG, TASK, network), Batch(seen, target, None), 0.5, rng())


def test_what_each_method_may_see():
    assert Noise2Noise().evidence(CONFIG) is Evidence.NOISY_PAIRS
    assert Supervised().evidence(CONFIG) is Evidence.CLEAN
    assert Identity().evidence(IdentityConfig()) is Evidence.NOTHING


@pytest.mark.parametrize("method", REGRESSIONS)
def test_the_loss_of_an_added_constant_is_its_squared_distance_from_the_target(method):
    target = torch.tensor([0.5, 0.75, 1.5]).view(3, 1, 1, 1).expand(3, 1, 4, 4)
    loss = loss_of(method, Constant(2.5), torch.full((3, 1, 4, 4), 0.5), target)  # ½ + ¼
    assert loss.dtype == torch.float32
    assert loss.tolist() == pytest.approx([0.0625, 0.0, 0.5625])


@pytest.mark.parametrize("method", REGRESSIONS)
def test_a_network_that_does_nothing_predicts_the_noisy_image(method):
    seen, target = noisy(2, 3, 8, 8), torch.zeros(2, 3, 8, 8)
    expected = seen.square().mean(dim=(1, 2, 3))
    assert torch.allclose(loss_of(method, Constant(0.0), seen, target), expected, atol=1e-6)


@pytest.mark.parametrize("method", REGRESSIONS)
def test_the_network_sees_the_noisy_image_around_zero(method):
    seen, target = noisy(2, 3, 8, 8), torch.zeros(2, 3, 8, 8)
    expected = (1.1 * seen - 0.05).square().mean(dim=(1, 2, 3))
    assert torch.allclose(loss_of(method, nn.Identity(), seen, target), expected, atol=1e-6)


@pytest.mark.parametrize("method", REGRESSIONS)
def test_the_best_added_constant_is_the_mean_of_what_is_missing(method):
    seen, target = torch.full((1, 1, 64, 64), 0.5), noisy(1, 1, 64, 64)
    network = nn.Conv2d(1, 1, 1)
    nn.init.zeros_(network.weight)
    nn.init.zeros_(network.bias)
    loss_of(method, network, seen, target).sum().backward()
    assert float(network.bias.grad) == pytest.approx(0.2 * (0.5 - float(target.mean())), abs=1e-5)


@pytest.mark.parametrize("method", REGRESSIONS)
@pytest.mark.parametrize("shape", [(1, 1, 33, 47), (1, 3, 64, 32), (1, 1, 1, 1)])
def test_the_estimate_is_the_noisy_image_and_what_the_network_adds_at_any_size(method, shape):
    task = Task(TASK.noise, "known", shape[1])
    image = noisy(*shape)
    found = method.denoise(Model(CONFIG, task, nn.Identity()), image, 25.0)
    assert torch.allclose(found, 1.1 * image - 0.05, atol=1e-6)
    moved = method.denoise(Model(CONFIG, task, Constant(-2.5)), image, None)
    assert torch.allclose(moved, image - 0.25, atol=1e-6)


@pytest.mark.parametrize("method", REGRESSIONS)
@pytest.mark.parametrize("channels", [1, 3])
def test_the_network_fits_the_task(method, channels):
    network = method.network(CONFIG, Task(TASK.noise, "known", channels))
    assert network(torch.zeros(1, channels, 32, 32)).shape == (1, channels, 32, 32)


@pytest.mark.parametrize("method", [*REGRESSIONS, Identity()])
@pytest.mark.parametrize("parameters", ["known", "unknown"])
def test_no_noise_is_declined(method, parameters):
    noise = Noise(Poisson(), 0.01, 0.1)
    assert method.declines(method.config_type(), Task(noise, parameters, 3)) is None


def test_the_identity_gives_the_noisy_image_back():
    image = noisy(1, 3, 33, 47)
    for level in (25.0, None):
        assert torch.equal(Identity().denoise(IdentityConfig(), TASK, image, level), image)
