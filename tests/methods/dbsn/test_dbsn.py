"""D-BSN as a method: what it is told and what it learns, its stages, its student, its results."""

from dataclasses import replace

import pytest
import torch
from torch import Tensor

from dbsn import DBSN
from dbsn.config import PUBLISHED_START, Config
from dbsn.model import (
    ALL,
    MEAN,
    SPREAD,
    STUDENT,
    Denoiser,
    batch_loss,
    denoise_image,
    law_of,
    posterior,
    predict,
    student_image,
)
from dbsn.noise_law import level_is_sigma, told_law
from denoisebench.images.pixels import Pixels
from denoisebench.nn.gaussian_likelihood import columns_of, gaussian_loss, regulariser
from denoisebench.noise.family import Noise, NoiseFamily
from denoisebench.noise.level_knowledge import TrainingKnowledge
from denoisebench.noise.stream import Stream
from denoisebench.noise_models.gamma import Gamma
from denoisebench.noise_models.gaussian import Gaussian
from denoisebench.noise_models.heteroscedastic import Heteroscedastic, HeteroscedasticShared
from denoisebench.noise_models.impulse import Impulse
from denoisebench.noise_models.multivariate import MultivariateGaussian
from denoisebench.noise_models.poisson import Poisson
from denoisebench.noise_models.text import Text
from denoisebench.noise_models.weibull import Weibull
from denoisebench.plugin.method import Batch, Evidence, Model, Task, TrainingStep

METHOD = DBSN()
SMALL = Config(width=4, blocks=1, hidden=4)
LEVELS = {"gaussian": 25.0, "poisson": 0.01, "gamma": 100.0, "weibull": 10.0}
FAMILIES: tuple[NoiseFamily, ...] = (
    Gaussian(),
    Poisson(),
    Gamma(),
    Heteroscedastic(10.0),
    HeteroscedasticShared(10.0),
    MultivariateGaussian(),
)


class Untold(NoiseFamily):
    """A family that does not define its variance."""

    name, summary, symbol, unit = "untold", "y = x", "a", "none"
    lowest, highest, blind = 0.0, 100.0, (10.0, 50.0)

    def sample(self, clean: Pixels, level: float, stream: Stream) -> Pixels:
        return clean


class Uniform(Untold):
    """A stranger's: U of standard deviation σ/100."""

    name, unit_scale = "uniform", 100.0

    def variance(self, x: Tensor, level: Tensor) -> Tensor:
        return (level / 100.0).square()


def task_of(
    family: NoiseFamily, parameters: TrainingKnowledge = "known", channels: int = 3
) -> Task:
    level = LEVELS.get(family.name, 40.0)
    return Task(Noise(family, level, level), parameters, channels)


