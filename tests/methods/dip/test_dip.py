"""Deep image prior: its network, the pixels that it does not see, its stop, and its fit."""

import math

import pytest
import torch
from torch import Tensor, nn

from denoisebench.denoising.denoiser import Denoiser
from denoisebench.denoising.image_fits import ImageFits
from denoisebench.noise.family import Noise
from denoisebench.noise_models.correlated import Correlated
from denoisebench.noise_models.gaussian import Gaussian
from denoisebench.noise_models.rician import Rician
from denoisebench.plugin import COLOUR, GRAY, Denoised, ImageFit, Task
from denoisebench.registry.loader import load
from dip import DeepImagePrior
from dip.config import Config
from dip.fitting import (
    AVERAGE,
    HELD_OUT,
    INPUTS,
    HeldOutStop,
    decay,
    draw_kept,
    estimates,
    mean_square_error,
    stopped_estimate,
)
from dip.network import SkipNetwork

METHOD = DeepImagePrior()
NOISE = Noise(Gaussian(), 25.0, 25.0)


def task(channels: int = GRAY, noise: Noise = NOISE) -> Task:
    return Task(noise, "unknown", channels)


def rng(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def randn(*shape: int, seed: int = 0) -> Tensor:
    return torch.randn(shape, generator=rng(seed))


def denoised(y: Tensor, config: Config, seed: int = 0) -> Denoised:
    made = Denoiser(METHOD, config, task(y.shape[1]), None, ImageFits(seed))(y, None)
    assert isinstance(made, Denoised)
    return made


@pytest.mark.parametrize(("channels", "size"), [(GRAY, (64, 64)), (COLOUR, (64, 96))])
def test_the_network_makes_an_image_in_the_unit_range(channels: int, size: tuple[int, int]) -> None:
    made = SkipNetwork(INPUTS, channels)(10.0 * randn(1, INPUTS, *size))
    assert made.shape == (1, channels, *size)
    assert float(made.detach().min()) > 0.0
    assert float(made.detach().max()) < 1.0


def test_the_share_of_pixels_that_is_held_out() -> None:
    kept = draw_kept(randn(1, 3, 400, 500), rng())
    assert kept.shape == (1, 1, 400, 500)  # in all channels at once
    error = math.sqrt(HELD_OUT * (1 - HELD_OUT) / kept.numel())
    assert float((~kept).double().mean()) == pytest.approx(HELD_OUT, abs=4 * error)


def test_the_error_is_that_of_the_chosen_pixels() -> None:
    output = torch.tensor([[[[1.0, 2.0, 7.0]], [[0.0, 5.0, 7.0]]]])  # 2 channels of 1 × 3 pixels
    chosen = torch.tensor([[[[True, True, False]]]])
    assert float(mean_square_error(output, torch.zeros_like(output), chosen)) == 30.0 / 4
    assert float(mean_square_error(output, output + 3.0, torch.zeros_like(chosen))) == 0.0


def test_held_out_pixels_do_not_enter_the_loss() -> None:
    y = randn(1, 3, 20, 30).requires_grad_()
    output = randn(1, 3, 20, 30, seed=1).requires_grad_()
    kept = draw_kept(y, rng())
    mean_square_error(output, y, kept).backward()
    for of in (y.grad, output.grad):
        assert of is not None
        assert not of[~kept.expand_as(of)].any()
        assert of[kept.expand_as(of)].all()


def test_other_held_out_pixels_make_the_same_estimates() -> None:
    y = torch.rand((1, 1, 40, 40), generator=rng())
    kept = draw_kept(y, rng())
    spoilt = torch.where(kept, y, math.nan)

    def made(noisy: Tensor) -> list[Tensor]:
        torch.manual_seed(0)
        network = METHOD.network(Config(), task())
        return list(estimates(network, noisy, kept, 3, ImageFit(rng())))

    for first, second in zip(made(y), made(spoilt), strict=True):
        assert torch.equal(first, second)


def test_the_held_out_error_is_that_to_the_clean_image_plus_the_noise() -> None:
    """For an estimate that has not seen the noise: E (x̂ − y)² = (x̂ − x)² + σ²."""
    clean, estimate, sigma = 0.5, 0.8, 0.2
    y = clean + sigma * randn(1, 1, 1000, 1000)
    everywhere = torch.ones(1, 1, 1000, 1000, dtype=torch.bool)
    error = float(mean_square_error(torch.full_like(y, estimate), y, everywhere))
    assert error == pytest.approx((estimate - clean) ** 2 + sigma**2, abs=1e-3)


def stop_on(errors: list[float], patience: int) -> tuple[int, float]:
    """How many estimates with these distances from the pixels are taken, and the kept one's."""
    y = torch.zeros(1, 1, 1, 2)
    held_out = torch.tensor([[[[True, False]]]])
    stop = HeldOutStop(y, held_out, patience)
    taken = 0
    for error in errors:
        stop.add(torch.tensor([[[[error, 100.0 - taken]]]]))  # the second pixel does not count
        taken += 1
        if stop.stopped:
            break
    return taken, float(stop.image[..., 0])


@pytest.mark.parametrize("patience", [1, 5, 20])
def test_the_stop_keeps_the_bottom_of_a_curve_and_goes_on_by_the_patience(patience: int) -> None:
    curve = [1.0 + (step - 30) ** 2 / 100 for step in range(100)]
    assert stop_on(curve, patience) == (31 + patience, 1.0)


def test_the_stop_passes_a_bump_that_is_shorter_than_the_patience() -> None:
    curve = [3.0, 2.0, 2.5, 2.5, 1.0, *10 * [4.0]]
    assert stop_on(curve, 3) == (8, 1.0)
    assert stop_on(curve, 2) == (4, 2.0)


def test_a_curve_that_falls_to_the_end_has_the_last_estimate() -> None:
    assert stop_on([5.0, 4.0, 3.0], 2) == (3, 3.0)


class Counting(nn.Module):
    """Gives 1, 2, 4, ... whatever it is shown."""

    def __init__(self) -> None:
        super().__init__()
        self.weight, self.calls = nn.Parameter(torch.zeros(())), 0

    def forward(self, z: Tensor) -> Tensor:
        self.calls += 1
        return 0.0 * self.weight + torch.full_like(z[:, :1], 2.0 ** (self.calls - 1))


def test_the_estimate_is_the_running_mean_of_the_outputs() -> None:
    y = torch.zeros(1, 1, 3, 5)
    first, second, third = estimates(Counting(), y, y == 0, 3, ImageFit(rng()))
    assert torch.equal(first, torch.ones_like(y))
    assert torch.allclose(second, (first + 10 * 2.0) / 11)
    assert torch.allclose(third, (2 * second + 10 * 4.0) / 12)


def test_the_running_mean_forgets_its_start_and_then_holds_a_hundred_outputs() -> None:
    decays = [decay(step) for step in range(2000)]
    assert decays[0] == 0.0
    assert decays == sorted(decays)
    assert decays[-1] == AVERAGE


def test_outputs_that_leave_the_image_end_the_fit() -> None:
    fit, y = ImageFit(rng()), torch.zeros(1, 1, 40, 40)
    made = stopped_estimate(Counting(), y, Config(steps=100, patience=7), fit)
    assert fit.taken == 8
    assert torch.equal(made, torch.ones_like(y))


def test_noise_is_taken_from_a_smooth_image() -> None:
    rows = torch.linspace(0.2, 0.8, 64)
    clean = (rows[:, None] + rows.flip(0)[None] ** 2).reshape(1, 1, 64, 64) / 2
    noisy = clean + 25 / 255 * randn(1, 1, 64, 64)
    made = denoised(noisy, Config(steps=40))
    gain = (noisy - clean).square().mean() / (made.image - clean).square().mean()
    assert 10 * math.log10(float(gain)) > 6.0


def test_it_is_seeded() -> None:
    y = torch.rand((1, 3, 12, 14), generator=rng())
    first, again, other = (denoised(y, Config(steps=2), seed).image for seed in (0, 0, 1))
    assert torch.equal(first, again)
    assert not torch.allclose(first, other, atol=1e-4)


def test_it_declines_noise_that_neighbours_share_and_noise_without_the_clean_mean() -> None:
    assert METHOD.declines(Config(), task()) is None
    for family, why in ((Correlated(), "not independent"), (Rician(), "mean")):
        noise = Noise(family, *family.blind)
        assert why in str(METHOD.declines(Config(), task(noise=noise)))


def test_its_settings_are_read_and_refused() -> None:
    _, config = load().method("dip:steps=500:patience=50")
    assert config == Config(steps=500, patience=50)
    for wrong in ("steps=0", "patience=0"):
        with pytest.raises(Exception, match=wrong.split("=")[0]):
            load().method(f"dip:{wrong}")
