"""`sure` and `pure` as methods: what they see and decline, their units, settings and estimate."""

import pytest
import torch
from textures import Constant
from torch import nn

from denoisebench.errors import UserError
from denoisebench.nn.unet import UNet, conv3x3
from denoisebench.noise.family import Noise
from denoisebench.noise_models.gaussian import Gaussian
from denoisebench.noise_models.poisson import Poisson
from denoisebench.plugin.method import Batch, Evidence, Model, Task, TrainingStep
from denoisebench.registry.loader import load
from unbiased_risk import Pure, Sure
from unbiased_risk.config import PureConfig, SureConfig

GAUSSIAN = Task(Noise(Gaussian(), 25.0, 25.0), "known", 1)
POISSON = Task(Noise(Poisson(), 0.05, 0.05), "known", 1)
METHODS = [(Sure(), GAUSSIAN), (Pure(), POISSON)]
FIRST_ORDER = PureConfig(estimator="first-order")


def rng(seed=0):
    return torch.Generator().manual_seed(seed)


def loss_of(method, config, task, network, noisy, levels):
    batch = Batch(noisy, None, torch.tensor(levels).view(-1, 1, 1, 1))
    return method.loss(Model(config, task, network), batch, TrainingStep(0, 1, len(noisy)), rng())


@pytest.mark.parametrize(("method", "task"), METHODS)
def test_each_sees_one_noisy_copy_and_trains_in_float32_on_half_the_patches(method, task):
    config = method.config_type()
    assert method.evidence(config) is Evidence.NOISY
    assert method.float32
    assert method.passes_per_patch(config) == 2
    assert method.declines(config, task) is None


@pytest.mark.parametrize(
    ("method", "family", "why"),
    [
        (Sure(), Poisson(), "it is for gaussian noise; pure is for poisson"),
        (Pure(), Gaussian(), "it is for poisson noise; sure is for gaussian"),
    ],
)
def test_the_noise_of_the_other_is_declined(method, family, why):
    noise = Noise(family, *family.blind)
    assert method.declines(method.config_type(), Task(noise, "known", 1)) == why


@pytest.mark.parametrize(("method", "task"), METHODS)
def test_an_unknown_level_is_declined_and_a_range_of_known_ones_is_not(method, task):
    noise = task.noise.blind_range()
    why = method.declines(method.config_type(), Task(noise, "unknown", 1))
    assert why == "it must know the noise level of each training image"
    assert method.declines(method.config_type(), Task(noise, "known", 3)) is None


@pytest.mark.parametrize("epsilon", [0.036, 1.0])
def test_the_risk_of_doing_nothing_is_the_variance_of_gaussian_noise(epsilon):
    levels = [10.0, 25.0, 50.0]
    noisy = torch.rand((3, 1, 16, 16), generator=rng())
    config = SureConfig(epsilon=epsilon)
    loss = loss_of(Sure(), config, GAUSSIAN, Constant(0.0, torch.float32), noisy, levels)
    assert loss.dtype == torch.float32
    assert loss.tolist() == pytest.approx([(sigma / 255.0) ** 2 for sigma in levels], rel=1e-3)


@pytest.mark.parametrize(
    ("config", "spread"), [(FIRST_ORDER, 1e-3), (PureConfig(), 0.1), (PureConfig(stride=2), 0.05)]
)
def test_the_risk_of_doing_nothing_is_the_variance_of_poisson_noise(config, spread):
    levels = [0.01, 0.05, 0.1]
    noisy = torch.full((3, 3, 256, 256), 0.4)
    loss = loss_of(Pure(), config, POISSON, Constant(0.0, torch.float32), noisy, levels)
    assert loss.dtype == torch.float32
    assert loss.tolist() == pytest.approx([zeta * 0.4 for zeta in levels], rel=spread)


