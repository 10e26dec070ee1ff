"""Blind2Unblind: what its two estimates see, its loss, and its schedule."""

from collections.abc import Callable
from functools import partial

import pytest
import torch
from torch import Tensor, nn

from blind2unblind import HOLD, HOLD_OF_RANGE, Blind2Unblind, denoised, result
from blind2unblind.config import Config
from blind2unblind.loss import around, blind, mask_of, revisible_loss, visibility_at
from denoisebench.errors import UserError
from denoisebench.nn import UNet
from denoisebench.noise.family import Noise
from denoisebench.noise_models.correlated import Correlated
from denoisebench.noise_models.gaussian import Gaussian
from denoisebench.noise_models.impulse import Impulse
from denoisebench.plugin.method import Batch, Model, Task, TrainingStep
from denoisebench.registry.loader import load

METHOD = Blind2Unblind()
SIGMA = 25.0 / 255.0
ONE = Task(Noise(Gaussian(), 25.0, 25.0), "known", 1)
widths = pytest.mark.parametrize("width", [2, 3, 4])


def rng(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def small_network(channels: int = 1) -> nn.Module:
    """A U-Net of random weights, its last layer too, which begins at 0."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        network = UNet(channels, width=2).double().requires_grad_(False)
        for weight in network.parameters():
            weight.normal_(0.0, 0.2)
    return network


@widths
def test_the_masks_hold_each_pixel_once_one_of_each_cell(width: int) -> None:
    image = torch.zeros(1, 3, 12, 24)
    masks = torch.cat([mask_of(i, width, image) for i in range(width**2)])
    assert torch.equal(masks.sum(dim=0), torch.ones(1, 12, 24, dtype=torch.long))
    cells = nn.functional.avg_pool2d(masks.float(), width) * width**2
    assert torch.equal(cells, torch.ones_like(cells))


def test_a_hidden_pixel_becomes_the_weighted_mean_of_the_eight_around_it() -> None:
    y = torch.rand(2, 3, 5, 6, generator=rng())
    sides = y[:, :, 1, 3] + y[:, :, 3, 3] + y[:, :, 2, 2] + y[:, :, 2, 4]
    corners = y[:, :, 1, 2] + y[:, :, 1, 4] + y[:, :, 3, 2] + y[:, :, 3, 4]
    torch.testing.assert_close(around(y)[:, :, 2, 3], (sides + 0.5 * corners) / 6)
    flat = torch.full((1, 1, 4, 1), 0.3)
    torch.testing.assert_close(around(flat), flat)


@widths
def test_no_pixel_of_h_depends_on_itself_and_every_pixel_of_v_does(width: int) -> None:
    """The diagonal of the Jacobian."""
    model = Model(Config(width=width), ONE, small_network())
    y = torch.rand(1, 1, 6, 6, generator=rng(), dtype=torch.float64)
    f = partial(denoised, model)

    def diagonal(estimate: Callable[[Tensor], Tensor]) -> Tensor:
        jacobian = torch.autograd.functional.jacobian(estimate, y, vectorize=False)
        return torch.as_tensor(jacobian).reshape(36, 36).diagonal()

    assert diagonal(lambda image: blind(f, image, width)).abs().max() < 1e-12
    assert diagonal(f).abs().min() > 1e-6


def test_h_of_the_identity_is_the_mean_around_each_pixel() -> None:
    y = torch.rand(2, 3, 9, 8, generator=rng())
    torch.testing.assert_close(blind(lambda image: image, y, 4), around(y))


@pytest.mark.parametrize(
    ("hold", "expected"),
    [
        (0.8, {40: 2.0, 80: 2.0, 90: 11.0, 99: 19.1, 100: 20.0}),
        (0.4, {40: 2.0, 80: 14.0, 90: 17.0, 99: 19.7, 100: 20.0}),
    ],
)
def test_the_weight_grows_as_in_the_official_code(hold: float, expected: dict[int, float]) -> None:
    found = {epoch: visibility_at(epoch / 100, hold, 20.0) for epoch in expected}
    assert found == pytest.approx(expected)


def test_the_weight_begins_to_grow_earlier_for_a_range_of_levels() -> None:
    noisy = torch.rand(1, 1, 32, 32, generator=rng(), dtype=torch.float64)

    def loss(noise: Noise, step: int) -> float:
        model = Model(Config(), Task(noise, "known", 1), small_network())
        batch = Batch(noisy, None, None)
        scaled = METHOD.loss(model, batch, moment := TrainingStep(step, 100, 1), rng())
        hold = HOLD_OF_RANGE if noise.is_range else HOLD
        return float(scaled) * (1.0 + visibility_at(moment.share, hold, 20.0)) ** 2

    one, many = Noise(Gaussian(), 25.0, 25.0), Noise(Gaussian(), 5.0, 50.0)
    assert HOLD_OF_RANGE < HOLD
    assert loss(one, 0) == loss(many, 0) == loss(one, 79)
    assert loss(many, 79) > loss(many, 0)


def test_the_loss_is_its_formula_for_a_denoiser_whose_estimates_are_known() -> None:
    """f(y) = a + b·y:  h = a + b·around(y), v = a + b·y."""
    y = torch.rand(2, 1, 16, 16, generator=rng())
    a, b, beta = 0.1, 0.7, 3.0
    h, v = a + b * around(y), a + b * y
    expected = ((h - y) ** 2 + (h - y + beta * (v - y)) ** 2).mean(dim=(1, 2, 3))
    found = revisible_loss(lambda image: a + b * image, y, 4, beta)
    torch.testing.assert_close(found, expected)


def test_the_plain_pass_has_no_gradient() -> None:
    """f(y) = w·y:  dL/dw = mean (2·d + 2·(d + β·e))·around(y), e held."""
    y = torch.rand(1, 1, 16, 16, generator=rng())
    w = torch.tensor(0.6, requires_grad=True)
    revisible_loss(lambda image: w * image, y, 2, 5.0).sum().backward()
    d, e = 0.6 * around(y) - y, 0.6 * y - y
    expected = ((2 * d + 2 * (d + 5.0 * e)) * around(y)).mean()
    assert w.grad is not None
    assert float(w.grad) == pytest.approx(float(expected), rel=1e-4)


def test_the_loss_is_least_where_the_derivation_says() -> None:
    """Over constant answers h to a flat image, v held: h = ((2 + β)·x − β·v)/2."""
    x, v, beta = 0.4, 0.5, 3.0
    noisy = x + SIGMA * torch.randn(4, 1, 256, 256, generator=rng())

    def mean_loss(answer: float) -> float:
        def f(image: Tensor) -> Tensor:  # v for the image as it is, else a part of h
            seen = v if torch.equal(image, noisy) else answer
            return torch.full_like(image, seen)

        return float(revisible_loss(f, noisy, 2, beta).mean())

    best = ((2 + beta) * x - beta * v) / 2
    assert mean_loss(best) < min(mean_loss(best - 0.02), mean_loss(best + 0.02))


def test_each_result_is_made_of_the_two_estimates() -> None:
    network = small_network(3)
    y = torch.rand(1, 3, 20, 33, generator=rng(), dtype=torch.float64)
    task = Task(ONE.noise, "known", 3)

    def of(name: str) -> Tensor:
        config = Config(result=name, visibility=9.0, predicts="correction")  # type: ignore[arg-type]
        return result(Model(config, task, network), y)

    torch.testing.assert_close(of("mixed"), (of("blind") + 9.0 * of("visible")) / 10.0)
    assert not torch.allclose(of("blind"), of("visible"))


def test_its_results_are_of_one_training() -> None:
    assert METHOD.trained_as(Config(result="blind", width=4)) == Config(width=4)
    assert [METHOD.passes_per_patch(Config(width=width)) for width in (2, 4)] == [4, 16]


def test_noise_that_neighbours_share_and_noise_of_another_mean_are_declined() -> None:
    shared = Task(Noise(Correlated(), 25.0, 25.0), "known", 1)
    impulse = Task(Noise(Impulse(), 50.0, 50.0), "known", 1)
    assert "not independent" in str(METHOD.declines(Config(), shared))
    assert "mean" in str(METHOD.declines(Config(), impulse))
    assert METHOD.declines(Config(), ONE) is None


def test_it_is_shipped_with_its_settings_in_its_spec() -> None:
    _, config = load().method("blind2unblind:width=4:result=mixed")
    assert config == Config(width=4, result="mixed")
    for wrong in ("width=1", "width=9", "result=both", "visibility=1", "network=mlp"):
        with pytest.raises(UserError):
            load().method(f"blind2unblind:{wrong}")
