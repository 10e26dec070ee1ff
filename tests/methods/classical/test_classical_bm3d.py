"""BM3D and Anscombe-BM3D through the package `bm3d`: run by `make bm3d`, which installs it."""

import numpy as np
import pytest
import torch

from classical import AnscombeBm3d, Bm3d
from denoisebench.noise.family import Noise
from denoisebench.noise_models.gaussian import Gaussian
from denoisebench.noise_models.poisson import Poisson
from denoisebench.noise_models.poisson_gaussian import PoissonGaussian
from denoisebench.plugin.method import Task

pytestmark = pytest.mark.bm3d
bm3d = pytest.importorskip("bm3d", reason="the optional package bm3d is not installed")

PROFILES = ["np", "lc", "vn", "high"]
METHODS = {
    "gaussian": (Bm3d(), Gaussian(), 25.0),
    "poisson": (AnscombeBm3d(), Poisson(), 0.03),
    "poisson-gaussian": (AnscombeBm3d(), PoissonGaussian(5.0, 0.05), 0.03),
}
EACH = pytest.mark.parametrize("name", METHODS)


def clean_image(channels, height=40, width=48):
    """Stripes over a shade, which the channels share but for a factor."""
    row, column = np.mgrid[:height, :width] / 64.0
    stripes = 0.4 + 0.3 * row + 0.2 * np.sin(30.0 * (row + column))
    shapes = [stripes, 0.9 * stripes + 0.1 * column, 0.8 * stripes]
    return torch.tensor(np.stack(shapes[:channels]), dtype=torch.float32)[None]


def task_of(name, channels, parameters="known"):
    family = METHODS[name][1]
    return Task(Noise(family, *family.blind), parameters, channels)


def noisy_image(name, clean, seed=0):
    _, family, level = METHODS[name]
    pixels = Noise(family, level, level).noisy(clean[0].numpy(), seed=seed)[0]
    return torch.from_numpy(pixels)[None]


def denoised(name, noisy, level, **settings):
    method = METHODS[name][0]
    parameters = "unknown" if level is None else "known"
    task = task_of(name, noisy.shape[1], parameters)
    return method.denoise(method.config_type(**settings), task, noisy, level)


def psnr_db(image, clean):
    return -10.0 * float((image - clean).square().mean().log10())


@EACH
def test_nothing_is_declined_where_the_package_is_there(name):
    method = METHODS[name][0]
    for parameters in ("known", "unknown"):
        task = task_of(name, 3, parameters)
        assert method.declines(method.config_type(), task) is None


@pytest.mark.parametrize(
    ("name", "channels", "profile"),
    [("gaussian", 3, "np"), ("poisson", 3, "np")]
    + [(name, 1, profile) for name in METHODS for profile in PROFILES],
)
def test_noise_of_the_level_told_is_removed(name, channels, profile):
    clean = clean_image(channels)
    noisy = noisy_image(name, clean)
    found = denoised(name, noisy, METHODS[name][2], profile=profile)
    assert found.level is None
    assert found.image.dtype == torch.float32
    assert psnr_db(found.image, clean) > psnr_db(noisy, clean) + 9.0


@EACH
@pytest.mark.parametrize("channels", [1, 3])
def test_the_result_is_the_same_to_the_bit_every_time(name, channels):
    noisy = noisy_image(name, clean_image(channels))
    first = denoised(name, noisy, METHODS[name][2]).image
    assert torch.equal(denoised(name, noisy, METHODS[name][2]).image, first)


@pytest.mark.parametrize("channels", [1, 3])
def test_scaled_and_shifted_images_give_scaled_and_shifted_estimates(channels):
    noisy = noisy_image("gaussian", clean_image(channels))
    expected = 1.7 * denoised("gaussian", noisy, 25.0).image - 0.3
    found = denoised("gaussian", 1.7 * noisy - 0.3, 42.5).image
    assert float((found - expected).square().mean().sqrt()) < 1e-3


@EACH
def test_colour_is_better_than_each_channel_for_itself(name):
    clean = clean_image(3)
    noisy = noisy_image(name, clean)
    level = METHODS[name][2]
    apart = [denoised(name, noisy[:, c : c + 1], level).image for c in range(3)]
    together = denoised(name, noisy, level).image
    assert psnr_db(together, clean) > psnr_db(torch.cat(apart, dim=1), clean) + 0.5


@pytest.mark.parametrize("profile", PROFILES)
@pytest.mark.parametrize("shape", [(1, 1, 1), (3, 8, 8), (1, 8, 60), (1, 17, 33)])
def test_an_image_of_any_size_is_denoised(profile, shape):
    clean = clean_image(*shape)
    found = denoised("gaussian", noisy_image("gaussian", clean), 25.0, profile=profile).image
    assert found.shape == clean.shape
    assert found.isfinite().all()


@pytest.mark.parametrize(
    ("name", "value"), [("gaussian", 0.0), ("gaussian", 0.5), ("poisson", 0.0)]
)
def test_a_blank_colour_image_stays_as_it_is(name, value):
    blank = torch.full((1, 3, 32, 40), value)
    found = denoised(name, blank, METHODS[name][2]).image
    assert torch.allclose(found, blank, atol=2e-3)


@EACH
def test_a_gray_image_stored_as_colour_is_denoised_as_gray(name):
    noisy = noisy_image(name, clean_image(1))
    level = METHODS[name][2]
    found = denoised(name, noisy.expand(1, 3, -1, -1).contiguous(), level).image
    assert torch.equal(found, denoised(name, noisy, level).image.expand_as(found))


@EACH
@pytest.mark.parametrize("channels", [1, 3])
def test_an_unknown_level_is_estimated_used_and_told(name, channels):
    noisy = noisy_image(name, clean_image(channels))
    found = denoised(name, noisy, None)
    assert found.level == pytest.approx(METHODS[name][2], rel=0.3)
    assert torch.equal(found.image, denoised(name, noisy, found.level).image)


def test_the_algebraic_inverse_is_too_dark_by_a_quarter_of_a_count():
    noisy, zeta = noisy_image("poisson", clean_image(1)), 0.03
    exact = denoised("poisson", noisy, zeta).image
    algebraic = denoised("poisson", noisy, zeta, inverse="algebraic").image
    asymptotic = denoised("poisson", noisy, zeta, inverse="asymptotic").image
    assert float((exact - algebraic).mean()) == pytest.approx(zeta / 4.0, rel=0.1)
    assert float((asymptotic - algebraic).mean()) == pytest.approx(zeta / 4.0, rel=1e-3)
    assert float(exact.mean()) == pytest.approx(float(clean_image(1).mean()), abs=5e-3)
