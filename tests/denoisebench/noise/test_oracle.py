"""An oracle is told each level of a grid, and what is nearest to the clean image counts."""

import dataclasses
import time
from pathlib import Path

import numpy as np
import pytest
import torch
from bench import make_images
from scoring import Config, DenoiserOutput, cell, scored

from denoisebench.budgets import get_budget
from denoisebench.errors import UserError
from denoisebench.images.pixels import Pixels
from denoisebench.noise.family import Noise, NoiseFamily
from denoisebench.noise.level_knowledge import LEVELS, STRIDE, oracle_levels
from denoisebench.noise_models.gamma import Gamma
from denoisebench.noise_models.gaussian import Gaussian
from denoisebench.noise_models.impulse import Impulse
from denoisebench.noise_models.poisson import Poisson
from denoisebench.planning.planner import make_plan
from denoisebench.planning.request import Request
from denoisebench.plugin.method import Denoised, Task, UntrainedMethod
from denoisebench.registry.loader import load
from denoisebench.registry.registries import Registries
from denoisebench.results.records import ImageScore

BLIND = Noise(Gaussian(), 5.0, 55.0)
GRID = oracle_levels(BLIND)
ASKED = Request(
    methods=("noise2score",),
    noises=("gaussian:25",),
    parameters=("unknown", "oracle"),
    datasets=("samples-gray",),
    train_sets=("samples:part=train",),
    draws="fixed",
    budget=get_budget("smoke"),
    weights="none",
    seeds=(0,),
)


class Shrink(UntrainedMethod[Config]):
    """Pulls an image towards its mean, the more the higher the level that it is told."""

    name, summary, config_type = "shrink", "for a test", Config

    def denoise(
        self, config: Config, task: Task, noisy: torch.Tensor, level: float | None
    ) -> Denoised:
        assert level is not None
        mean = noisy.mean()
        return Denoised(mean + (noisy - mean) * (1.0 - level / 100.0))


@pytest.fixture
def clean() -> list[Pixels]:
    """Images of little and of much contrast, for which little and much of the noise is right."""
    ramp = np.linspace(-0.5, 0.5, 24 * 24, dtype=np.float32).reshape(1, 24, 24)
    return [0.5 + contrast * ramp for contrast in (0.1, 0.4, 1.0)]


@pytest.fixture(scope="module")
def registries() -> Registries:
    return load()


def at(level: float, clean: list[Pixels]) -> list[ImageScore]:
    """What the method scores when it is told `level` for noise of σ = 25."""
    shrink, task = Shrink(), Task(BLIND, "unknown", 1)
    made = DenoiserOutput(lambda noisy: shrink.denoise(Config(), task, noisy, level))
    return scored(cell(made, clean))


def oracle(
    method: UntrainedMethod[Config], clean: list[Pixels], **more: object
) -> list[ImageScore]:
    task = Task(BLIND, "unknown", 1)
    return scored(cell(method, clean, task=task, parameters="oracle", **more))


def test_each_image_has_the_psnr_and_the_level_of_the_best_of_the_grid(clean: list[Pixels]) -> None:
    found = oracle(Shrink(), clean)
    tried = np.array([[score.psnr_db for score in at(level, clean)] for level in GRID])
    assert [score.psnr_db for score in found] == tried.max(axis=0).tolist()
    assert [score.level_estimate for score in found] == [GRID[i] for i in tried.argmax(axis=0)]
    assert len({score.level_estimate for score in found}) > 1
    assert {score.level for score in found} == {25.0}


def test_no_level_is_tried_twice_and_the_seconds_are_those_of_all(clean: list[Pixels]) -> None:
    def slow(noisy: torch.Tensor) -> torch.Tensor:
        time.sleep(0.002)
        return noisy * (1.0 - len(made.told) / 100.0)

    made = DenoiserOutput(slow)
    (score,) = oracle(made, clean[:1])
    assert len(set(made.told)) == len(made.told) >= LEVELS // STRIDE + STRIDE
    assert score.denoise_s >= len(made.told) * 0.002


def test_a_method_that_ignores_levels_has_none_picked_and_is_not_tried_at_each(
    clean: list[Pixels],
) -> None:
    made = DenoiserOutput(lambda noisy: noisy)
    (score,) = oracle(made, clean[:1])
    plain = scored(cell(DenoiserOutput(lambda noisy: noisy), clean[:1]))[0]
    assert (score.level_estimate, score.psnr_db) == (None, plain.psnr_db)
    assert made.told == [GRID[STRIDE // 2], GRID[-STRIDE // 2]]


@pytest.mark.parametrize("family", [Gaussian(), Poisson(), Gamma(), Impulse()])
def test_the_grid_lies_in_the_blind_range_as_the_family_draws_levels(family: NoiseFamily) -> None:
    noise = Noise(family, *family.blind)
    levels = oracle_levels(Noise(family, family.blind[1], family.blind[1]))
    assert len(levels) == LEVELS
    assert noise.low < levels[0] < levels[-1] < noise.high
    steps = np.diff(levels if noise.spread == "even" else np.log(levels))
    assert np.allclose(steps, steps[0])


def test_an_oracle_is_the_training_of_unknown_levels_in_a_cell_of_its_own(
    registries: Registries,
) -> None:
    plan = make_plan(ASKED, registries)
    unknown, oracle = plan.cells
    (training,) = plan.trainings
    assert [c.training and c.training.id for c in plan.cells] == [training.id] * 2
    assert unknown.task == oracle.task
    assert (str(oracle.task.noise), oracle.task.parameters) == ("gaussian:5..55", "unknown")
    assert unknown.labels == oracle.labels
    assert unknown.id != oracle.id
    alone = make_plan(dataclasses.replace(ASKED, parameters=("unknown",)), registries)
    assert [alone.cells[0].id, alone.cells[0].given_levels(25.0)] == [unknown.id, (None,)]


def test_what_declines_unknown_levels_declines_an_oracle(registries: Registries) -> None:
    asked = dataclasses.replace(ASKED, methods=("sure",), parameters=("oracle",))
    with pytest.raises(UserError, match=r"sure declines gaussian:25 oracle: .* noise level"):
        make_plan(asked, registries)


def test_noise_of_unknown_law_has_the_grid_of_what_it_is_taken_for(
    registries: Registries, tmp_path: Path
) -> None:
    for side in ("noisy", "clean"):
        make_images(tmp_path / side, 1)
    asked = dataclasses.replace(
        ASKED,
        methods=("tv",),
        noises=("real",),
        parameters=("known", "unknown", "oracle"),
        datasets=(f"pairs:{tmp_path / 'noisy'}:{tmp_path / 'clean'}",),
    )
    unknown, oracle = make_plan(asked, registries).cells
    assert (unknown.parameters, oracle.parameters) == ("unknown", "oracle")
    assert oracle.given_levels(None) == GRID
