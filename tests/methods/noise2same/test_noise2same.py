"""Noise2Same: its hidden pixels, its loss and the bound that it is, and its two limits."""

import math

import numpy as np
import pytest
import torch
from noises import noise
from torch import Tensor, nn

from denoisebench.errors import UserError
from denoisebench.nn.unet import UNet
from denoisebench.plugin.method import Batch, Model, Task, TrainingStep
from denoisebench.registry.loader import load
from noise2same import Noise2Same
from noise2same.config import Config
from noise2same.model import around, filled, invariance_loss, predict, stratified_mask
from noise2self.masking import part
from noise2self.model import predict as predict_of_noise2self
from noise2self.model import self_supervised_loss

METHOD = Noise2Same()


def rng(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def model_of(network: nn.Module, **settings: float) -> Model[Config]:
    task = Task(noise("gaussian:25"), "known", 1)
    return Model(Config(**settings), task, network)  # type: ignore[arg-type]


def unet() -> nn.Module:
    torch.manual_seed(0)
    network = UNet(1, 1, width=8)
    for weight in network.parameters():
        if weight.ndim > 1:
            nn.init.kaiming_uniform_(weight)
    return network


def loss_of(model: Model[Config], noisy: Tensor, seed: int = 0) -> Tensor:
    return METHOD.loss(model, Batch(noisy, None, None), TrainingStep(0, 1, len(noisy)), rng(seed))


@pytest.mark.parametrize("cell", [3, 5, 14])
def test_one_pixel_of_each_cell_of_each_channel_is_hidden(cell: int) -> None:
    mask = stratified_mask(torch.zeros(2, 3, 4 * cell, 3 * cell), cell, rng())
    counts = nn.functional.avg_pool2d(mask.float(), cell) * cell**2
    assert torch.allclose(counts, torch.ones(2, 3, 4, 3))
    assert not torch.equal(mask[:, 0], mask[:, 1])


def test_each_pixel_of_a_cell_is_hidden_as_often_as_any_other() -> None:
    mask = stratified_mask(torch.zeros(1, 1, 1200, 1200), 4, rng())
    shares = mask.float().reshape(300, 4, 300, 4).mean(dim=(0, 2))
    assert shares.flatten().tolist() == pytest.approx([1 / 16] * 16, abs=4 * (1 / 16 / 9e4) ** 0.5)


def test_cells_go_beyond_the_edge() -> None:
    mask = stratified_mask(torch.zeros(1, 1, 11, 5), 4, rng())
    assert mask.shape == (1, 1, 11, 5)
    assert 2 <= int(mask.sum()) <= 6


@pytest.mark.parametrize("shape", [(2, 3, 9, 6), (1, 1, 1, 5), (1, 1, 1, 1)])
def test_the_mean_around_a_pixel_does_not_see_it(shape: tuple[int, ...]) -> None:
    from scipy.ndimage import convolve

    image = torch.rand(shape, generator=rng(), dtype=torch.float64)
    kernel = np.array([[0.5, 1.0, 0.5], [1.0, 0.0, 1.0], [0.5, 1.0, 0.5]]) / 6.0
    edge = "mirror" if min(shape[-2:]) > 1 else "nearest"
    expected = [[convolve(c, kernel, mode=edge) for c in one] for one in image.numpy()]
    assert around(image).numpy() == pytest.approx(np.array(expected), abs=1e-12)


def test_the_loss_is_that_of_the_formula() -> None:
    seen, unseen, noisy = (torch.rand(2, 1, 4, 4, generator=rng(n)) for n in range(3))
    mask = torch.zeros(2, 1, 4, 4, dtype=torch.bool)
    mask[0, 0, 1, 2] = mask[1, 0, 3, 0] = True
    change = ((seen[0, 0, 1, 2] - unseen[0, 0, 1, 2]) ** 2).item()
    change += ((seen[1, 0, 3, 0] - unseen[1, 0, 3, 0]) ** 2).item()
    found = invariance_loss(seen, unseen, noisy, mask, torch.tensor(0.7))
    for one in range(2):
        expected = ((seen[one] - noisy[one]) ** 2).mean().item() + 0.7 * math.sqrt(change / 2)
        assert float(found[one]) == pytest.approx(expected, rel=1e-5)


def test_hidden_values_are_gone_also_where_two_lie_side_by_side() -> None:
    y = torch.rand(1, 1, 30, 30, generator=rng()).requires_grad_()
    mask = stratified_mask(y, 3, rng(1))
    assert bool((mask[..., 1:] & mask[..., :-1]).any())
    shown = filled(y, mask)
    (shown * torch.rand(shown.shape, generator=rng(2))).sum().backward()
    assert y.grad is not None
    assert bool((y.grad[mask] == 0.0).all())
    assert bool((y.grad[~mask] > 0.0).all())
    flat = torch.full((1, 1, 30, 30), 0.7)
    assert torch.allclose(filled(flat, mask), flat, atol=1e-6)


SIGMA, K = 0.2, 5 / 36
"""Of the noise, and the variance of g(y) in units of its variance."""


def mixed(tap: float, side: int = 128) -> tuple[Tensor, ...]:
    """f(y) = t·y + (1 − t)·g(y) on flat images: f(y), f of the filled y, y, mask, the clean one."""
    clean = torch.full((20, 1, side, side), 0.5)
    noisy = clean + SIGMA * torch.randn(clean.shape, generator=rng())
    mask = stratified_mask(noisy, 14, rng(1))
    hidden = filled(noisy, mask)
    seen, unseen = (tap * y + (1 - tap) * around(y) for y in (noisy, hidden))
    return seen, unseen, noisy, mask, clean


@pytest.mark.parametrize("tap", [0.0, 0.1, 0.5, 1.0])
def test_at_twice_the_level_it_bounds_the_squared_error_and_the_variance(tap: float) -> None:
    """Theorem 2, in closed form for `mixed`:

    E (f − x)² + σ² = σ² (1 + t² + (1 − t)² k)
    E L = σ² ((1 − t)² (1 + k) + 2 t √(1 + k))
    """
    seen, unseen, noisy, mask, clean = mixed(tap)
    loss = float(invariance_loss(seen, unseen, noisy, mask, torch.tensor(2 * SIGMA)).mean())
    error = float((seen - clean).square().mean())
    assert error == pytest.approx(SIGMA**2 * (tap**2 + (1 - tap) ** 2 * K), rel=0.03)
    expected = SIGMA**2 * ((1 - tap) ** 2 * (1 + K) + 2 * tap * math.sqrt(1 + K))
    assert loss == pytest.approx(expected, rel=0.03)
    assert loss >= (error + SIGMA**2) * 0.99


@pytest.mark.parametrize("share", [0.0, 0.25, 0.5, 0.75, 1.0, 1.5])
def test_the_weight_decides_how_much_of_a_pixel_enters_its_estimate(share: float) -> None:
    """For `mixed` the loss is least at t = 1 − λ/(2σ√(1 + k)), from the noisy image at λ = 0 to
    the estimate that does not see its pixel."""
    weight = torch.tensor(share * 2 * SIGMA * math.sqrt(1 + K))
    taps = [step / 20 for step in range(21)]
    losses = [float(invariance_loss(*mixed(tap, 64)[:4], weight).mean()) for tap in taps]
    assert taps[losses.index(min(losses))] == pytest.approx(max(0.0, 1 - share), abs=0.051)


def test_without_invariance_the_identity_has_no_loss_and_with_it_has() -> None:
    y = torch.rand(1, 1, 12, 12, generator=rng())
    mask = stratified_mask(y, 4, rng(1))
    hidden = torch.where(mask, around(y), y)
    assert float(invariance_loss(y, hidden, y, mask, torch.tensor(0.0))) == 0.0
    assert float(invariance_loss(y, hidden, y, mask, torch.tensor(1.0))) > 0.05


def test_the_gradient_is_finite_where_nothing_changes() -> None:
    y = torch.rand(1, 1, 8, 8, generator=rng())
    seen = y.clone().requires_grad_()
    mask = stratified_mask(y, 4, rng(1))
    invariance_loss(seen, y.clone(), y, mask, torch.tensor(1.0)).sum().backward()
    assert seen.grad is not None
    assert bool(seen.grad.isfinite().all())


def test_hidden_pixels_are_estimated_as_by_noise2self() -> None:
    network, y = unet(), torch.rand(2, 1, 32, 32, generator=rng())
    mask = part(5, 4, y)
    theirs = predict_of_noise2self(model_of_noise2self(network), y, mask)
    inside = mask.expand_as(y)
    ours = predict(model_of(network), filled(y, inside))
    assert torch.allclose(ours[inside], theirs[inside], atol=1e-5)
    loss = (ours - y)[inside].square().mean()
    assert torch.allclose(loss, self_supervised_loss(theirs, y, mask).mean(), atol=1e-6)


def model_of_noise2self(network: nn.Module) -> "Model[object]":
    _, config = load().method("noise2self")
    return Model(config, Task(noise("gaussian:25"), "known", 1), network)


def test_an_invariant_network_has_the_plain_squared_error() -> None:
    """A network that adds nothing leaves g, which does not see its pixel: λ plays no part."""
    network = nn.Conv2d(1, 1, 1)
    nn.init.zeros_(network.weight)
    nn.init.zeros_(network.bias)  # type: ignore[arg-type]
    y = torch.rand(3, 1, 28, 28, generator=rng())
    expected = (around(y) - y).square().mean(dim=(1, 2, 3))
    for weight in (0.5, 100.0):
        found = loss_of(model_of(network, invariance=weight), y)
        assert torch.allclose(found, expected, atol=1e-3 * weight**0.5)


def test_it_declines_noise_whose_pixels_or_mean_it_cannot_use() -> None:
    for spec, why in {"correlated:25:1": "not independent", "rician:25": "mean"}.items():
        task = Task(noise(spec), "known", 1)
        assert why in str(METHOD.declines(Config(), task))


def test_its_settings_are_read_and_refused() -> None:
    _, config = load().method("noise2same:invariance=0.95:cell=10")
    assert config == Config(invariance=0.95, cell=10)
    for wrong in ("invariance=0", "cell=2", "network=mlp"):
        with pytest.raises(UserError, match=wrong.split("=")[0]):
            load().method(f"noise2same:{wrong}")