def rng(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def model_of(task: Task, config: Config = SMALL) -> Model[Config]:
    torch.manual_seed(0)
    return Model(config, task, Denoiser(config, task))


def batch_of(task: Task, count: int = 4, side: int = 12) -> Batch:
    shape = (count, task.channels, side, side)
    clean = torch.rand(shape, generator=rng(1))
    level = torch.full((count, 1, 1, 1), task.noise.low)
    noisy = task.noise.family.resample(clean, level, rng(2))
    others = torch.rand(shape, generator=rng(3))
    return Batch(noisy, None, level if task.parameters == "known" else None, others)


def network_of(model: Model[Config]) -> Denoiser:
    assert isinstance(model.network, Denoiser)
    return model.network


@pytest.mark.parametrize(
    ("bad", "message"),
    [
        ({"likelihood": "exact"}, "is none of marginal, constrained"),
        ({"student": "dncnn"}, "is none of none, unet, mwcnn"),
        ({"width": 0}, "width: 0 is below 1"),
        ({"start": 0.1}, "not within 0.5..255"),
        ({"gamma": 0.0}, "not above 0"),
        ({"reward": -0.1}, "not within 0..1"),
    ],
)
def test_a_bad_setting_is_refused_with_what_would_do(bad: dict[str, object], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        replace(Config(), **bad)  # type: ignore[arg-type]  # that is the point


@pytest.mark.parametrize(
    ("family", "parameters", "reason"),
    [
        (Text(), "unknown", "not independent between pixels"),
        (Impulse(), "unknown", "does not keep the mean"),
        (Untold(), "known", "--parameters unknown learns it"),
    ],
)
def test_it_declines_with_a_reason(
    family: NoiseFamily, parameters: TrainingKnowledge, reason: str
) -> None:
    assert reason in str(METHOD.declines(Config(), task_of(family, parameters)))


def test_levels_that_vary_are_warned_of_where_they_would_be_learned() -> None:
    varied = Task(Noise(Gaussian(), 5.0, 50.0), "unknown", 1)
    assert "cannot distinguish one level from another" in str(METHOD.warns(Config(), varied))
    assert METHOD.warns(Config(), replace(varied, parameters="known")) is None
    assert METHOD.warns(Config(), task_of(Gaussian(), "unknown")) is None


def test_a_student_makes_it_see_clean_images_of_other_scenes() -> None:
    assert METHOD.evidence(Config()) is Evidence.NOISY
    assert METHOD.evidence(Config(student="unet")) is Evidence.UNPAIRED


def test_what_matters_in_denoising_alone_shares_one_training() -> None:
    other = replace(SMALL, result="mean", gamma=0.9)
    assert METHOD.trained_as(other) == METHOD.trained_as(SMALL)
    assert METHOD.trained_as(replace(SMALL, width=8)) != METHOD.trained_as(SMALL)


@pytest.mark.parametrize("config", [SMALL, replace(SMALL, student="unet")])
def test_the_stages_take_all_steps(config: Config) -> None:
    stages = METHOD.stages(config, task_of(Gaussian()))
    assert sum(stages) == pytest.approx(1.0)
    assert len(stages) == (3 if config.student == "none" else 4)


@pytest.mark.parametrize("family", FAMILIES, ids=lambda f: f.name)
@pytest.mark.parametrize("parameters", ["known", "unknown"])
@pytest.mark.parametrize("channels", [1, 3])
def test_every_variant_has_a_finite_loss_and_gradient_at_each_stage_and_gives_an_image(
    family: NoiseFamily, parameters: TrainingKnowledge, channels: int
) -> None:
    if family.colour_only and channels == 1:
        return
    task = task_of(family, parameters, channels)
    assert METHOD.declines(SMALL, task) is None
    model, batch = model_of(task), batch_of(task)
    for likelihood in ("marginal", "constrained"):
        model = replace(model, config=replace(SMALL, likelihood=likelihood))
        for stage in (MEAN, SPREAD, ALL):
            loss = batch_loss(model, batch, TrainingStep(5, 10, 4, stage), rng())
            assert loss.shape == (4,)
            model.network.zero_grad()
            loss.mean().backward()
            gradients = [p.grad for p in model.network.parameters() if p.grad is not None]
            assert all(bool(g.isfinite().all()) for g in gradients)
            assert float(torch.stack([g.norm() for g in gradients]).sum()) > 0.0
    with torch.no_grad():
        level = task.noise.low if parameters == "known" else None
        found = denoise_image(model, batch.noisy[:1, :, :7], level)
    assert found.image.shape == (1, channels, 7, 12)
    assert bool(found.image.isfinite().all())
    learned = family.name == "gaussian" and parameters == "unknown"
    assert (found.level is not None) == learned
    assert found.outputs["noise"].image.shape == (1, 1, 7, 12)


def trained_parts(model: Model[Config], batch: Batch, stage: int) -> set[str]:
    """The networks that a stage's gradients reach."""
    model.network.zero_grad()
    batch_loss(model, batch, TrainingStep(9, 10, 4, stage), rng()).mean().backward()
    reached = {name for name, p in model.network.named_parameters() if p.grad is not None}
    return {name.split(".")[0] for name in reached}


def test_each_stage_trains_its_own() -> None:
    task = task_of(Gaussian(), "unknown", 1)
    model, batch = model_of(task, replace(SMALL, student="unet")), batch_of(task, side=32)
    assert trained_parts(model, batch, MEAN) == {"blind"}
    assert trained_parts(model, batch, SPREAD) == {"spread", "noise"}
    assert trained_parts(model, batch, ALL) == {"blind", "spread", "noise"}
    assert trained_parts(model, batch, STUDENT) == {"student"}


def test_told_noise_needs_no_network_and_gets_no_reward() -> None:
    task = task_of(Gaussian(), "known", 1)
    model, batch = model_of(task), batch_of(task)
    network = network_of(model)
    assert network.noise is None
    with torch.no_grad():
        found = predict(network, batch.noisy)
        sigma = torch.full((4, 1, 1, 1), 25.0 / 255.0)
        columns = columns_of(found.factors, 1)
        expected = gaussian_loss(found.mean, columns, batch.noisy, sigma).mean(dim=(1, 2))
        torch.testing.assert_close(
            batch_loss(model, batch, TrainingStep(5, 10, 4, ALL), rng()), expected
        )


@pytest.mark.parametrize(("share", "let_in"), [(0, 0.0), (3, 0.0), (10, 1.0)])
def test_learned_noise_is_rewarded_and_the_spread_let_in_later(share: int, let_in: float) -> None:
    task = task_of(Gaussian(), "unknown", 1)
    model, batch = model_of(task), batch_of(task)
    network = network_of(model)
    with torch.no_grad():
        found = predict(network, batch.noisy)
        law = law_of(network, task, batch.noisy, found.mean, None)
        columns = columns_of(let_in * found.factors, 1)
        expected = gaussian_loss(found.mean, columns, batch.noisy, law.sigma)
        expected = (expected + regulariser(law.sigma, 0.1)).mean(dim=(1, 2))
        found_loss = batch_loss(model, batch, TrainingStep(share, 10, 4, SPREAD), rng())
    torch.testing.assert_close(found_loss, expected)


@pytest.mark.parametrize("start", [PUBLISHED_START, 80.0])
def test_an_unknown_level_begins_where_the_config_says(start: float) -> None:
    task = task_of(Gaussian(), "unknown", 1)
    with torch.no_grad():
        model = model_of(task, replace(SMALL, start=start))
        level = denoise_image(model, batch_of(task).noisy[:1], None).level
    assert level == pytest.approx(start, rel=1e-3)


def gradient_at_own_pixel(model: Model[Config], output: str) -> float:
    noisy = batch_of(model.task, 1, 24).noisy[..., :17].requires_grad_()
    found = denoise_image(model, noisy, None)
    image = found.image if output == "image" else found.outputs[output].image
    (gradient,) = torch.autograd.grad(image[0, :, 11, 7].sum(), noisy)
    return float(gradient[0, :, 11, 7].abs().max())


def test_mean_and_spread_are_blind_and_the_result_is_not() -> None:
    model = model_of(task_of(Heteroscedastic(10.0), "unknown", 3))
    assert gradient_at_own_pixel(model, "mean") == 0.0
    assert gradient_at_own_pixel(model, "std") == 0.0
    assert gradient_at_own_pixel(model, "image") > 0.0


def test_noise_that_grows_with_the_intensity_is_found_from_the_mean_alone() -> None:
    """Found from the noisy pixel it would tell the noise itself, and the likelihood be no more
    blind."""
    assert gradient_at_own_pixel(model_of(task_of(Heteroscedastic(), "unknown")), "noise") == 0.0


def test_the_result_is_the_posterior_mean_or_the_mean_and_gamma_leans_to_the_mean() -> None:
    task = task_of(Gaussian(), "known", 1)
    model, noisy = model_of(task), batch_of(task).noisy[:1]

    def result(**changes: object) -> Tensor:
        config = replace(SMALL, **changes)  # type: ignore[arg-type]  # names and values that fit
        with torch.no_grad():
            return denoise_image(replace(model, config=config), noisy, 25.0).image

    mean = result(result="mean")

    def away(image: Tensor) -> float:
        return float((image - mean).abs().mean())

    posterior_ = result(result="posterior")
    assert torch.equal(posterior_, result())
    assert away(result(gamma=2.0)) < away(posterior_) < away(result(gamma=0.5))
    assert away(result(gamma=1e9)) < 1e-6


def test_the_student_learns_from_the_teacher_on_noisy_and_from_the_truth_on_clean_images() -> None:
    """The student's loss, made anew: of 16 noisy and 16 clean patches two and fourteen are used."""
    task, config = task_of(Gaussian(), "known", 1), replace(SMALL, student="unet")
    model, batch = model_of(task, config), batch_of(task, 16, 32)
    network = network_of(model)
    assert batch.clean is not None
    assert batch.level is not None
    with torch.no_grad():
        loss = batch_loss(model, batch, TrainingStep(5, 10, 16, STUDENT), rng(7))
        draws = rng(7)
        noisy, clean = batch.noisy[:2], batch.clean[2:]
        law = told_law(task.noise.family, noisy, batch.level[:2])
        target = posterior(predict(network, noisy), law, noisy, 1.0).float()
        strength = 0.9 + 0.2 * torch.rand((), generator=draws)
        made = clean + strength * 25.0 / 255.0 * torch.randn(clean.shape, generator=draws)
        for shown, wanted, part, weight in (
            (noisy, target, loss[:2], 0.1 * 16 / 2),
            (made, clean, loss[2:], 16 / 14),
        ):
            error = (student_image(network, shown) - wanted).square().mean(dim=(1, 2, 3))
            torch.testing.assert_close(part, weight * error, rtol=1e-4, atol=1e-7)


def test_with_a_student_its_image_is_the_result_unless_the_teachers_is_asked_for() -> None:
    task, config = task_of(Gaussian(), "known", 1), replace(SMALL, student="unet")
    model, noisy = model_of(task, config), batch_of(task, 1, 20).noisy
    with torch.no_grad():
        theirs = denoise_image(model, noisy, 25.0)
        assert torch.equal(theirs.image, student_image(network_of(model), noisy))
        asked = denoise_image(replace(model, config=replace(config, result="posterior")), noisy, 25)
    assert theirs.outputs == {}
    assert "mean" in asked.outputs


def test_only_noise_whose_law_follows_from_its_level_is_told() -> None:
    told = [family for family in FAMILIES if network_of(model_of(task_of(family))).noise is None]
    assert told == [family for family in FAMILIES if family.has_variance]
    assert METHOD.declines(SMALL, task_of(Weibull())) is None
    assert network_of(model_of(task_of(MultivariateGaussian(), "known"))).noise is not None


def test_a_family_from_elsewhere_is_asked_for_its_law_and_its_unit() -> None:
    """Its level, 40 in units of 1/100, is found in that unit where it is learned."""
    assert [f.name for f in (*FAMILIES, Uniform(), Untold()) if level_is_sigma(f)] == [
        "gaussian",
        "uniform",
    ]
    noisy = torch.rand((1, 1, 12, 12), generator=rng(1))
    told = model_of(task_of(Uniform(), "known", 1))
    same = model_of(task_of(Gaussian(), "known", 1))
    learned = model_of(task_of(Uniform(), "unknown", 1), replace(SMALL, start=51.0))
    with torch.no_grad():
        image = denoise_image(told, noisy, 40.0).image
        torch.testing.assert_close(image, denoise_image(same, noisy, 0.4 * 255.0).image)
        assert denoise_image(learned, noisy, None).level == pytest.approx(20.0, rel=1e-3)
