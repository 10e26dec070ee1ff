"""Neighbor2Neighbor: its sub-images, its loss, and what its training can and cannot reach."""

from collections.abc import Callable

import pytest
import torch
from torch import Tensor, nn

from denoisebench.errors import UserError
from denoisebench.nn.dncnn import DnCNN
from denoisebench.nn.foreign_networks import _NEIGHBOR2NEIGHBOR
from denoisebench.nn.transposed_unet import TransposedUNet
from denoisebench.noise.family import Noise
from denoisebench.noise_models.correlated import Correlated
from denoisebench.noise_models.gaussian import Gaussian
from denoisebench.noise_models.impulse import Impulse
from denoisebench.plugin.method import Batch, Model, Task, TrainingStep
from denoisebench.registry.loader import load
from neighbor2neighbor import Neighbor2Neighbor
from neighbor2neighbor.config import Config
from neighbor2neighbor.loss import (
    PAIRS,
    drawn_pairs,
    neighbour_loss,
    neighbour_means,
    sub_images,
)

METHOD = Neighbor2Neighbor()
SIGMA = 25.0 / 255.0


def rng(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def task(channels: int = 1) -> Task:
    return Task(Noise(Gaussian(), 25.0, 25.0), "known", channels)


def places(side: int) -> Tensor:
    """An image whose two channels are each pixel's row and column."""
    rows, columns = torch.meshgrid(torch.arange(side), torch.arange(side), indexing="ij")
    return torch.stack([rows, columns])[None].float()


def test_each_cell_gives_two_pixels_side_by_side_of_its_own() -> None:
    image = places(256)
    first, second = sub_images(image, drawn_pairs(image, rng()))
    cells = places(128)
    assert torch.equal((first / 2).floor(), cells)
    assert torch.equal((second / 2).floor(), cells)
    assert torch.equal((first - second).abs().sum(dim=1), torch.ones(1, 128, 128))


def test_each_of_the_eight_ordered_pairs_is_drawn_alike_often() -> None:
    pairs = drawn_pairs(torch.zeros(1, 3, 2000, 2000), rng())[0, 0]
    counts = torch.bincount((4 * pairs[0] + pairs[1]).flatten(), minlength=16)
    assert set(counts.nonzero().flatten().tolist()) == {4 * a + b for a, b in PAIRS}
    expected, drawn = 1_000_000 / 8, counts[counts > 0].float()
    assert len(drawn) == 8
    assert (drawn - expected).abs().max() < 5 * (expected * 7 / 8) ** 0.5


def test_a_pair_is_the_same_for_all_channels_and_another_for_each_image() -> None:
    image = places(64).sum(dim=1, keepdim=True).expand(2, 3, 64, 64)
    pairs = drawn_pairs(image, rng())
    first, _ = sub_images(image, pairs)
    assert torch.equal(first[:, 0], first[:, 2])
    assert not torch.equal(pairs[0], pairs[1])


def test_the_noise_of_the_two_sub_images_is_independent() -> None:
    noise = torch.randn(1, 1, 2000, 2000, generator=rng())
    both = sub_images(noise, drawn_pairs(noise, rng(1)))
    first, second = (image.flatten() for image in both)
    assert abs(float((first * second).mean())) < 5e-3  # five standard errors of 1e6 draws
    assert float(first.var()) == pytest.approx(1.0, abs=0.01)
    assert float(second.var()) == pytest.approx(1.0, abs=0.01)


def test_a_last_row_and_column_that_make_no_cell_are_left_out() -> None:
    image = torch.rand(1, 1, 7, 9, generator=rng())
    pairs = drawn_pairs(image, rng())
    first, _ = sub_images(image, pairs)
    assert first.shape == (1, 1, 3, 4)
    assert torch.equal(first, sub_images(image[..., :6, :8], pairs)[0])


def expected_loss(f: Callable[[Tensor], Tensor], clean: Tensor, weight: float) -> float:
    noisy = clean + SIGMA * torch.randn(8, 1, 512, 512, generator=rng())
    return float(neighbour_loss(f, noisy, weight, rng(1)).mean())


@pytest.mark.parametrize("weight", [0.0, 2.0])
def test_on_a_flat_image_a_constant_is_least_at_the_clean_value(weight: float) -> None:
    clean = torch.full((1, 1, 512, 512), 0.4)
    for answer in (0.3, 0.4, 0.5):
        found = expected_loss(lambda y, a=answer: torch.full_like(y, a), clean, weight)
        formula = (1.0 + weight) * ((answer - 0.4) ** 2 + SIGMA**2)  # g1(F) − g2(F) is 0
        assert found == pytest.approx(formula, rel=0.01)


def test_the_loss_is_the_error_of_half_the_image_and_the_noise_of_the_target() -> None:
    """E mean (f(g1(y)) − g2(y))² = E mean (f(g1(y)) − x)² + σ², x the same in both sub-images."""
    clean = torch.rand(1, 1, 256, 256, generator=rng()).repeat_interleave(2, 2)
    clean = clean.repeat_interleave(2, 3)  # cells of one value
    noisy = clean + SIGMA * torch.randn(8, 1, 512, 512, generator=rng(1))

    def f(y: Tensor) -> Tensor:
        return 0.2 + 0.7 * y

    found = float(neighbour_loss(f, noisy, 0.0, rng(2)).mean())
    first, _ = sub_images(noisy, drawn_pairs(noisy, rng(2)))
    error = float((f(first) - clean[..., ::2, ::2]).square().mean())
    assert found == pytest.approx(error + SIGMA**2, rel=0.01)


def test_the_identity_pays_for_the_difference_of_neighbours_once() -> None:
    y = torch.rand(2, 3, 16, 16, generator=rng())
    first, second = sub_images(y, drawn_pairs(y, rng(1)))
    expected = (first - second).square().mean(dim=(1, 2, 3))
    for weight in (0.0, 2.0, 50.0):  # d = g1 − g2 = g1(F) − g2(F): the second term is 0
        assert torch.allclose(neighbour_loss(lambda y: y, y, weight, rng(1)), expected)


def test_the_gradient_passes_by_the_denoised_whole_image() -> None:
    """f(y) = w·y:  d = w·g1 − g2,  dL/dw = mean 2·d·g1 + Λ·mean 2·(d − w·(g1 − g2))·g1."""
    y = torch.rand(1, 1, 32, 32, generator=rng())
    w = torch.tensor(0.8, requires_grad=True)
    neighbour_loss(lambda image: w * image, y, 2.0, rng(1)).sum().backward()
    first, second = sub_images(y, drawn_pairs(y, rng(1)))
    d = 0.8 * first - second
    other = d - 0.8 * (first - second)
    expected = (2.0 * d * first).mean() + 2.0 * (2.0 * other * first).mean()
    assert w.grad is not None
    assert float(w.grad) == pytest.approx(float(expected), rel=1e-5)


def test_the_neighbours_of_a_pixel_are_those_beside_it_in_its_cell() -> None:
    image = torch.tensor([[0.0, 1.0], [2.0, 4.0]])[None, None]
    beside = {0.0: 1.5, 1.0: 2.0, 2.0: 2.0, 4.0: 1.5}
    for pair in PAIRS:
        pairs = torch.tensor(pair)[None, None, :, None, None]
        for pixel, mean in zip(
            sub_images(image, pairs), neighbour_means(image, pairs), strict=True
        ):
            assert float(mean) == beside[float(pixel)]


@pytest.mark.parametrize("weight", [0.0, 3.0])
def test_the_gradient_of_four_pairs_is_the_mean_of_theirs(weight: float) -> None:
    y = torch.rand(2, 3, 32, 32, generator=rng())
    w = torch.tensor(0.7, requires_grad=True)

    def f(image: Tensor) -> Tensor:
        return 0.1 + w * image.square()

    def of_one(pairs: Tensor) -> Tensor:
        (first, second), (f1, f2) = sub_images(y, pairs), sub_images(f(y).detach(), pairs)
        d = f(first) - second
        return (d.square() + weight * (d - (f1 - f2)).square()).mean(dim=(1, 2, 3))

    first, second = drawn_pairs(y, rng(1)).unbind(2)
    four = [(first, second), (first, 3 - second), (second, first), (second, 3 - first)]
    each = torch.stack([of_one(torch.stack(pair, 2)) for pair in four])
    assert torch.allclose(neighbour_loss(f, y, weight, rng(1)), each[0])
    found = neighbour_loss(f, y, weight, rng(1), "four")
    assert found.shape == (2,)
    expected = torch.autograd.grad(each.mean(), w)[0]
    torch.testing.assert_close(torch.autograd.grad(found.mean(), w)[0], expected)


def test_with_a_large_weight_the_target_has_the_detail_of_the_denoised_image() -> None:
    """Least at f(g1(y)) = g2(y) + Λ/(1 + Λ)·(g1(F) − g2(F)), F held."""
    y = torch.rand(1, 1, 8, 8, generator=rng())
    whole = torch.rand(1, 1, 8, 8, generator=rng(1))
    pairs, weight = drawn_pairs(y, rng(2)), 3.0
    (_, second), (f1, f2) = sub_images(y, pairs), sub_images(whole, pairs)
    half = (second + weight / (1 + weight) * (f1 - f2)).requires_grad_()

    def f(image: Tensor) -> Tensor:
        return half if image.shape == half.shape else whole

    neighbour_loss(f, y, weight, rng(2)).sum().backward()
    assert half.grad is not None
    assert half.grad.abs().max() < 1e-7


class Counted(nn.Module):
    """Scales its input, and counts the pixels that it is run on."""

    def __init__(self) -> None:
        super().__init__()
        self.scale, self.pixels = nn.Parameter(torch.tensor(1.0)), 0

    def forward(self, x: Tensor) -> Tensor:
        self.pixels += x.numel()
        return self.scale * x


def loss_at(step: int, **settings: float | str) -> tuple[float, int]:
    network = Counted()
    model = Model(Config(predicts="image", **settings), task(), network)  # type: ignore[arg-type]
    noisy = torch.rand(1, 1, 64, 64, generator=rng())
    batch = Batch(noisy, None, None)
    with torch.no_grad():
        network.scale.fill_(0.5)
    loss = METHOD.loss(model, batch, TrainingStep(step, 100, 100), rng(1))
    return float(loss.detach()), network.pixels


def test_the_weight_grows_from_nothing_to_the_setting() -> None:
    """The loss is divided by 1 + Λ."""
    plain, _ = loss_at(0, regulariser=0.0)
    first, middle, last = (
        (1.0 + 2.0 * step / 100) * loss_at(step)[0] - plain for step in (0, 50, 99)
    )
    assert first == pytest.approx(0.0, abs=1e-6)
    assert middle == pytest.approx(50 * last / 99, rel=1e-4)
    assert last > 0.1 * plain


def test_without_the_regulariser_the_whole_image_is_not_denoised() -> None:
    assert loss_at(50, regulariser=0.0)[1] == 2 * 32 * 32
    assert loss_at(50)[1] == 2 * 32 * 32 + 64 * 64


def test_two_pixels_of_a_cell_are_seen_or_one() -> None:
    assert loss_at(50, regulariser=0.0, pairs="one")[1] == 32 * 32
    assert loss_at(50, regulariser=0.0, pairs="four")[1] == 2 * 32 * 32


def test_noise_that_neighbours_share_and_noise_of_another_mean_are_declined() -> None:
    shared = Task(Noise(Correlated(), 25.0, 25.0), "known", 1)
    impulse = Task(Noise(Impulse(), 50.0, 50.0), "known", 1)
    assert "not independent" in str(METHOD.declines(Config(), shared))
    assert "mean" in str(METHOD.declines(Config(), impulse))
    assert METHOD.declines(Config(), task()) is None


@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("prefix", ["", "module."])
def test_a_checkpoint_of_the_official_code_denoises_as_its_network_does(
    channels: int, prefix: str
) -> None:
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        net = TransposedUNet(channels).requires_grad_(False)
    state = net.state_dict()
    stored = {f"{prefix}{a}": state[b] for a, b in _NEIGHBOR2NEIGHBOR.names.items()}
    imported = METHOD.import_weights(stored)
    assert imported.config == Config(network="unet-transposed", predicts="image")
    network = METHOD.network(imported.config, task(channels)).requires_grad_(False)
    network.load_state_dict(dict(imported.tensors))
    y = torch.rand(1, channels, 64, 32, generator=rng())
    found = METHOD.denoise(Model(imported.config, task(channels), network), y, None)
    torch.testing.assert_close(found, net(y))


def test_a_network_of_another_code_is_refused() -> None:
    state = {
        f"model.{2 * int(k[6 : k.index('.', 6)])}.{k.rsplit('.', 1)[1]}": v
        for k, v in DnCNN(1).state_dict().items()
    }
    with pytest.raises(UserError, match="it is a dncnn; Neighbor2Neighbor's code has unet-trans"):
        METHOD.import_weights(state)


def test_it_is_shipped_with_its_settings_in_its_spec() -> None:
    _, config = load().method("neighbor2neighbor:regulariser=0:network=dncnn")
    assert config == Config(regulariser=0.0, network="dncnn")
    for wrong in ("regulariser=-1", "network=mlp", "predicts=score", "pairs=two"):
        with pytest.raises(UserError):
            load().method(f"neighbor2neighbor:{wrong}")
