"""`network=` of every method that takes a network off the shelf."""

import pytest
import torch

from denoisebench.errors import UserError
from denoisebench.nn.shelf import NETWORKS, UNSTEADY
from denoisebench.noise.family import Noise
from denoisebench.noise_models.gaussian import Gaussian
from denoisebench.noise_models.poisson import Poisson
from denoisebench.plugin.method import Batch, Denoised, Model, Task, TrainingStep
from denoisebench.registry.loader import load
from denoisebench.specs import config_spec

METHODS = (
    "noise2score",
    "noise2noise",
    "supervised",
    "neighbor2neighbor",
    "blind2unblind",
    "r2r",
    "noise2self",
    "noise2same",
    "sure",
    "unsure",
    "pure",
)
RATES = {"dncnn-deep": 1e-4}

SLOW = {("dncnn", "unsure"), ("unet-transposed", "blind2unblind")}
"""Its 20 layers, one after the other, all move in a step; a training begins with smaller ones."""

STEPPED = [f"{name}:invariance=0.01" if name == "noise2same" else name for name in METHODS]
"""Noise2Same's invariance is at its least at a fresh network, and with its usual weight any step
makes the loss greater at first."""

QUICK = [name for name in NETWORKS if name not in UNSTEADY]  # the others take a second a step


@pytest.fixture(scope="module")
def registries():
    return load()


def task_of(method, channels=1):
    noise = Noise(Poisson(), 0.05, 0.05) if method == "pure" else Noise(Gaussian(), 25.0, 25.0)
    return Task(noise, "known", channels)


def batch_of(task, count=2, side=32):
    """Noisy patches of a gray ramp, their targets and levels."""
    rng = torch.Generator().manual_seed(0)
    ramp = torch.linspace(0.2, 0.8, side).expand(count, task.channels, side, side)
    level = torch.full((count, 1, 1, 1), task.noise.low)
    return Batch(task.noise.family.resample(ramp, level, rng), ramp.contiguous(), level)


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("network", NETWORKS)
def test_every_method_takes_every_network(registries, method, network):
    found, config = registries.method(f"{method}:network={network}")
    assert config.network == network
    assert found.declines(config, task_of(method)) is None
    spec = method if network == "unet" else f"{method}:network={network}"
    assert str(config_spec(method, config)) == spec  # so that names and ids are as before


@pytest.mark.parametrize("method", METHODS)
def test_the_default_is_the_unet_and_is_left_out_of_the_spec(registries, method):
    _, config = registries.method(method)
    assert config.network == "unet"
    assert str(config_spec(method, config)) == method


@pytest.mark.parametrize("method", METHODS)
def test_a_wrong_name_is_one_line_with_the_known_ones(registries, method):
    with pytest.raises(UserError) as raised:
        registries.method(f"{method}:network=mlp")
    known = ", ".join(NETWORKS)
    assert str(raised.value) == f"{method}.network: 'mlp' is none of {known}"


@pytest.mark.parametrize("spec", ["noise2score", "noise2self:fill=zero"])
@pytest.mark.parametrize("network", NETWORKS)
def test_the_network_fits_the_task_with_the_mask_as_one_more_channel(registries, spec, network):
    method, config = registries.method(f"{spec}:network={network}")
    inputs = 4 if "zero" in spec else 3
    net = method.network(config, task_of(method.name, channels=3)).requires_grad_(False)
    assert net(torch.zeros(1, inputs, 32, 32)).shape == (1, 3, 32, 32)


@pytest.mark.parametrize("spec", [*STEPPED, "noise2self:fill=zero"])
@pytest.mark.parametrize("network", QUICK)
def test_a_step_of_training_lowers_the_loss(registries, spec, network):
    method, config = registries.method(f"{spec}:network={network}")
    task = task_of(method.name)
    batch, image = batch_of(task), batch_of(task, count=1).noisy[:, :, :19, :27]
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        model = Model(config, task, method.network(config, task))
    rate, steps = (1e-4, 4) if (network, spec) in SLOW else (RATES.get(network, 1e-3), 2)
    adam = torch.optim.Adam(model.network.parameters(), lr=rate)
    losses = []
    for _ in range(steps):
        rng = torch.Generator().manual_seed(0)  # the same draws at each step
        loss = method.loss(model, batch, TrainingStep(0, 2, 2), rng).mean()
        adam.zero_grad()
        loss.backward()
        adam.step()
        losses.append(float(loss.detach()))
    assert losses[-1] < losses[0]
    with torch.no_grad():
        found = method.denoise(model, image, task.noise.low)
    found = found.image if isinstance(found, Denoised) else found
    assert found.shape == image.shape
    assert bool(torch.isfinite(found).all())


@pytest.mark.parametrize("method", ["sure", "unsure", "pure"])
@pytest.mark.parametrize("network", NETWORKS)
def test_an_estimate_of_slopes_warns_of_networks_that_move_by_themselves(
    registries, method, network
):
    found, config = registries.method(f"{method}:network={network}")
    warning = found.warns(config, task_of(method))
    assert (warning is not None) == (network in UNSTEADY)
    assert warning is None or warning.startswith(f"network={network} {UNSTEADY[network]}")
