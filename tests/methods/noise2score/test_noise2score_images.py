"""Noise2Score as the suite calls it: any image at any size, a level told or found, one pass of the
network, and what can be set."""

import itertools
import math

import pytest
import torch
from torch import nn

from denoisebench.errors import UserError
from denoisebench.nn.shared_unet import SharedUNet
from denoisebench.nn.unet import UNet
from denoisebench.noise.family import Noise, NoiseFamily
from denoisebench.noise.level_reading import LevelUnknownError
from denoisebench.noise_models.gamma import Gamma
from denoisebench.noise_models.gaussian import Gaussian
from denoisebench.noise_models.poisson import Poisson
from denoisebench.noise_models.weibull import Weibull
from denoisebench.plugin.method import Batch, Denoised, Evidence, Model, Task, TrainingStep
from denoisebench.specs import build_config, parse_spec
from noise2score import Config, Noise2Score

METHOD = Noise2Score()
FAMILIES = {family.name: family for family in (Gaussian(), Poisson(), Gamma(), Weibull())}
TOLD = {"gaussian": 25.0, "poisson": 0.01, "gamma": 50.0, "weibull": 10.0}
SIZES = [(1, 1, 1, 1), (1, 3, 7, 9), (1, 1, 33, 70), (1, 3, 32, 1)]
NAMES = pytest.mark.parametrize("name", FAMILIES)


class Counting(nn.Module):
    """One convolution that counts how often it runs.  H and W are multiples of 8."""

    multiple = 8

    def __init__(self, channels=1):
        super().__init__()
        self.layer = nn.Conv2d(channels, channels, 3, padding=1)
        self.passes = 0

    def forward(self, x):
        self.passes += 1
        return self.layer(x)


def rng(seed=0):
    return torch.Generator().manual_seed(seed)


def model_of(name, parameters="known", network=None, channels=1, **settings):
    torch.manual_seed(0)
    family = FAMILIES[name]
    told = TOLD[name]
    noise = Noise(family, told, told) if parameters == "known" else Noise(family, *family.blind)
    task = Task(noise, parameters, channels)
    config = Config(**settings)
    return Model(config, task, network or Counting(channels))


def noisy_image(name, *shape):
    slope = torch.linspace(0.2, 0.8, shape[-1]).expand(shape).contiguous()
    return FAMILIES[name].resample(slope, torch.tensor(TOLD[name]), rng(3))


def denoise(model, noisy, level):
    with torch.no_grad():
        return METHOD.denoise(model, noisy, level)


def images(shape):
    """Black, white, gray, negative, forgotten to be scaled, far too large."""
    return [torch.full(shape, value) for value in (0.0, 1.0, 0.5, -0.4, 255.0, 1e6)]


@NAMES
@pytest.mark.parametrize("parameters", ["known", "unknown"])
@pytest.mark.parametrize("shape", SIZES)
def test_any_image_of_any_size_is_denoised_to_numbers(name, parameters, shape):
    torch.manual_seed(1)
    network = UNet(shape[1], width=8)
    model = model_of(name, parameters, network, shape[1])
    level = TOLD[name] if parameters == "known" else None
    refused = []
    for noisy in [noisy_image(name, *shape), *images(shape)]:
        try:
            found = denoise(model, noisy, level)
        except LevelUnknownError:
            refused.append(noisy)
            continue
        if parameters == "unknown":
            assert FAMILIES[name].lowest <= found.level <= FAMILIES[name].highest
            found = found.image
        assert found.shape == shape
        assert found.dtype == torch.float32
        assert torch.isfinite(found).all()
    assert parameters == "unknown" or not refused


@NAMES
@pytest.mark.parametrize("choice", ["identity", "raw"])
def test_the_papers_coordinates_and_network_take_any_image_too(name, choice):
    torch.manual_seed(1)
    model = model_of(name, network=SharedUNet(1), coordinate=choice)
    for noisy in [noisy_image(name, 1, 1, 7, 9), *images((1, 1, 7, 9))]:
        found = denoise(model, noisy, TOLD[name])
        assert found.shape == noisy.shape
        assert torch.isfinite(found).all()


@NAMES
@pytest.mark.parametrize("parameters", ["known", "unknown"])
@pytest.mark.parametrize("probe", ["paired", "single"])
@pytest.mark.parametrize("schedule", ["geometric", "paper", "sawtooth", "mixed"])
def test_every_training_step_has_a_loss_and_a_slope_for_every_patch(
    name, parameters, probe, schedule
):
    model = model_of(name, parameters, channels=3, probe=probe, schedule=schedule)
    noisy = noisy_image(name, 2, 3, 16, 24)
    level = torch.full((2, 1, 1, 1), TOLD[name]) if parameters == "known" else None
    loss = METHOD.loss(model, Batch(noisy, None, level), TrainingStep(3, 10, 2), rng())
    assert loss.shape == (2,)
    assert torch.isfinite(loss).all()
    loss.sum().backward()
    for weights in model.network.parameters():
        assert torch.isfinite(weights.grad).all()
        assert weights.grad.abs().max() > 0
    assert model.network.passes == 1


@NAMES
def test_a_known_level_takes_one_pass_and_gives_the_image_alone(name):
    model = model_of(name)
    assert isinstance(denoise(model, noisy_image(name, 1, 1, 24, 30), TOLD[name]), torch.Tensor)
    assert model.network.passes == 1


