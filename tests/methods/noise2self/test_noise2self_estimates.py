"""What Noise2Self makes of an image: the J-invariant estimate, one pass, or a mix with the noisy
pixel; and what can be set."""

import math

import pytest
import torch
from noises import Odd
from torch import nn

from denoisebench.errors import UserError
from denoisebench.nn.unet import UNet
from denoisebench.noise.family import Noise
from denoisebench.noise_models.gamma import Gamma
from denoisebench.noise_models.gaussian import Gaussian
from denoisebench.noise_models.poisson import Poisson
from denoisebench.noise_models.weibull import Weibull
from denoisebench.plugin.method import Denoised, Evidence, Model, Task
from denoisebench.registry.loader import load
from denoisebench.specs import build_config, parse_spec
from noise2self import Config, Noise2Self
from noise2self.masking import interpolated
from noise2self.mixing import mean_variance, mix
from noise2self.model import j_invariant

METHOD = Noise2Self()
FAMILIES = {family.name: family for family in (Gaussian(), Poisson(), Gamma())}
HETERO = ["heteroscedastic:40:10", "heteroscedastic-shared:40:10"]
LEVELS = {"gaussian": 25.5, "poisson": 0.02, "gamma": 25.0}  # of variance 0.01 at x = ½


def rng(seed=0):
    return torch.Generator().manual_seed(seed)


def task_of(name, parameters="known", channels=1):
    family, level = FAMILIES[name], LEVELS[name]
    noise = Noise(family, level, level) if parameters == "known" else Noise(family, *family.blind)
    return Task(noise, parameters, channels)


class Still(nn.Module):
    """Adds nothing: the estimate is the interpolated image.  Gives as many channels as it is to."""

    def forward(self, x):
        return torch.zeros_like(x)


def noisy_image(name, shape=(1, 1, 64, 64), value=0.5):
    clean = torch.full(shape, value)
    return FAMILIES[name].resample(clean, torch.tensor(LEVELS[name]), rng(3))


def test_the_mix_of_gaussian_noise_is_the_known_one():
    """L = 0.04, σ² = 0.01: V = 0.03 and λ = ¼."""
    noisy = torch.rand(1, 1, 8, 8, generator=rng())
    assert torch.allclose(mix(noisy + 0.2, noisy, Gaussian(), 25.5), noisy + 0.05, atol=1e-6)


def test_the_mix_of_poisson_and_gamma_noise_weighs_each_pixel_by_its_variance():
    """One estimate of ¼ and one of ¾, both 0.1 too high: L = 0.01."""
    invariant = torch.tensor([0.25, 0.75]).view(1, 1, 1, 2)
    noisy = invariant - 0.1
    rest = 0.01 - 0.01 * 0.4  # the noise's mean variance is ζ·0.4
    shares = [0.01 * f / (0.01 * f + rest) for f in (0.25, 0.75)]
    found = mix(invariant, noisy, Poisson(), 0.01)
    assert found.flatten().tolist() == pytest.approx(
        [0.15 + 0.1 * shares[0], 0.65 + 0.1 * shares[1]]
    )
    rest = 0.01 - (0.15**2 + 0.65**2) / 2 / 100
    shares = [f**2 / 99 / (f**2 / 99 + rest) for f in (0.25, 0.75)]
    found = mix(invariant, noisy, Gamma(), 99.0)
    assert found.flatten().tolist() == pytest.approx(
        [0.15 + 0.1 * shares[0], 0.65 + 0.1 * shares[1]]
    )


@pytest.mark.parametrize("name", FAMILIES)
def test_the_mix_has_the_error_of_the_best_average(name):
    """s·V/(s + V), on a flat image, where s = 0.01 everywhere."""
    noisy = noisy_image(name, (1, 1, 512, 512))
    for error in (0.005, 0.02):
        invariant = 0.5 + math.sqrt(error) * torch.randn(noisy.shape, generator=rng(4)) / 10
        found = float((mix(invariant, noisy, FAMILIES[name], LEVELS[name]) - 0.5).square().mean())
        error /= 100
        assert found == pytest.approx(0.01 * error / (0.01 + error), rel=0.12)


@pytest.mark.parametrize("name", FAMILIES)
def test_an_estimate_as_good_as_can_be_told_is_kept_as_it_is(name):
    noisy = noisy_image(name)
    invariant = noisy + 1e-4
    assert torch.allclose(mix(invariant, noisy, FAMILIES[name], LEVELS[name]), invariant, atol=1e-7)


@pytest.mark.parametrize("name", FAMILIES)
def test_black_and_negative_images_are_mixed_to_numbers(name):
    for value in (0.0, -0.3):
        image = torch.full((1, 3, 4, 4), value)
        assert torch.allclose(mix(image, image, FAMILIES[name], LEVELS[name]), image)


@pytest.mark.parametrize("text", ["gaussian:25", "poisson:0.02", "gamma:25", "weibull:4", *HETERO])
def test_the_mean_variance_is_told_from_the_noisy_image(text):
    """Of three grays, half of the image black."""
    clean = torch.tensor([0.0, 0.0, 0.3, 0.9]).view(1, 1, 1, 4).expand(1, 1, 50000, 4)
    noise = load().noise(text)
    level = torch.tensor(noise.low)
    noisy = noise.family.resample(clean, level, rng(5))
    found = float(mean_variance(noisy, noise.family, level))
    assert found == pytest.approx(float((noisy - clean).square().mean()), rel=0.06)


