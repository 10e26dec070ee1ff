"""ZS-N2N: its half-size images, its loss, its fit, and what it makes of an image."""

import math
from collections.abc import Callable

import pytest
import torch
from torch import Tensor, nn

from denoisebench.denoising.denoiser import Denoiser
from denoisebench.denoising.image_fits import ImageFits
from denoisebench.noise.family import Noise
from denoisebench.noise_models.correlated import Correlated
from denoisebench.noise_models.gaussian import Gaussian
from denoisebench.noise_models.rician import Rician
from denoisebench.plugin import COLOUR, GRAY, ImageFit, Task
from denoisebench.registry.loader import load
from zs_n2n import ZSN2N
from zs_n2n.config import Config
from zs_n2n.fitting import crop_of, denoised_in_strips, fit_network
from zs_n2n.loss import REACH_PX, half_size_images, zero_shot_losses

METHOD = ZSN2N()
NOISE = Noise(Gaussian(), 25.0, 25.0)


def task(channels: int = GRAY, noise: Noise = NOISE) -> Task:
    return Task(noise, "unknown", channels)


def rng(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def network(channels: int = GRAY, seed: int = 0) -> nn.Module:
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        return METHOD.network(Config(), task(channels))


def randn(*shape: int, seed: int = 0) -> Tensor:
    return torch.randn(shape, generator=rng(seed))


def zero_shot_loss(f: Callable[[Tensor], Tensor], y: Tensor) -> Tensor:
    (loss,) = zero_shot_losses(f, y)
    return loss


def test_the_half_size_images_are_the_means_of_the_two_diagonals() -> None:
    first, second = half_size_images(torch.tensor([[[[1.0, 2.0], [4.0, 8.0]]]]))
    assert (first.item(), second.item()) == (3.0, 4.5)


def test_their_noise_has_half_the_variance_and_is_independent() -> None:
    first, second = (half.double().flatten() for half in half_size_images(randn(1, 1, 2000, 2000)))
    assert float(first.var()) == pytest.approx(0.5, abs=0.004)  # 4 standard errors
    assert float(second.var()) == pytest.approx(0.5, abs=0.004)
    assert float(torch.corrcoef(torch.stack([first, second]))[0, 1]) == pytest.approx(0, abs=0.004)


def test_a_last_row_and_column_without_a_cell_are_left_out() -> None:
    y = randn(2, 3, 7, 9)
    for of_odd, of_even in zip(half_size_images(y), half_size_images(y[..., :6, :8]), strict=True):
        assert torch.equal(of_odd, of_even)


def test_the_identity_has_the_difference_of_the_half_size_images_as_its_loss() -> None:
    y = randn(1, 3, 6, 8)
    first, second = half_size_images(y)
    loss = zero_shot_loss(lambda image: image, y)
    assert torch.allclose(loss, (first - second).square().mean())


def test_a_constant_has_no_loss_of_consistency() -> None:
    y = randn(1, 1, 6, 8)
    first, second = half_size_images(y)
    loss = zero_shot_loss(lambda image: 0.3 * torch.ones_like(image), y)
    assert torch.allclose(
        loss, ((first - 0.3).square().mean() + (second - 0.3).square().mean()) / 2
    )


def test_the_loss_is_that_of_the_formula_written_out() -> None:
    y, f = randn(1, 3, 7, 8), network(COLOUR)
    first, second = half_size_images(y)
    p1, p2, (q1, q2) = f(first), f(second), half_size_images(f(y))
    pairs = [(first, p2), (second, p1), (p1, q1), (p2, q2)]
    expected = sum(nn.functional.mse_loss(*pair) for pair in pairs) / 2
    assert torch.allclose(zero_shot_loss(f, y), expected)


@pytest.mark.parametrize("size", [(37, 29), (36, 30), (16, 8), (7, 9), (2, 3)])
@pytest.mark.parametrize("block", [(8, 8), (2, 4), (16, 10), (64, 64)])
def test_blocks_have_the_loss_and_the_gradient_of_the_whole(
    size: tuple[int, int], block: tuple[int, int]
) -> None:
    y, g = randn(2, 3, *size).double(), network(COLOUR).double()
    gradients, losses = [], []
    for parts in (None, block):
        g.zero_grad()
        loss = 0.0
        for part in zero_shot_losses(lambda image: image - g(image), y, parts):
            part.backward()
            loss += part.item()
        losses.append(loss)
        gradients.append(torch.cat([p.grad.flatten() for p in g.parameters()]))
    assert losses[1] == pytest.approx(losses[0], rel=1e-12)
    assert torch.allclose(gradients[1], gradients[0], rtol=1e-9, atol=1e-12)


def test_the_gradient_goes_through_what_it_does_to_the_whole_image() -> None:
    y, scale = randn(1, 1, 8, 8), torch.ones(1, requires_grad=True)

    def f(image: Tensor) -> Tensor:  # only the whole image is scaled
        return scale * image if image.shape[-1] == 8 else image

    zero_shot_loss(f, y).backward()
    assert scale.grad is not None
    first, second = half_size_images(y)
    at_one = f(y).detach()
    q1, q2 = half_size_images(at_one)
    slope = ((q1 - first) * q1).mean() + ((q2 - second) * q2).mean()
    assert torch.allclose(scale.grad, slope.reshape(1))


@pytest.mark.parametrize(("channels", "count"), [(GRAY, 21_313), (COLOUR, 22_275)])
def test_the_network_has_the_parameters_of_the_official_one(channels: int, count: int) -> None:
    assert sum(p.numel() for p in network(channels).parameters()) == count


def test_the_network_sees_as_far_as_its_reach() -> None:
    y = torch.zeros(1, 1, 11, 11, requires_grad=True)
    network()(y)[0, 0, 5, 5].backward()
    assert y.grad is not None
    seen = y.grad[0, 0].nonzero() - 5
    assert int(seen.abs().max()) == REACH_PX


@pytest.mark.parametrize("strip_px", [1, 90, 10**6])
def test_strips_make_what_the_whole_image_makes(strip_px: int) -> None:
    g, y = network(COLOUR), randn(1, 3, 37, 29)
    with torch.no_grad():
        whole = y - g(y)
    assert torch.allclose(denoised_in_strips(g, y, strip_px), whole, atol=1e-6)


def test_a_small_image_is_no_crop_and_a_large_one_has_many() -> None:
    y, drawn = randn(1, 1, 20, 50), rng()
    assert crop_of(y, 32, drawn) is y  # 1000 pixels are fewer than 32²
    crops = [crop_of(y, 16, drawn) for _ in range(30)]
    assert {crop.shape for crop in crops} == {(1, 1, 16, 16)}
    assert len({float(crop[0, 0, 0, 0]) for crop in crops}) > 20
    assert crop_of(y, 30, drawn).shape == (1, 1, 20, 30)


def test_the_rate_is_halved_at_three_quarters_of_the_steps(monkeypatch: pytest.MonkeyPatch) -> None:
    rates = []
    step = torch.optim.Adam.step

    def note(self: torch.optim.Adam, *args: object) -> object:
        rates.append(self.param_groups[0]["lr"])
        return step(self, *args)

    monkeypatch.setattr(torch.optim.Adam, "step", note)
    fit_network(network(), randn(1, 1, 8, 8), Config(steps=8), ImageFit(rng()))
    assert rates == [1e-3] * 6 + [5e-4] * 2


def test_more_steps_take_more_noise_from_a_flat_image() -> None:
    clean = torch.full((1, 1, 64, 64), 0.5)
    noisy = clean + 25 / 255 * randn(1, 1, 64, 64)
    errors = []
    for steps in (1, 30, 200):
        made = Denoiser(METHOD, Config(steps=steps), task(), None)(noisy, None)
        assert not isinstance(made, Tensor)
        assert made.steps == steps
        errors.append(float((made.image - clean).square().mean()))
    assert errors == sorted(errors, reverse=True)
    gain_db = 10 * math.log10(float((noisy - clean).square().mean()) / errors[-1])
    assert gain_db > 8.0


@pytest.mark.parametrize("size", [(1, 1), (1, 30), (30, 1)])
def test_an_image_without_a_cell_is_given_back(size: tuple[int, int]) -> None:
    y = randn(1, 1, *size)
    made = Denoiser(METHOD, Config(steps=3), task(), None)(y, None)
    assert not isinstance(made, Tensor)
    assert torch.equal(made.image, y)


def test_it_declines_what_its_half_size_images_cannot_tell_apart() -> None:
    assert METHOD.declines(Config(), task()) is None
    for family, why in ((Correlated(), "not independent"), (Rician(), "mean")):
        noise = Noise(family, *family.blind)
        assert why in str(METHOD.declines(Config(), task(noise=noise)))


def test_its_settings_are_read_and_refused() -> None:
    _, config = load().method("zs-n2n:steps=500:crop=256")
    assert config == Config(steps=500, crop=256)
    for wrong in ("steps=0", "crop=4"):
        with pytest.raises(Exception, match=wrong.split("=")[0]):
            load().method(f"zs-n2n:{wrong}")


@pytest.mark.slow
def test_bfloat16_in_the_loss_costs_nothing() -> None:
    """The estimate itself is float32.  A picture of edges, 96 × 96, 400 steps."""
    from denoisebench.conformance.inputs import picture

    clean = torch.from_numpy(picture(GRAY, 96, 96))[None]
    noisy = clean + 25 / 255 * randn(1, 1, 96, 96)
    psnr_db = {}
    for precision in ("fp32", "bf16"):
        fits = ImageFits(precision=precision)  # type: ignore[arg-type]
        made = Denoiser(METHOD, Config(steps=400), task(), None, fits)(noisy, None)
        assert not isinstance(made, Tensor)
        psnr_db[precision] = -10 * math.log10(float((made.image - clean).square().mean()))
    assert psnr_db["bf16"] == pytest.approx(psnr_db["fp32"], abs=0.1)
