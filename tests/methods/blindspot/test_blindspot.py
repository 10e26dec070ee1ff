"""The blind-spot denoiser: what it declines, learns and gives back."""

import itertools
import math
from dataclasses import replace

import pytest
import torch
from torch import Tensor

from blindspot import BlindSpot
from blindspot.config import Config, level_of
from blindspot.model import (
    Denoiser,
    batch_loss,
    denoise_image,
    outputs_of,
    predict,
)
from denoisebench.nn.gaussian_likelihood import columns_of, gaussian_loss, regulariser
from denoisebench.noise.family import Noise, NoiseFamily
from denoisebench.noise.level_knowledge import TrainingKnowledge
from denoisebench.noise_models.family_estimator import FAMILIES
from denoisebench.noise_models.impulse import Impulse
from denoisebench.noise_models.text import Text
from denoisebench.plugin.method import Batch, Evidence, Model, Task, TrainingStep

METHOD = BlindSpot()
GAUSSIAN, POISSON, GAMMA = FAMILIES.values()
MOMENT = TrainingStep(0, 10, 2)
LEVELS = {"gaussian": 25.0, "poisson": 1.0 / 30.0, "impulse": 50.0, "gamma": 100.0, "text": 25.0}


def task_of(
    family: NoiseFamily,
    parameters: TrainingKnowledge = "known",
    channels: int = 3,
    spread: float = 1.0,
) -> Task:
    level = LEVELS[family.name]
    return Task(Noise(family, level / spread, level), parameters, channels)


def model_of(task: Task, config: Config | None = None) -> Model[Config]:
    config = config or Config()
    torch.manual_seed(0)
    return Model(config, task, METHOD.network(config, task))


def batch_of(task: Task, count: int = 2, side: int = 32) -> Batch:
    rng = torch.Generator().manual_seed(0)
    shape = (count, task.channels, side, side)
    clean = 0.2 + 0.6 * torch.rand(shape, generator=rng)
    level = torch.full((count, 1, 1, 1), task.noise.high)
    noisy = task.noise.family.resample(clean, level, rng)
    return Batch(noisy, None, level if task.parameters == "known" else None)


def test_it_sees_one_noisy_copy_of_each_image() -> None:
    assert METHOD.evidence(Config()) is Evidence.NOISY


@pytest.mark.parametrize("bad", [{"covariance": "mean"}, {"level": "known"}])
def test_a_setting_that_does_not_exist_is_refused_with_those_that_do(bad: dict[str, str]) -> None:
    with pytest.raises(ValueError, match="is none of"):
        Config(**bad)


def test_without_a_covariance_there_is_no_level_to_find() -> None:
    with pytest.raises(ValueError, match="leave level out"):
        Config(covariance="none", level="global")


@pytest.mark.parametrize(
    ("config", "task", "reason"),
    [
        (Config(), task_of(Text()), "it has no likelihood of text noise"),
        (
            Config(),
            task_of(GAMMA, "unknown"),
            "levels of which 0 is no noise",
        ),
        (Config(covariance="none"), task_of(Text()), "not independent between pixels"),
        (Config(level="global"), task_of(GAUSSIAN), "is for unknown levels"),
        (Config(level="global"), task_of(GAUSSIAN, "unknown", 3, 5.0), "is a range"),
    ],
)
def test_it_declines_with_a_reason(config: Config, task: Task, reason: str) -> None:
    assert reason in str(METHOD.declines(config, task))


