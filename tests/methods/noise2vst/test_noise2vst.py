"""Noise2VST: its transform, what its loss sees, its fit, and the denoiser inside it."""

import math

import pytest
import torch
from noises import noise
from torch import Tensor

from denoisebench.denoising.denoiser import Denoiser
from denoisebench.denoising.frozen import frozen_denoiser
from denoisebench.denoising.image_fits import ImageFits
from denoisebench.errors import UserError
from denoisebench.plugin import COLOUR, GRAY, ImageFit, Task
from denoisebench.registry.loader import load
from noise2vst import Noise2VST
from noise2vst.config import Config
from noise2vst.fitting import (
    LEVEL,
    denoise_fitted,
    fit_transform,
    noise_std,
    random_part,
    start,
)
from noise2vst.loss import GRID, beside, blind_loss, denoised, grid_mask
from noise2vst.transform import Transform

METHOD = Noise2VST()


def task(channels: int = GRAY, spec: str = "gaussian:25") -> Task:
    return Task(noise(spec), "unknown", channels)


def rng(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def rand(*shape: int, seed: int = 0) -> Tensor:
    return torch.rand(shape, generator=rng(seed))


def ramp(side: int = 64, channels: int = GRAY) -> Tensor:
    """From 0 to 1 along the columns: all intensities are there."""
    return torch.linspace(0.0, 1.0, side).expand(1, channels, side, side).clone()


def noisy_ramp(spec: str, side: int = 64, seed: int = 0) -> Tensor:
    pixels, _ = noise(spec).noisy(ramp(side)[0].numpy(), seed=seed)
    return torch.from_numpy(pixels)[None]


def line(low: float, high: float, slope: float, knots: int = 128) -> Transform:
    transform = Transform(knots)
    transform.start_as_line(low, high, slope)
    return transform


def bent(knots: int = 16) -> Transform:
    """A transform of random steps over 0..1."""
    transform = line(0.0, 1.0, 1.0, knots)
    with torch.no_grad():
        transform.log_steps += torch.randn(knots - 1, generator=rng(3))
    return transform


def smoothed(z: Tensor) -> Tensor:
    """A linear denoiser that sees a pixel and the four beside it; it keeps the middle, 1/2."""
    return 0.3 * z + 0.7 * beside(z)


def test_the_transform_increases_and_goes_through_its_knots() -> None:
    transform = bent()
    values = transform(torch.linspace(0.0, 1.0, 16))
    assert torch.allclose(values, transform.values, atol=1e-6)
    assert bool((transform(torch.linspace(-1.0, 2.0, 3001)).diff() > 0).all())


def test_it_is_straight_between_knots() -> None:
    transform, knots = bent(), torch.linspace(0.0, 1.0, 16)
    between = transform((knots[1:] + knots[:-1]) / 2)
    assert torch.allclose(between, (transform.values[1:] + transform.values[:-1]) / 2, atol=1e-6)


def test_the_inverse_undoes_it_within_the_range_and_beyond() -> None:
    transform, y = bent(), torch.linspace(-0.5, 1.5, 1001)
    assert torch.allclose(transform.inverse(transform(y)), y, atol=1e-5)
    z = torch.linspace(-2.0, 3.0, 1001)
    assert torch.allclose(transform(transform.inverse(z)), z, atol=1e-5)


def test_it_starts_as_the_line_asked_for_without_a_correction() -> None:
    transform, y = line(-0.2, 1.4, slope=0.4), torch.linspace(-0.2, 1.4, 50)
    assert torch.allclose(transform(y), 0.6 + 0.4 * (y - 0.6), atol=1e-6)
    assert torch.allclose(transform.estimate(transform(y)), y, atol=1e-6)
    assert transform.middle == pytest.approx(0.6)


def test_it_has_two_parameters_more_than_knots() -> None:
    network = METHOD.network(Config(), task())
    assert sum(parameter.numel() for parameter in network.parameters()) == 130


@pytest.mark.parametrize("channels", [GRAY, COLOUR])
def test_as_the_identity_it_leaves_the_bundled_denoiser_as_it_is(channels: int) -> None:
    word = {GRAY: "gray", COLOUR: "colour"}[channels]
    frozen, y = frozen_denoiser(f"noise2score/{word}-gaussian25", "cpu"), rand(1, channels, 40, 32)
    y.view(-1)[:2] = torch.tensor([0.0, 1.0])  # the middle of the range is 1/2
    found = denoise_fitted(line(0.0, 1.0, 1.0), y, frozen, channels)
    assert torch.allclose(found, frozen(y, LEVEL), atol=1e-5)


@pytest.mark.parametrize("slope", [0.6, 3.0])
def test_as_a_line_it_is_the_blind_denoiser_at_the_level_that_the_line_says(slope: float) -> None:
    """The network of noise2score's blind Gaussian weights sees pixels in units of the noise."""
    frozen, y = frozen_denoiser("noise2score/gray-gaussian-blind", "cpu"), rand(1, 1, 40, 32)
    found = denoise_fitted(line(0.0, 1.0, slope), y, frozen, GRAY)
    assert torch.allclose(found, frozen(y, LEVEL / slope), atol=1e-4)


def test_a_linear_denoiser_makes_the_same_inside_any_line() -> None:
    y = rand(1, 3, 9, 12)
    for slope in (0.1, 1.0, 20.0):
        transform = line(-0.3, 1.6, slope)
        made = denoised(transform, smoothed, transform(y))
        assert torch.allclose(made, smoothed(y), atol=1e-5)


def test_the_pixels_beside_are_four_reflected_at_the_edges() -> None:
    image = torch.arange(9.0).reshape(1, 1, 3, 3)
    expected = torch.tensor([[8.0, 10.0, 12.0], [14.0, 16.0, 18.0], [20.0, 22.0, 24.0]]) / 4
    assert torch.equal(beside(image)[0, 0], expected)


def test_the_masks_of_all_places_hold_every_pixel_of_a_channel_once() -> None:
    like = torch.zeros(1, 3, 10, 13)
    masks = [grid_mask(r, c, 1, like).int() for r in range(GRID) for c in range(GRID)]
    total = sum(masks, torch.zeros_like(like, dtype=torch.int32))
    assert bool((total[:, 1] == 1).all())
    assert int(total.sum()) == 10 * 13


@pytest.mark.parametrize("channels", [GRAY, COLOUR])
def test_no_hidden_pixel_enters_the_estimate_of_a_hidden_one(channels: int) -> None:
    """The loss depends on a hidden pixel as its target alone: (estimate − y)² has the slope
    −2 (estimate − y)/n."""
    transform, y = bent(), rand(1, channels, 12, 16).requires_grad_()
    mask = grid_mask(1, 2, channels - 1, y)
    blind_loss(transform, smoothed, y, mask).backward()
    with torch.no_grad():
        z = transform(y)
        error = denoised(transform, smoothed, torch.where(mask, beside(z), z)) - y
    assert y.grad is not None
    assert torch.allclose(y.grad[mask], -2.0 * error[mask] / mask.sum(), atol=1e-6)
    assert float(y.grad[~mask].abs().max()) > 0.0


def test_the_gradient_reaches_the_knots_and_the_correction() -> None:
    transform, y = line(0.0, 1.0, 1.0, knots=8), ramp(32)
    blind_loss(transform, smoothed, y**2, grid_mask(0, 0, 0, y)).backward()
    for parameter in transform.parameters():
        assert parameter.grad is not None
    assert transform.log_steps.grad is not None
    assert bool((transform.log_steps.grad != 0.0).all())


def test_the_correction_is_a_line_of_the_denoised_image() -> None:
    """D(z) = z/2 loses half of the image, which a = 1, b = 0 gives back."""
    transform, y = line(0.0, 1.0, 1.0), ramp(16)
    with torch.no_grad():
        transform.slope.fill_(1.0)
        assert torch.allclose(transform.estimate(transform(y) / 2), y, atol=1e-6)
        transform.offset.fill_(0.25)
        assert torch.allclose(transform.estimate(transform(y) / 2), y + 0.25, atol=1e-6)


def test_the_rough_level_is_that_of_the_noise() -> None:
    assert noise_std(noisy_ramp("gaussian:25", 256)) == pytest.approx(25 / 255, rel=0.03)
    transform, y = Transform(128), noisy_ramp("gaussian:50", 256)
    start(transform, y)
    assert noise_std(transform(y).detach()) == pytest.approx(LEVEL / 255, rel=1e-3)


def test_an_image_without_noise_has_a_transform_all_the_same() -> None:
    transform = Transform(16)
    start(transform, ramp(16))
    assert bool(transform.values.isfinite().all())
    assert bool((transform.values.diff() > 0).all())


def test_parts_are_of_all_places_turns_and_channels() -> None:
    y = rand(1, 3, 20, 30)
    parts = [random_part(y, 8, 1, generator) for generator in [rng()] for _ in range(40)]
    assert {part.shape for part in parts} == {(1, 1, 8, 8)}
    assert len({float(part[0, 0, 0, 0]) for part in parts}) > 30
    assert random_part(y, 64, 3, rng()).numel() == y.numel()
    colours = y.clone()
    colours[:] = torch.arange(3.0)[:, None, None]
    assert {float(random_part(colours, 8, 1, rng(seed)).mean()) for seed in range(20)} == {0, 1, 2}


def fitted(y: Tensor, **settings: int) -> Transform:
    transform = Transform(128)
    start(transform, y)
    fit = ImageFit(rng(), frozen=frozen_denoiser("noise2score/gray-gaussian-blind", "cpu"))
    fit_transform(transform, y, Config(**settings), fit, GRAY)
    return transform


def mean_slope(transform: Transform, low: float, high: float) -> float:
    ends = transform(torch.tensor([low, high]))
    return float((ends[1] - ends[0]).detach()) / (high - low)


@pytest.mark.slow
def test_the_transform_of_counts_is_steep_where_it_is_dark() -> None:
    """Near the root, whose slope is 1/√x: √(0.8/0.2) = 2 times as steep at 0.2 as at 0.8.  That of
    Gaussian noise stays near a line."""
    ratios = {}
    for spec in ("poisson-peak:30", "gaussian:25"):
        transform = fitted(noisy_ramp(spec, 128), steps=200)
        ratios[spec] = mean_slope(transform, 0.1, 0.3) / mean_slope(transform, 0.7, 0.9)
    assert ratios["poisson-peak:30"] == pytest.approx(2.0, rel=0.35)
    assert ratios["gaussian:25"] == pytest.approx(1.0, rel=0.25)


@pytest.mark.parametrize("denoiser", ["gaussian25", "gaussian-blind"])
@pytest.mark.parametrize("channels", [GRAY, COLOUR])
def test_a_few_steps_take_noise_away_and_are_the_same_again(denoiser: str, channels: int) -> None:
    clean = ramp(48, channels)
    y = clean + 25 / 255 * torch.randn(clean.shape, generator=rng())
    config = Config(steps=4, crop=32, denoiser=denoiser)  # type: ignore[arg-type]
    made = [Denoiser(METHOD, config, task(channels), None)(y, level) for level in (None, 25.0)]
    first, again = (found for found in made if not isinstance(found, Tensor))
    assert torch.equal(first.image, again.image)  # the level is not used
    assert first.steps == 4
    errors = [float((image - clean).square().mean()) for image in (y, first.image)]
    assert 10 * math.log10(errors[0] / errors[1]) > 6.0
    other = Denoiser(METHOD, config, task(channels), None, ImageFits(seed=1))(y, None)
    assert not isinstance(other, Tensor)
    assert not torch.equal(other.image, first.image)


@pytest.mark.parametrize("size", [(1, 1), (1, 30), (30, 1), (2, 2), (3, 5)])
def test_images_of_any_size_have_an_estimate(size: tuple[int, int]) -> None:
    y = rand(1, 1, *size)
    made = Denoiser(METHOD, Config(steps=3), task(), None)(y, None)
    assert not isinstance(made, Tensor)
    assert bool(made.image.isfinite().all())
    if min(size) == 1:
        assert torch.equal(made.image, y)


def test_a_flat_image_is_given_back() -> None:
    y = torch.full((1, 1, 20, 20), 0.4)
    made = Denoiser(METHOD, Config(steps=3), task(), None)(y, None)
    assert not isinstance(made, Tensor)
    assert torch.equal(made.image, y)


def test_it_declines_noise_that_its_loss_cannot_tell_from_the_image() -> None:
    for spec in ("gaussian:25", "poisson:0.05", "gamma:100", "heteroscedastic:40:10"):
        assert METHOD.declines(Config(), task(spec=spec)) is None
    for spec, why in {"correlated:25:1": "not independent", "rician:25": "mean"}.items():
        assert why in str(METHOD.declines(Config(), task(spec=spec)))
    assert "channels" in str(METHOD.declines(Config(), task(COLOUR, "multivariate-gaussian:25")))


def test_its_settings_are_read_and_refused() -> None:
    _, config = load().method("noise2vst:steps=500:denoiser=gaussian-blind")
    assert config == Config(steps=500, denoiser="gaussian-blind")
    for wrong in ("steps=0", "crop=4", "knots=1", "denoiser=bm3d"):
        with pytest.raises(UserError, match=wrong.split("=")[0]):
            load().method(f"noise2vst:{wrong}")
