"""R2R: its pairs of noisy copies, its loss, and what it takes."""

import math

import pytest
import torch
from torch import Tensor, nn

from denoisebench.errors import UserError
from denoisebench.noise.family import Noise, NoiseFamily
from denoisebench.noise_models.correlated import Correlated
from denoisebench.noise_models.gamma import Gamma
from denoisebench.noise_models.gaussian import Gaussian
from denoisebench.noise_models.heteroscedastic import Heteroscedastic
from denoisebench.noise_models.multivariate import MultivariateGaussian
from denoisebench.noise_models.poisson import Poisson
from denoisebench.plugin.method import Batch, Model, Task, TrainingStep
from denoisebench.registry.loader import load
from r2r import R2R
from r2r.config import Config
from r2r.loss import paired_r2r_loss, r2r_loss
from r2r.recorrupt import first, gaussian, second

METHOD = R2R()
SIGMA = 25.0 / 255.0
SIDE = 600
NOISES: list[tuple[NoiseFamily, float]] = [
    (Gaussian(), 25.0),
    (Poisson(), 0.05),
    (Gamma(), 4.0),
    (Gamma(), 50.0),
    (Correlated(1.0), 25.0),
]
every_noise = pytest.mark.parametrize(
    ("family", "level"), NOISES, ids=lambda value: getattr(value, "name", str(value))
)
every_alpha = pytest.mark.parametrize("alpha", [0.1, 0.2, 0.5])