def test_one_pass_sees_the_whole_image_and_marks_nothing_as_hidden():
    seen = []

    class Watching(nn.Module):
        def forward(self, x):
            seen.append(x)
            return x[:, :1]

    noisy = torch.rand(1, 1, 9, 10, generator=rng())
    plain = Model(Config(inference="single"), task_of("gaussian"), Watching())
    expected = interpolated(noisy) + 0.1 * (noisy - 0.5)
    assert torch.allclose(METHOD.denoise(plain, noisy, None), expected)
    marked = Model(Config(inference="single", fill="zero"), task_of("gaussian"), Watching())
    assert torch.allclose(METHOD.denoise(marked, noisy, None), noisy, atol=1e-6)
    assert [tuple(x.shape) for x in seen] == [(1, 1, 9, 10), (1, 2, 9, 10)]
    assert (seen[1][:, 1] == 0.0).all()


@pytest.mark.parametrize("name", FAMILIES)
def test_a_known_level_is_mixed_by_and_an_unknown_one_found_and_said(name):
    noisy = noisy_image(name)
    level = LEVELS[name]
    for parameters, told in (("known", level), ("unknown", None)):
        model = Model(Config(inference="mixed"), task_of(name, parameters), Still())
        found = METHOD.denoise(model, noisy, told)
        if told is None:
            assert found.level == pytest.approx(level, rel=0.1)
            told, found = found.level, found.image
        assert torch.equal(found, mix(interpolated(noisy), noisy, FAMILIES[name], told))


def test_nothing_is_mixed_where_the_image_does_not_tell_its_level():
    noisy = torch.zeros(1, 1, 3, 3)
    model = Model(Config(inference="mixed"), task_of("poisson", "unknown"), Still())
    assert FAMILIES["poisson"].estimate(noisy[0].numpy()) is None
    found = METHOD.denoise(model, noisy, None)
    assert found.level is None
    assert torch.equal(found.image, j_invariant(model, noisy))


@pytest.mark.parametrize("inference", ["j-invariant", "single", "mixed"])
@pytest.mark.parametrize("fill", ["interpolate", "zero"])
@pytest.mark.parametrize("shape", [(1, 1, 33, 47), (1, 3, 8, 70), (1, 1, 1, 5), (1, 3, 1, 1)])
def test_any_image_of_any_size_is_denoised_to_numbers(inference, fill, shape):
    torch.manual_seed(0)
    inputs = shape[1] + (fill == "zero")
    task, config = task_of("poisson", "unknown", shape[1]), Config(inference=inference, fill=fill)
    model = Model(config, task, UNet(inputs, shape[1], width=8))
    for noisy in (torch.rand(shape, generator=rng()), torch.full(shape, -0.4)):
        with torch.no_grad():
            found = METHOD.denoise(model, noisy, None)
        found = found.image if isinstance(found, Denoised) else found
        assert found.shape == shape
        assert torch.isfinite(found).all()


@pytest.mark.parametrize("channels", [1, 3])
def test_the_network_takes_the_mask_where_hidden_pixels_are_zero(channels):
    for fill, inputs in (("interpolate", channels), ("zero", channels + 1)):
        network = METHOD.network(Config(fill=fill), task_of("gaussian", channels=channels))
        assert network(torch.zeros(1, inputs, 32, 32)).shape == (1, channels, 32, 32)


def test_it_sees_one_noisy_copy_and_inference_is_no_part_of_the_training():
    assert METHOD.evidence(Config()) is Evidence.NOISY
    assert METHOD.passes_per_patch(Config()) == 1
    for inference in ("j-invariant", "single", "mixed"):
        assert METHOD.trained_as(Config(width=3, inference=inference)) == Config(width=3)


@pytest.mark.parametrize("parameters", ["known", "unknown"])
def test_it_declines_what_depends_between_pixels_or_has_another_mean(parameters):
    for family in (*FAMILIES.values(), Weibull(), Odd("mean", True)):
        task = Task(Noise(family, *family.blind), parameters, 3)
        assert METHOD.declines(Config(), task) is None
    reasons = {
        ("mean", False): "odd noise is not independent between pixels",
        ("mode", True): "the mean of odd noise is not the clean image",
        ("pixels", True): "the mean of odd noise is not the clean image",
    }
    for (preserves, independent), reason in reasons.items():
        task = Task(Noise(Odd(preserves, independent), 0.5, 0.5), parameters, 1)
        assert METHOD.declines(Config(), task) == reason


def test_it_mixes_only_noise_whose_family_tells_its_variance():
    mixed = Config(inference="mixed")
    for family in FAMILIES.values():
        for parameters in ("known", "unknown"):
            task = Task(Noise(family, *family.blind), parameters, 1)
            assert METHOD.declines(mixed, task) is None
    reason = "inference=mixed needs the variance, and odd noise does not define it"
    assert METHOD.declines(mixed, Task(Noise(Odd("mean", True), 0.5, 0.5), "known", 1)) == reason
    assert METHOD.declines(mixed, Task(Noise(Weibull(), 2.0, 2.0), "known", 1)) is None


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("width=1", r"noise2self\.width: 1 must lie in 2\.\.16"),
        ("fill=mean", r"noise2self\.fill: 'mean' is none of interpolate, zero"),
        ("inference=plain", r"noise2self\.inference: 'plain' is none of j-invariant, single, mix"),
    ],
)
def test_a_bad_setting_is_refused_by_its_dotted_name(text, message):
    with pytest.raises(UserError, match=message):
        build_config(Config, parse_spec(f"noise2self:{text}"))
