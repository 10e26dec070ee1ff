"""Noise2Self: its partition, its loss, and that no estimate of a pixel depends on that pixel."""

import math

import numpy as np
import pytest
import torch
from textures import donut_error, textures
from torch import nn

from denoisebench.nn.unet import UNet
from denoisebench.noise.family import Noise
from denoisebench.noise_models.gaussian import Gaussian
from denoisebench.plugin.method import Batch, Model, Task, TrainingStep
from noise2self import Config, Noise2Self
from noise2self.masking import interpolated, part
from noise2self.model import PIXELS_AT_ONCE, j_invariant, predict, self_supervised_loss

METHOD = Noise2Self()
GAUSSIAN = Noise(Gaussian(), 25.0, 25.0)
FILLS = pytest.mark.parametrize("fill", ["interpolate", "zero"])


def rng(seed=0):
    return torch.Generator().manual_seed(seed)


def model_of(network, channels=1, **settings):
    return Model(Config(**settings), Task(GAUSSIAN, "known", channels), network)


def fresh_model(channels=1, features=8, **settings):
    torch.manual_seed(0)
    inputs = channels + (settings.get("fill") == "zero")
    return model_of(UNet(inputs, channels, width=features), channels, **settings)


@pytest.mark.parametrize("width", [2, 3, 4, 5])
@pytest.mark.parametrize("shape", [(1, 1, 16, 16), (2, 3, 13, 7), (1, 1, 1, 2)])
def test_the_parts_hold_every_pixel_once(width, shape):
    like = torch.zeros(shape)
    total = sum(part(number, width, like).int() for number in range(width**2))
    assert torch.equal(total, torch.ones(1, 1, *shape[-2:], dtype=torch.int32))


def test_the_first_part_begins_at_the_corner_and_the_next_one_row_down():
    like = torch.zeros(1, 1, 8, 8)
    for number, corner in [(0, (0, 0)), (1, (1, 0)), (3, (3, 0)), (4, (0, 1)), (15, (3, 3))]:
        expected = torch.zeros(8, 8, dtype=torch.bool)
        expected[corner[0] :: 4, corner[1] :: 4] = True
        assert torch.equal(part(number, 4, like)[0, 0], expected)


@pytest.mark.parametrize("shape", [(2, 3, 5, 7), (1, 1, 2, 2), (1, 1, 1, 9), (1, 1, 1, 1)])
def test_a_constant_image_is_interpolated_by_itself_to_its_edges(shape):
    flat = torch.full(shape, 0.7)
    assert torch.allclose(interpolated(flat), flat, atol=1e-6)


def test_interpolation_is_a_convolution_of_each_channel_reflected_at_the_edges():
    from scipy.ndimage import convolve

    image = torch.rand(2, 3, 9, 6, generator=rng(), dtype=torch.float64)
    kernel = np.array([[0.5, 1.0, 0.5], [1.0, 0.0, 1.0], [0.5, 1.0, 0.5]]) / 6.0
    expected = [[convolve(c, kernel, mode="mirror") for c in one] for one in image.numpy()]
    assert interpolated(image).numpy() == pytest.approx(np.array(expected), abs=1e-12)


@FILLS
@pytest.mark.parametrize("width", [2, 4])
def test_no_pixel_of_a_part_enters_the_estimate_of_that_part(fill, width):
    model = fresh_model(fill=fill)
    noisy = torch.rand(1, 1, 13, 18, generator=rng(1)).requires_grad_()
    for number in range(0, width**2, 3):
        mask = part(number, width, noisy)
        estimate = predict(model, noisy, mask)
        slope = torch.autograd.grad(estimate[mask].square().sum(), noisy)[0]
        assert (slope[mask] == 0.0).all()
        assert (slope[~mask] != 0.0).all()


@FILLS
@pytest.mark.parametrize("channels", [1, 3])
def test_the_jacobian_of_the_j_invariant_estimate_has_a_zero_diagonal(fill, channels):
    """No estimate sees its own pixel, in any channel, at an image size that must be padded."""
    model = fresh_model(channels, features=4, fill=fill, width=2)
    noisy = torch.rand(1, channels, 4, 5, generator=rng(2))
    jacobian = torch.autograd.functional.jacobian(lambda y: j_invariant(model, y), noisy)
    matrix = jacobian.reshape(channels, 20, channels, 20)
    own = matrix.diagonal(dim1=1, dim2=3)
    assert (own == 0.0).all()
    assert (matrix != 0.0).sum() > channels**2 * 20 * 10  # of 20 · 15: a part has about 5 pixels


@FILLS
def test_the_parts_can_be_estimated_one_by_one_or_many_at_once(fill):
    model = fresh_model(fill=fill)
    noisy = torch.rand(1, 1, 33, 40, generator=rng(3))
    expected = torch.zeros_like(noisy)
    with torch.no_grad():
        for number in range(16):
            mask = part(number, 4, noisy)
            expected[mask] = predict(model, noisy, mask)[mask]
        assert torch.allclose(j_invariant(model, noisy), expected, atol=1e-6)


