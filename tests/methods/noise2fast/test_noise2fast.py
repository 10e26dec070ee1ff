"""Noise2Fast: its checkerboard halves, its stop, its fit, and the noises it takes."""

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
from noise2fast import Noise2Fast
from noise2fast.config import Config
from noise2fast.downsampling import checkerboard_halves
from noise2fast.fitting import MeanSinceBest, fitted_estimate

METHOD = Noise2Fast()
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


def test_the_halves_are_the_two_colours_of_a_checkerboard() -> None:
    y = torch.arange(16.0).reshape(1, 1, 4, 4)  # 0 1 2 3 / 4 5 6 7 / 8 9 10 11 / 12 13 14 15
    up, down, left, right = (half[0, 0].tolist() for half in checkerboard_halves(y))
    assert up == [[0, 5, 2, 7], [8, 13, 10, 15]]
    assert down == [[4, 1, 6, 3], [12, 9, 14, 11]]
    assert left == [[0, 2], [5, 7], [8, 10], [13, 15]]
    assert right == [[1, 3], [4, 6], [9, 11], [12, 14]]


def test_each_pair_of_halves_holds_every_pixel_once() -> None:
    y = torch.arange(2.0 * 3 * 8 * 6).reshape(2, 3, 8, 6)
    up, down, left, right = checkerboard_halves(y)
    for pair in ((up, down), (left, right)):
        pixels = torch.cat([half.flatten(-2) for half in pair], dim=-1)
        assert torch.equal(pixels.sort().values, y.flatten(-2))


def test_both_pairs_split_the_pixels_alike() -> None:
    up, down, left, right = checkerboard_halves(randn(1, 1, 8, 6))
    for first, second in ((up, left), (down, right)):
        assert torch.equal(first.flatten().sort().values, second.flatten().sort().values)


def test_pixels_of_a_place_touch_each_other() -> None:
    """A pair shows a place of the scene a pixel apart: the rows' indices differ by 1."""
    rows = torch.arange(8.0)[:, None].expand(1, 1, 8, 6)
    up, down, left, right = checkerboard_halves(rows)
    assert (up - down).abs().unique().tolist() == [1.0]
    assert torch.equal(left, right)


def test_the_noise_of_the_halves_is_independent() -> None:
    halves = [half.double().flatten() for half in checkerboard_halves(randn(1, 1, 1500, 1500))]
    for first, second in (halves[:2], halves[2:]):
        correlation = torch.corrcoef(torch.stack([first, second]))[0, 1]
        assert float(correlation) == pytest.approx(0, abs=0.004)  # 4 standard errors
        assert float(first.var()) == pytest.approx(1.0, abs=0.006)


def test_a_last_row_and_column_of_an_odd_side_are_left_out() -> None:
    y = randn(2, 3, 7, 9)
    for of_odd, of_even in zip(
        checkerboard_halves(y), checkerboard_halves(y[..., :6, :8]), strict=True
    ):
        assert torch.equal(of_odd, of_even)


def outputs(*values: float) -> list[Tensor]:
    return [torch.full((1, 1, 2, 2), value) for value in values]


def test_the_mean_begins_anew_at_each_output_that_is_closer() -> None:
    mean = MeanSinceBest(torch.zeros(1, 1, 2, 2), patience=10)
    for output in outputs(5.0, 6.0, 4.0, 2.0, 3.0, -4.0):
        mean.add(output)
    assert torch.allclose(mean.image, torch.full((1, 1, 2, 2), (2.0 + 3.0 - 4.0) / 3))


def test_it_stops_when_no_output_is_closer_for_as_long_as_the_patience() -> None:
    mean = MeanSinceBest(torch.zeros(1, 1, 2, 2), patience=3)
    stopped = []
    for output in outputs(5.0, 4.0, 4.0, 5.0, 3.0, 3.0, 3.5, 9.0):
        mean.add(output)
        stopped.append(mean.stopped)
    assert stopped == [False] * 7 + [True]


@pytest.mark.parametrize(("channels", "count"), [(GRAY, 259_201), (COLOUR, 260_483)])
def test_the_network_has_the_parameters_of_the_official_one(channels: int, count: int) -> None:
    network = METHOD.network(Config(), task(channels))
    assert sum(p.numel() for p in network.parameters()) == count


class Logits(nn.Module):
    """The same logit for each pixel."""

    def __init__(self) -> None:
        super().__init__()
        self.logit = nn.Parameter(torch.zeros(()))

    def forward(self, image: Tensor) -> Tensor:
        return self.logit + torch.zeros_like(image)


def test_a_constant_output_is_fitted_to_the_mean_of_the_image() -> None:
    """The cross-entropy, too, is least at the mean of its targets."""
    y = 3.0 + randn(1, 1, 16, 16)
    made = fitted_estimate(Logits(), y, Config(steps=500), ImageFit(rng()))
    assert torch.allclose(made, y.mean().expand_as(made), atol=0.02)


