"""Noise of unknown distribution: given with images, never drawn, treated as Gaussian noise."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from bench import make_images

from denoisebench.budgets import get_budget
from denoisebench.errors import UserError
from denoisebench.images.image_set import LoadedImage
from denoisebench.noise.given import noisy_of
from denoisebench.planning.planner import make_plan
from denoisebench.planning.request import Request
from denoisebench.registry.loader import load
from denoisebench.registry.registries import Registries

PAIRS = "pairs:noisy:clean"


@pytest.fixture(scope="module")
def registries() -> Registries:
    return load()


@pytest.fixture
def asked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Request:
    monkeypatch.chdir(tmp_path)
    for seed, folder in enumerate(("clean", "noisy")):
        make_images(tmp_path / folder, 2, seed=seed)
    return Request(
        methods=("identity", "tv", "blindspot", "noise2score"),
        noises=("real",),
        parameters=("known",),
        datasets=(PAIRS,),
        train_sets=("test",),
        draws="fixed",
        budget=get_budget("smoke"),
        weights="none",
        seeds=(0,),
    )


def test_real_noise_is_written_real_and_has_no_level(registries):
    real = registries.noise("real")
    assert (str(real), str(real.treated_as), real.is_real) == ("real", "gaussian:5..55", True)
    gaussian = registries.noise("gaussian:25")
    assert (gaussian.treated_as, gaussian.is_real) == (gaussian, False)
    image = np.zeros((1, 8, 8), np.float32)
    assert noisy_of(LoadedImage("a", image, image), real, seed=0) == (image, None)
    for wrong in ("real:5", "real:0..1", "real:level=5"):
        with pytest.raises(UserError, match="real noise has no known level; write real"):
            registries.noise(wrong)


def test_no_method_is_told_a_level_and_each_takes_it_for_gaussian_noise(registries, asked):
    plan = make_plan(asked, registries)
    assert {(str(c.noise), c.parameters, str(c.task.noise)) for c in plan.cells} == {
        ("real", "unknown", "gaussian:5..55")
    }
    assert len(plan.cells) == 4
    assert {t.recipe.train_set for t in plan.trainings} == {"test"}
    assert any("their noise is unknown" in note for note in plan.notes)


def test_a_source_noise_takes_the_place_of_gaussian_noise(registries, asked):
    plan = make_plan(
        replace(asked, methods=("noise2score",), source_noise="poisson:0.005..0.1"), registries
    )
    (cell,) = plan.cells
    assert str(cell.task.noise) == "poisson:0.005..0.1"
    assert "real is scored by what was trained on poisson:0.005..0.1" in plan.notes


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"datasets": ("folder:clean",)}, "real noise cannot be drawn, and folder:clean gives no"),
        (
            {"source_noise": "real"},
            "--source-noise real: its distribution is unknown, so it cannot be drawn",
        ),
        (
            {"methods": ("noise2noise",), "target_noise": "real"},
            "--target-noise real: its distribution is unknown",
        ),
        ({"datasets": ("noisy:noisy",)}, "noisy:noisy has no clean images to score against"),
    ],
)
def test_what_real_noise_cannot_do_is_refused(registries, asked, changes, said):
    with pytest.raises(UserError, match=said):
        make_plan(replace(asked, **changes), registries)


def test_a_set_that_knows_its_noise_is_tested_under_it_unless_noise_was_asked_for(
    registries, asked
):
    asked = replace(
        asked,
        methods=("identity",),
        noises=("gaussian:25",),
        datasets=("folder:clean", "noisy:noisy"),
        needs_reference=False,
    )

    def tests(request):
        return [(str(c.noise), c.parameters) for c in make_plan(request, registries).cells]

    assert tests(replace(asked, own_noise=True)) == [
        ("gaussian:25", "known"),
        ("real", "unknown"),
    ]
    assert tests(asked) == [("gaussian:25", "known")] * 2


def test_of_images_without_references_no_clean_image_and_no_pair_is_shown(registries, asked):
    asked = replace(asked, datasets=("folder:clean",), noises=("gaussian:25",))
    asked = replace(asked, train_sets=("noisy:noisy",))
    methods = ("noise2score", "noise2noise", "supervised")
    plan = make_plan(replace(asked, methods=methods), registries)
    assert [cell.method.name for cell in plan.cells] == ["noise2score"]
    assert {method: reason for method, _, reason in plan.declined} == {
        "noise2noise": "noisy:noisy has one noisy copy of each image; it needs noisy-pairs",
        "supervised": "noisy:noisy has one noisy copy of each image; it needs clean",
    }