def rng(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def level_of(level: float) -> Tensor:
    return torch.full((1, 1, 1, 1), level)


def copies(
    family: NoiseFamily, level: float, alpha: float, clean: float = 0.4, side: int = SIDE
) -> tuple[Tensor, Tensor, Tensor]:
    """A noisy image of one clean value, y₁ and y₂."""
    y = family.resample(torch.full((1, 1, side, side), clean), level_of(level), rng(1))
    one = first(family, y, level_of(level), alpha, rng(2))
    return y, one, second(y, one, alpha)


def told_variance(family: NoiseFamily, level: float, clean: float) -> float:
    return float(family.variance(torch.tensor(clean), torch.tensor(level)))


@every_noise
@every_alpha
def test_both_copies_have_the_clean_mean_and_the_variances_of_their_shares(
    family: NoiseFamily, level: float, alpha: float
) -> None:
    y, one, two = copies(family, level, alpha)
    variance = told_variance(family, level, 0.4)
    wide = 6.0 if isinstance(family, Correlated) else 1.0  # neighbours share their noise
    for copy, share in ((one, 1.0 - alpha), (two, alpha)):
        error = 5.0 * wide * math.sqrt(variance / share / y.numel())
        assert float(copy.mean()) == pytest.approx(0.4, abs=error)
        assert float(copy.var()) == pytest.approx(variance / share, rel=0.04 * wide)


@every_noise
@every_alpha
def test_the_two_copies_are_independent(family: NoiseFamily, level: float, alpha: float) -> None:
    _, one, two = copies(family, level, alpha)
    wide = 6.0 if isinstance(family, Correlated) else 1.0
    error = 5.0 * wide / SIDE
    of_one, of_two = one - one.mean(), two - two.mean()
    for a, b in ((of_one, of_two), (of_one.square(), of_two.square())):
        a, b = a - a.mean(), b - b.mean()
        correlation = float((a * b).mean() / (a.var() * b.var()).sqrt())
        assert correlation == pytest.approx(0.0, abs=error)


@pytest.mark.parametrize("down", [0, 1, 2])
def test_copies_of_blurred_noise_are_independent_between_pixels_too(down: int) -> None:
    _, one, two = copies(Correlated(1.0), 25.0, 0.2)
    a, b = one - 0.4, two - 0.4
    shared = (a[..., down:, :] * b[..., : SIDE - down, :]).mean() / (a.var() * b.var()).sqrt()
    assert abs(float(shared)) < 5.0 * 6.0 / SIDE


@every_noise
def test_the_copies_add_up_to_the_noisy_image(family: NoiseFamily, level: float) -> None:
    y, one, two = copies(family, level, 0.2, side=64)
    torch.testing.assert_close(0.8 * one + 0.2 * two, y, rtol=1e-4, atol=1e-5)


def test_a_pixel_without_a_count_has_none_in_either_copy_and_counts_stay_whole() -> None:
    y, one, two = copies(Poisson(), 0.05, 0.2, clean=0.1, side=200)
    dark = y == 0.0
    assert dark.any()
    assert not one[dark].any()
    counts = two * 0.2 / 0.05
    torch.testing.assert_close(counts, counts.round(), atol=1e-3, rtol=0.0)
    assert float(one.min()) >= 0.0
    assert not copies(Poisson(), 0.05, 0.2, clean=0.0, side=8)[1].any()


def test_a_share_of_speckle_is_a_beta_number_also_where_its_shapes_are_below_1() -> None:
    y, _, two = copies(Gamma(), 1.0, 0.2)
    share = 0.2 * two / y
    assert float(share.mean()) == pytest.approx(0.2, abs=0.004)
    assert float(share.var()) == pytest.approx(0.2 * 0.8 / 2.0, rel=0.02)  # of Beta(0.2, 0.8)


@every_noise
def test_the_loss_is_the_error_at_the_first_copy_and_the_variance_of_the_second(
    family: NoiseFamily, level: float
) -> None:
    """E L = E mean (f(y₁) − x)² + Var y/α, of a curved f that sees its neighbours."""
    side, alpha = SIDE, 0.2
    rows = torch.linspace(0.2, 0.8, side).view(1, 1, side, 1).expand(1, 1, side, side)
    y = family.resample(rows.contiguous(), level_of(level), rng(1))
    one = first(family, y, level_of(level), alpha, rng(2))

    def f(image: Tensor) -> Tensor:
        return 0.5 * image + 0.2 * image.roll(1, -1) + 0.2 * torch.tanh(3.0 * image)

    found = float(r2r_loss(f, y, one, alpha))
    error = float((f(one) - rows).square().mean())
    variance = float(family.variance(rows, level_of(level)).expand_as(rows).mean()) / alpha
    assert found == pytest.approx(error + variance, rel=0.04)


@every_alpha
def test_a_pair_of_draws_has_the_mean_loss_of_single_ones_and_less_spread(alpha: float) -> None:
    y = 0.5 + 0.1 * torch.randn(1, 1, 32, 32, generator=rng(1))

    def f(image: Tensor) -> Tensor:
        return 0.4 * image + 0.5 * torch.sin(image)

    single, paired = [], []
    for seed in range(100):
        w = 0.1 * torch.randn(y.shape, generator=rng(10 + seed))
        single.append(float(r2r_loss(f, y, gaussian(y, w, alpha), alpha)))
        paired.append(float(paired_r2r_loss(f, y, w, alpha)))
        other = float(r2r_loss(f, y, gaussian(y, -w, alpha), alpha))
        assert paired[-1] == pytest.approx((single[-1] + other) / 2.0, rel=1e-5)
    one, two = torch.tensor(single), torch.tensor(paired)
    assert float((one - two).mean()) == pytest.approx(0.0, abs=5.0 * float(one.std()) / 100**0.5)
    assert float(two.std()) < float(one.std())


def test_it_is_steins_risk_as_alpha_falls() -> None:
    """Of a linear f of slope c at each pixel: mean (f(y) − y)² + 2·σ²·c, with what is left of
    (y₂ − y)², which does not depend on f."""
    sigma, c, alpha = 0.1, 0.7, 1e-4
    y = 0.5 + sigma * torch.randn(1, 1, 400, 400, generator=rng(1), dtype=torch.float64)
    w = sigma * torch.randn(y.shape, generator=rng(2), dtype=torch.float64)

    def f(image: Tensor) -> Tensor:
        return c * image + 0.1

    found = float(paired_r2r_loss(f, y, w, alpha))
    risk = float((f(y) - y).square().mean()) + 2.0 * c * float(w.square().mean())
    left = (1.0 - alpha) / alpha * float(w.square().mean())
    assert found - left == pytest.approx(risk, rel=1e-3)


def test_a_level_that_is_told_wrong_leaves_copies_that_share_noise() -> None:
    """Cov(y₁, y₂) = σ²·(1 − c²) at c times the level."""
    family, y = Gaussian(), 0.4 + SIGMA * torch.randn(1, 1, SIDE, SIDE, generator=rng())
    for c in (0.8, 1.2):
        one = first(family, y, level_of(25.0 * c), 0.2, rng(1))
        two = second(y, one, 0.2)
        shared = float(((one - 0.4) * (two - 0.4)).mean())
        assert shared == pytest.approx(SIGMA**2 * (1.0 - c**2), abs=0.03 * SIGMA**2)


def model_of(family: NoiseFamily, level: float, **settings: object) -> Model[Config]:
    """With a network that shrinks what it sees towards ½."""
    torch.manual_seed(0)
    network = nn.Conv2d(1, 1, 3, padding=1).requires_grad_(False)
    network.weight.fill_(0.0)
    network.bias.fill_(0.0)  # type: ignore[union-attr]
    network.weight[0, 0, 1, 1] = -5.0
    config = Config(**settings)  # type: ignore[arg-type]
    return Model(config, Task(Noise(family, level, level), "known", 1), network)


@every_noise
def test_the_answer_is_nearer_to_what_is_expected_with_more_draws(
    family: NoiseFamily, level: float
) -> None:
    y = family.resample(torch.full((1, 1, 64, 64), 0.4), level_of(level), rng())
    expected = y - 0.5 * (y - 0.5)  # f is linear, and E[y₁|y] = y
    few, many = (
        float(
            (METHOD.denoise(model_of(family, level, samples=n), y, level) - expected)
            .square()
            .mean()
        )
        for n in (1, 20)
    )
    assert many == pytest.approx(few / 20.0, rel=0.5)
    plain = METHOD.denoise(model_of(family, level, samples=0), y, level)
    torch.testing.assert_close(plain, expected)


def test_an_image_is_denoised_the_same_every_time() -> None:
    y = torch.rand(1, 1, 20, 33, generator=rng())
    model = model_of(Gaussian(), 25.0)
    assert torch.equal(METHOD.denoise(model, y, 25.0), METHOD.denoise(model, y, 25.0))


@every_noise
@pytest.mark.parametrize("draws", ["single", "paired"])
def test_a_step_has_a_loss_for_each_patch_at_its_own_level(
    family: NoiseFamily, level: float, draws: str
) -> None:
    y = family.resample(torch.full((4, 1, 32, 32), 0.4), level_of(level), rng())
    batch = Batch(y, None, torch.full((4, 1, 1, 1), level))
    found = METHOD.loss(model_of(family, level, draws=draws), batch, TrainingStep(0, 10, 4), rng())
    assert found.shape == (4,)
    assert torch.isfinite(found).all()


def test_it_takes_noise_of_these_laws_at_known_levels() -> None:
    def declined(family: NoiseFamily, parameters: str = "known") -> str | None:
        task = Task(Noise(family, *family.blind), parameters, 3)  # type: ignore[arg-type]
        return METHOD.declines(Config(), task)

    given = MultivariateGaussian((1.0, 0.5, 0.2, 2.0, 0.1, 0.4))
    for family in (Gaussian(), Poisson(), Gamma(), Correlated(), given):
        assert declined(family) is None
        assert "must know" in str(declined(family, "unknown"))
    for family in (MultivariateGaussian(), Heteroscedastic(10.0)):
        assert "no independent pair" in str(declined(family))


def test_it_is_shipped_with_its_settings_in_its_spec() -> None:
    registries = load()
    _, config = registries.method("r2r:alpha=0.5:draws=paired:samples=50")
    assert config == Config(alpha=0.5, draws="paired", samples=50)
    for wrong in ("alpha=0", "alpha=1", "draws=both", "samples=-1", "network=mlp"):
        with pytest.raises(UserError):
            registries.method(f"r2r:{wrong}")
    assert METHOD.trained_as(config) == Config(alpha=0.5, draws="paired")
    assert {"r2r-gauss25", "r2r-gauss50"} <= set(registries.presets)


def test_only_one_pass_of_a_whole_image_can_be_tiled() -> None:
    task = Task(Noise(Gaussian(), 25.0, 25.0), "known", 1)
    assert METHOD.tiling(Config(), task) is None
    assert METHOD.tiling(Config(samples=0), task) is not None
    assert METHOD.passes_per_patch(Config(draws="paired")) == 2