def test_a_step_predicts_a_half_from_the_other_one_of_its_pair() -> None:
    y = torch.rand((1, 1, 6, 8), generator=rng())
    y[..., 0, 0], y[..., 0, 1] = 0.0, 1.0  # scaled by its range, the image stays as it is
    sources: list[Tensor] = []

    class Watched(Logits):
        def forward(self, image: Tensor) -> Tensor:
            sources.append(image.detach().clone())
            return super().forward(image)

    fitted_estimate(Watched(), y, Config(steps=40), ImageFit(rng()))
    seen = sources[::2]  # each step is followed by the whole image
    assert all(torch.equal(image, y) for image in sources[1::2])
    halves = checkerboard_halves(y)
    drawn = {n for source in seen for n, half in enumerate(halves) if torch.equal(source, half)}
    assert drawn == {0, 1, 2, 3}


def test_the_fit_ends_with_the_patience() -> None:
    class Stuck(Logits):
        def forward(self, image: Tensor) -> Tensor:
            return 0.0 * super().forward(image)

    fit, y = ImageFit(rng()), torch.rand((1, 1, 8, 8), generator=rng())
    made = fitted_estimate(Stuck(), y, Config(steps=100, patience=7), fit)
    assert fit.taken == 8  # the best one and seven after it
    assert torch.allclose(made, (y.min() + y.max()) / 2)


def test_noise_is_taken_from_a_flat_image() -> None:
    clean = torch.full((1, 1, 48, 48), 0.5)
    noisy = clean + 25 / 255 * randn(1, 1, 48, 48)
    made = denoised(noisy, Config(steps=40))
    assert made.steps == 40
    gain = (noisy - clean).square().mean() / (made.image - clean).square().mean()
    assert 10 * math.log10(float(gain)) > 10.0


def test_an_image_moved_and_stretched_has_its_estimate_moved_and_stretched() -> None:
    y = torch.rand((1, 1, 16, 16), generator=rng()).double()

    def estimate(image: Tensor) -> Tensor:
        torch.manual_seed(0)
        network = METHOD.network(Config(), task()).double()
        return fitted_estimate(network, image, Config(steps=5), ImageFit(rng()))

    assert torch.allclose(estimate(40.0 * y - 7.0), 40.0 * estimate(y) - 7.0, atol=1e-6)


def test_it_is_seeded() -> None:
    y = torch.rand((1, 3, 12, 14), generator=rng())
    first, again, other = (denoised(y, Config(steps=4), seed).image for seed in (0, 0, 1))
    assert torch.equal(first, again)
    assert not torch.allclose(first, other, atol=1e-4)


@pytest.mark.parametrize("size", [(1, 1), (1, 30), (30, 1)])
def test_an_image_without_a_cell_is_given_back(size: tuple[int, int]) -> None:
    y = randn(1, 1, *size)
    assert torch.equal(denoised(y, Config(steps=3)).image, y)


def test_a_constant_image_is_given_back() -> None:
    y = torch.full((1, 3, 8, 8), 0.25)
    assert torch.equal(denoised(y, Config(steps=3)).image, y)


def test_it_declines_noise_that_the_halves_share_and_noise_without_the_clean_mean() -> None:
    assert METHOD.declines(Config(), task()) is None
    for family, why in ((Correlated(), "not independent"), (Rician(), "mean")):
        noise = Noise(family, *family.blind)
        assert why in str(METHOD.declines(Config(), task(noise=noise)))


def test_its_settings_are_read_and_refused() -> None:
    _, config = load().method("noise2fast:steps=500:patience=50")
    assert config == Config(steps=500, patience=50)
    for wrong in ("steps=0", "patience=0"):
        with pytest.raises(Exception, match=wrong.split("=")[0]):
            load().method(f"noise2fast:{wrong}")


@pytest.mark.slow
def test_bfloat16_costs_nothing() -> None:
    """A mean of outputs averages their rounding; two fits differ by more.  A picture of edges."""
    from denoisebench.conformance.inputs import picture

    clean = torch.from_numpy(picture(GRAY, 64, 64))[None]
    noisy = clean + 25 / 255 * randn(1, 1, 64, 64)
    psnr_db = {}
    for precision in ("fp32", "bf16"):
        fits = ImageFits(precision=precision)  # type: ignore[arg-type]
        made = Denoiser(METHOD, Config(steps=300), task(), None, fits)(noisy, None)
        assert isinstance(made, Denoised)
        psnr_db[precision] = -10 * math.log10(float((made.image - clean).square().mean()))
    assert psnr_db["bf16"] > psnr_db["fp32"] - 0.3