@pytest.mark.parametrize(("method", "task"), METHODS)
@pytest.mark.parametrize("shape", [(1, 1, 33, 47), (1, 3, 64, 32), (1, 1, 1, 1)])
def test_the_estimate_is_the_noisy_image_and_a_tenth_of_the_output_at_any_size(method, task, shape):
    image = torch.rand(shape, generator=rng()) * 1.4 - 0.2
    config = method.config_type()
    found = method.denoise(Model(config, task, nn.Identity()), image, 25.0)
    assert torch.allclose(found, 1.1 * image - 0.05, atol=1e-6)
    moved = method.denoise(Model(config, task, Constant(-2.5, torch.float32)), image, None)
    assert torch.allclose(moved, image - 0.25, atol=1e-6)


@pytest.mark.parametrize(("method", "task"), METHODS)
def test_an_image_smaller_than_the_network_needs_is_padded(method, task):
    network = UNet(1, width=4)
    image = torch.rand((1, 1, 19, 50), generator=rng())
    assert (
        method.denoise(Model(method.config_type(), task, network), image, 1.0).shape == image.shape
    )


@pytest.mark.parametrize(("method", "task"), METHODS)
@pytest.mark.parametrize("channels", [1, 3])
def test_the_network_fits_the_task(method, task, channels):
    network = method.network(method.config_type(), Task(task.noise, "known", channels))
    assert network(torch.zeros(1, channels, 32, 32)).shape == (1, channels, 32, 32)


@pytest.mark.parametrize(
    ("asked", "why"),
    [
        ("sure:epsilon=0", "epsilon: 0 standard deviations of the noise must lie in 0.001..1"),
        ("sure:epsilon=nan", "epsilon: 'nan' is not a number"),
        ("pure:estimator=second-order", "estimator: 'second-order' is none of sparse, first-order"),
        ("pure:stride=0", "stride: 0 px must lie in 1..32"),
        ("pure:estimator=first-order:epsilon=2", "epsilon: 2 counts must lie in 0.001..1"),
        ("pure:epsilon=0.5", "estimator=sparse steps by whole counts; leave epsilon out"),
        ("pure:estimator=first-order:stride=2", "probes every pixel; leave stride out"),
    ],
)
def test_a_setting_that_makes_no_sense_is_named(asked, why):
    with pytest.raises(UserError, match=why):
        load().method(asked)


def scenes(count, seed):
    """Smooth images (B, 1, 32, 32) between 0.2 and 0.8."""
    coarse = torch.rand((count, 1, 4, 4), generator=rng(seed)) * 0.6 + 0.2
    return nn.functional.interpolate(coarse, size=(32, 32), mode="bilinear")


@pytest.mark.parametrize(
    ("method", "config", "task"),
    [
        (Sure(), SureConfig(), GAUSSIAN),
        (Pure(), PureConfig(), POISSON),
        (Pure(), FIRST_ORDER, POISSON),
    ],
    ids=["sure", "pure", "first-order"],
)
def test_a_few_steps_without_a_clean_image_denoise(method, config, task):
    torch.manual_seed(0)
    network = nn.Sequential(conv3x3(1, 8), nn.LeakyReLU(0.1), conv3x3(8, 1))
    adam = torch.optim.Adam(network.parameters(), lr=0.02)
    draws, level = rng(1), torch.tensor(task.noise.low).view(1, 1, 1, 1)
    for step in range(40):
        noisy = task.noise.family.resample(scenes(8, step), level, draws)
        batch = Batch(noisy, None, level.expand(8, 1, 1, 1))
        loss = method.loss(Model(config, task, network), batch, TrainingStep(step, 40, 8), draws)
        adam.zero_grad()
        loss.mean().backward()
        adam.step()
    clean = scenes(8, 1000)
    noisy = task.noise.family.resample(clean, level, draws)
    with torch.no_grad():
        denoised = method.denoise(Model(config, task, network), noisy, task.noise.low)
    gain = (noisy - clean).square().mean() / (denoised - clean).square().mean()
    assert float(gain) > 1.6  # 2 dB