@pytest.mark.parametrize(
    ("family", "parameters"),
    [
        *itertools.product((GAUSSIAN, POISSON, Impulse()), ("known", "unknown")),
        (GAMMA, "known"),
    ],
    ids=lambda x: getattr(x, "name", x),
)
@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("covariance", ["full", "diagonal", "none"])
def test_every_variant_has_a_finite_loss_and_gradient_and_gives_an_image(
    family: NoiseFamily, channels: int, parameters: TrainingKnowledge, covariance: str
) -> None:
    task, config = task_of(family, parameters, channels), Config(covariance=covariance)
    assert METHOD.declines(config, task) is None
    model, batch = model_of(task, config), batch_of(task, side=16)
    loss = batch_loss(model, batch, MOMENT)
    assert loss.shape == (2,)
    loss.mean().backward()
    gradients = [p.grad for p in model.network.parameters() if p.grad is not None]
    assert all(bool(g.isfinite().all()) for g in gradients)
    assert bool(torch.stack([g.norm() for g in gradients]).sum() > 0)
    with torch.no_grad():
        level = task.noise.low if parameters == "known" else None
        found = denoise_image(model, batch.noisy[:1, :, :15, :13], level)
    assert found.image.shape == (1, channels, 15, 13)
    assert bool(found.image.isfinite().all())
    assert (found.level is None) == (parameters == "known" or covariance == "none")
    assert set(found.outputs) == (set() if covariance == "none" else {"mean", "std"})


def test_the_level_is_told_or_learned_as_one_number_or_estimated_by_a_network() -> None:
    assert level_of(Config(), task_of(GAUSSIAN)) == "told"
    assert level_of(Config(), task_of(GAUSSIAN, "unknown")) == "global"
    assert level_of(Config(), task_of(GAUSSIAN, "unknown", 3, 5.0)) == "per-image"
    assert level_of(Config(level="per-image"), task_of(GAUSSIAN, "unknown")) == "per-image"
    assert level_of(Config(covariance="none"), task_of(GAUSSIAN, "unknown")) == "none"


def test_what_is_trained_on_for_an_unknown_level_is_the_test_noise_itself() -> None:
    noise = Noise(GAUSSIAN, 25.0, 25.0)
    assert METHOD.blind_noise(Config(), noise) == noise


@pytest.mark.parametrize(("channels", "factors"), [(1, 1), (3, 6)])
def test_a_pixel_gets_a_mean_and_a_triangle(channels: int, factors: int) -> None:
    assert outputs_of(Config(), channels) == channels + factors
    assert outputs_of(Config(covariance="diagonal"), channels) == 2 * channels
    assert outputs_of(Config(covariance="none"), channels) == channels


def test_levels_are_estimated_in_the_unit_of_the_family() -> None:
    """At the start every way says softplus(3 − 4) + 1e-3, whatever the image."""
    expected = {"gaussian": 80.1367, "poisson": 0.314262, "impulse": 31.4262}
    for family in (GAUSSIAN, POISSON, Impulse()):
        for spread in (1.0, 5.0):  # global, per image
            task = task_of(family, "unknown", 1, spread)
            with torch.no_grad():
                found = denoise_image(model_of(task), batch_of(task).noisy[:1], None)
            assert found.level == pytest.approx(expected[family.name], rel=1e-4)


def test_a_told_level_takes_the_place_of_a_learned_one() -> None:
    task = task_of(GAUSSIAN, "unknown", 1)
    model, noisy = model_of(task), batch_of(task).noisy[:1]
    with torch.no_grad():
        weak, strong = (denoise_image(model, noisy, level) for level in (0.1, 1e5))
    assert weak.level is None
    mean = strong.outputs["mean"].image
    torch.testing.assert_close(strong.image, mean, rtol=0.0, atol=1e-4)
    assert float((weak.image - noisy).abs().mean()) < 0.1 * float((mean - noisy).abs().mean())


@pytest.mark.parametrize("told", [True, False])
def test_only_a_level_that_is_not_told_is_rewarded(told: bool) -> None:
    task = task_of(GAUSSIAN, "known" if told else "unknown", 1)
    model, batch = model_of(task), batch_of(task)
    network = model.network
    assert isinstance(network, Denoiser)
    with torch.no_grad():
        found = predict(network, batch.noisy)
        sigma = torch.full((2, 1, 1, 1), 25.0 / 255.0) if told else network.parameter(batch.noisy)
        expected = gaussian_loss(found.mean, columns_of(found.factors, 1), batch.noisy, sigma).mean(
            dim=(1, 2)
        )
        if not told:
            expected = expected + regulariser(sigma).mean(dim=(1, 2))
        torch.testing.assert_close(batch_loss(model, batch, MOMENT), expected)