class Counting(nn.Module):
    """Gives its input back; notes how many pixels it was given at a time."""

    def __init__(self):
        super().__init__()
        self.pixels = []

    def forward(self, x):
        self.pixels.append(x.numel())
        return x


@pytest.mark.parametrize(("side", "calls"), [(16, 1), (256, 2), (724, 16), (730, 16)])
def test_as_many_copies_go_through_the_network_at_once_as_memory_allows(side, calls):
    network = Counting()
    j_invariant(model_of(network), torch.zeros(1, 1, side, side))
    assert len(network.pixels) == calls
    assert sum(network.pixels) == 16 * side**2
    assert max(network.pixels) <= max(PIXELS_AT_ONCE, side**2)


def test_the_loss_is_the_mean_over_the_hidden_pixels_of_all_channels():
    predicted = torch.full((2, 3, 4, 4), 9.0)
    mask = part(5, 4, predicted)
    predicted[0, :, 1, 1] = torch.tensor([1.0, 2.0, 4.0])
    predicted[1, :, 1, 1] = 0.0
    noisy = torch.zeros(2, 3, 4, 4)
    assert self_supervised_loss(predicted, noisy, mask).tolist() == pytest.approx([7.0, 0.0])


@pytest.mark.parametrize("width", [2, 3, 5])
def test_each_step_hides_the_next_part(width):
    """The loss of a network that adds nothing is that of the interpolation, on that part."""
    noisy = torch.rand(3, 1, 32, 32, generator=rng(4))
    error = (interpolated(noisy) - noisy).square()
    network = nn.Conv2d(1, 1, 1)
    nn.init.zeros_(network.weight)
    nn.init.zeros_(network.bias)
    model = model_of(network, width=width)
    for step in range(width**2 + 2):
        mask = part(step % width**2, width, noisy)[0, 0]
        found = METHOD.loss(model, Batch(noisy, None, None), TrainingStep(step, 99, 3), rng())
        assert torch.allclose(found, error[:, 0, mask].mean(dim=1), atol=1e-6)


def test_the_loss_less_the_noise_variance_is_the_mean_squared_error():
    """Proposition 1, for a linear network: on average over noise, for each part."""
    torch.manual_seed(0)
    model, sigma, count = model_of(nn.Conv2d(1, 1, 3, padding=1)), 0.2, 3000
    clean = torch.rand(1, 1, 16, 16, generator=rng(5))
    noisy = clean + sigma * torch.randn(count, 1, 16, 16, generator=rng(6))
    with torch.no_grad():
        for number in (0, 6, 15):
            mask = part(number, 4, noisy)
            estimate = predict(model, noisy, mask)
            loss = self_supervised_loss(estimate, noisy, mask)
            error = self_supervised_loss(estimate, clean.expand_as(noisy), mask)
            gap = loss - sigma**2 - error
            assert abs(float(gap.mean())) < 4 * float(gap.std()) / count**0.5
            assert float(gap.std()) / count**0.5 < 0.05 * sigma**2


def test_an_estimate_that_sees_its_pixel_breaks_the_proposition():
    """The loss of plain smoothing is below its error and the noise by 2σ² of its middle tap."""
    sigma, tap = 0.2, 0.25
    clean = torch.full((2000, 1, 16, 16), 0.5)
    noisy = clean + sigma * torch.randn(clean.shape, generator=rng(7))
    estimate = tap * noisy + (1 - tap) * interpolated(noisy)
    mask = part(0, 4, noisy)
    loss, error = (self_supervised_loss(estimate, y, mask).mean() for y in (noisy, clean))
    assert float(loss - error) == pytest.approx(sigma**2 * (1 - 2 * tap), rel=0.03)


@FILLS
def test_a_linear_network_learns_the_best_filter_of_the_pixels_around(fill):
    torch.manual_seed(0)
    network = nn.Conv2d(1 + (fill == "zero"), 1, 3, padding=1)
    model, generator = model_of(network, fill=fill), rng(8)
    rate = 0.03 if fill == "zero" else 0.3
    adam = torch.optim.Adam(network.parameters(), lr=rate)
    decay = torch.optim.lr_scheduler.LambdaLR(adam, lambda step: 1.0 - step / 100)
    for step in range(100):
        _, noisy = textures(4, 64, generator)
        adam.zero_grad()
        METHOD.loss(
            model, Batch(noisy, None, None), TrainingStep(step, 100, 4), rng()
        ).mean().backward()
        adam.step()
        decay.step()
    clean, noisy = textures(8, 64, rng(9))
    with torch.no_grad():
        found = torch.cat([METHOD.denoise(model, one[None], None) for one in noisy])
    error = float((found - clean)[..., 1:-1, 1:-1].square().mean())
    assert 10 * abs(math.log10(error / donut_error(clean, noisy))) < 0.1
    assert error < 0.6 * float((noisy - clean).square().mean())