@NAMES
def test_a_level_told_to_a_network_that_was_trained_without_is_the_one_used(name):
    model, noisy = model_of(name, "unknown"), noisy_image(name, 1, 1, 64, 64)
    low, high = FAMILIES[name].blind
    told = [denoise(model, noisy, level) for level in (low, math.sqrt(low * high), high)]
    assert model.network.passes == 3
    for one, other in itertools.combinations(told, 2):
        assert float((one - other).abs().max()) > 1e-4
    found = denoise(model, noisy, None)
    assert torch.equal(found.image, denoise(model, noisy, found.level))


@NAMES
@pytest.mark.parametrize(
    ("estimate", "passes"), [("patches", 1), ("penalty", 1), ("closed-form", 3)]
)
def test_an_unknown_level_is_found_and_said_in_few_passes(name, estimate, passes):
    model = model_of(name, "unknown", estimate=estimate)
    if METHOD.declines(model.config, model.task):
        assert name == "weibull"
        return
    found = denoise(model, noisy_image(name, 1, 1, 64, 64), None)
    assert isinstance(found, Denoised)
    assert model.network.passes == passes
    assert FAMILIES[name].lowest <= found.level <= FAMILIES[name].highest
    if estimate == "patches":
        assert found.level == pytest.approx(TOLD[name], rel=0.3)


def test_only_counts_as_they_are_take_a_pass_for_every_level_tried():
    noisy = noisy_image("poisson", 1, 1, 64, 64)
    model = model_of("poisson", "unknown", coordinate="raw", estimate="penalty")
    denoise(model, noisy, None)
    assert model.network.passes == 101
    for settings in ({"coordinate": "raw"}, {"coordinate": "identity", "estimate": "penalty"}):
        model = model_of("poisson", "unknown", **settings)
        denoise(model, noisy, None)
        assert model.network.passes == 1


class Impulses(NoiseFamily):
    """Pixels that turn white: no exponential family, so no Tweedie formula."""

    name, summary, symbol, unit = "impulses", "white pixels", "p", "share of pixels"
    lowest, highest, blind = 0.0, 1.0, (0.1, 0.5)

    def sample(self, clean, level, stream):
        return clean + (stream.uniform(clean.size).reshape(clean.shape) < level)


def test_it_declines_only_a_family_that_has_no_tweedie_formula():
    for parameters in ("known", "unknown"):
        for family in FAMILIES.values():
            task = Task(Noise(family, *family.blind), parameters, 3)
            assert METHOD.declines(Config(), task) is None
        reason = METHOD.declines(Config(), Task(Noise(Impulses(), 0.1, 0.1), parameters, 1))
        assert reason == "impulses noise has no Tweedie formula"


def test_how_a_level_is_estimated_is_no_part_of_the_training():
    config = Config(probe="single", schedule="mixed", coordinate="identity", network="unet-shared")
    for estimate in ("patches", "penalty", "closed-form"):
        asked = build_config(Config, parse_spec(f"noise2score:estimate={estimate}"))
        assert METHOD.trained_as(asked) == Config()
    assert METHOD.trained_as(config) == config


def test_it_sees_one_noisy_copy_and_runs_twice_on_a_patch_when_paired():
    assert METHOD.evidence(Config()) is Evidence.NOISY
    assert METHOD.passes_per_patch(Config()) == 2
    assert METHOD.passes_per_patch(Config(probe="single")) == 1


def test_the_network_is_the_one_that_is_asked_for_in_the_channels_of_the_task():
    task = Task(Noise(Gaussian(), 25.0, 25.0), "known", 3)
    for name, kind in (("unet", UNet), ("unet-shared", SharedUNet)):
        network = METHOD.network(Config(network=name), task)
        assert type(network) is kind
        assert network(torch.zeros(1, 3, 32, 32)).shape == (1, 3, 32, 32)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("probe=double", r"noise2score\.probe: 'double' is none of paired, single"),
        ("schedule=cosine", r"noise2score\.schedule: 'cosine' is none of geometric, paper, saw"),
        ("coordinate=log", r"noise2score\.coordinate: 'log' is none of own, identity, raw"),
        ("network=resnet", r"noise2score\.network: 'resnet' is none of unet, unet-shared"),
        ("estimate=guess", r"noise2score\.estimate: 'guess' is none of patches, penalty, closed"),
        ("probe_start=0.5", r"noise2score\.probe_end: 0 must be above 0 .* or leave both out"),
        ("probe_end=0.6", r"noise2score\.probe_end: 0\.6 must be .* above probe_start \(0\)"),
        ("probe_start=11:probe_end=1", r"noise2score\.probe_.*must not be above 10"),
        ("probe_start=nan", r"noise2score\.probe_"),
        ("probe_end=small", r"noise2score\.probe_end: 'small' is not a number"),
        (
            "probe_start=0.5:probe_end=0.1:schedule=paper",
            r"noise2score\.probe_start: the schedule paper has its own sizes",
        ),
    ],
)
def test_a_bad_setting_is_refused_by_its_dotted_name(text, message):
    with pytest.raises(UserError, match=message):
        build_config(Config, parse_spec(f"noise2score:{text}"))