@pytest.mark.parametrize(("step", "let_in"), [(0, 0.0), (19, 0.0), (30, 0.5), (40, 1.0), (99, 1.0)])
def test_where_a_network_finds_the_level_the_spread_is_let_in_later(
    step: int, let_in: float
) -> None:
    task = task_of(GAUSSIAN, "unknown", 1, 5.0)
    model, batch = model_of(task), batch_of(task)
    network = model.network
    assert isinstance(network, Denoiser)
    with torch.no_grad():
        found, sigma = predict(network, batch.noisy), network.parameter(batch.noisy)
        loss = gaussian_loss(found.mean, columns_of(let_in * found.factors, 1), batch.noisy, sigma)
        expected = (loss + regulariser(sigma)).mean(dim=(1, 2))
        torch.testing.assert_close(batch_loss(model, batch, TrainingStep(step, 100, 2)), expected)


def test_the_prediction_without_a_covariance_is_of_the_noisy_pixel_itself() -> None:
    task = task_of(GAUSSIAN, channels=1)
    model, batch = model_of(task, Config(covariance="none")), batch_of(task)
    with torch.no_grad():
        mean = predict(model.network, batch.noisy).mean  # type: ignore[arg-type]  # a Denoiser
        expected = (mean - batch.noisy).square().mean(dim=(1, 2, 3))
        torch.testing.assert_close(batch_loss(model, batch, MOMENT), expected)


def gradient_at_own_pixel(model: Model[Config], output: str) -> float:
    noisy = batch_of(model.task, 1, 37).noisy[..., :21].requires_grad_()
    found = denoise_image(model, noisy, None if model.task.parameters == "unknown" else 25.0)
    image: Tensor = found.image if output == "image" else found.outputs[output].image
    (gradient,) = torch.autograd.grad(image[0, :, 36, 7].sum(), noisy)
    return float(gradient[0, :, 36, 7].abs().max())


@pytest.mark.parametrize("covariance", ["full", "diagonal"])
@pytest.mark.parametrize("channels", [1, 3])
def test_the_prediction_of_an_image_of_any_size_is_blind_and_the_result_is_not(
    covariance: str, channels: int
) -> None:
    model = model_of(task_of(GAUSSIAN, channels=channels), Config(covariance=covariance))
    assert gradient_at_own_pixel(model, "mean") == 0.0
    assert gradient_at_own_pixel(model, "std") == 0.0
    assert gradient_at_own_pixel(model, "image") > 0.0


def test_the_estimated_level_alone_lets_an_image_see_all_of_itself() -> None:
    """The level network is not blind: its mean over the image cannot copy a pixel."""
    task = task_of(GAUSSIAN, "unknown", 1, 5.0)
    assert gradient_at_own_pixel(model_of(task), "mean") == 0.0


def test_training_on_flat_images_finds_the_noise() -> None:
    """A few steps of Adam on the level alone, from noise around a known mean: σ is found, times
    what the regulariser adds."""
    task = replace(task_of(GAUSSIAN, "unknown", 1))
    network = Denoiser(Config(), task)
    rng = torch.Generator().manual_seed(0)
    noisy = 0.5 + 0.1 * torch.randn(1, 1, 64, 64, generator=rng)
    mean, factors = torch.full_like(noisy, 0.5), torch.full_like(noisy, 1e-4)
    adam = torch.optim.Adam([network.raw], lr=0.02)
    for _ in range(200):
        sigma = network.parameter(noisy)
        loss = (gaussian_loss(mean, [factors], noisy, sigma) + regulariser(sigma)).mean()
        adam.zero_grad()
        loss.backward()
        adam.step()
    # −s²/σ³ + 1/σ − 0.05 = 0, s being the spread of the very draws
    spread = float((noisy - 0.5).square().mean().sqrt())
    assert float(network.parameter(noisy).detach()) == pytest.approx(spread, rel=0.01)
    assert math.isclose(spread, 0.1, rel_tol=0.05)
