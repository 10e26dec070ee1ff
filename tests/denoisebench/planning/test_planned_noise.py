"""Planning trainings whose noise is not that of the test, and trainings that begin with weights."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from recipes import RECIPE
from torch import nn

from denoisebench.budgets import get_budget
from denoisebench.errors import UserError
from denoisebench.planning.plan import Plan
from denoisebench.planning.planner import make_plan
from denoisebench.planning.request import Request
from denoisebench.registry.loader import load
from denoisebench.registry.registries import Registries
from denoisebench.training.weights_file import Header, write_weights

ASKED = Request(
    methods=("noise2noise",),
    noises=("gaussian:25",),
    parameters=("known",),
    datasets=("samples",),
    train_sets=("samples:part=train",),
    draws="fixed",
    budget=get_budget("smoke"),
    weights="none",
    seeds=(0,),
)


@pytest.fixture(scope="module")
def registries() -> Registries:
    return load()


def weights(path: Path, **change: Any) -> Path:
    write_weights(
        path, nn.Conv2d(1, 1, 1), Header(replace(RECIPE, **change), {"ab": "an image"}, {})
    )
    return path


def only(plan: Plan):  # type: ignore[no-untyped-def]  # its one training
    (training,) = plan.trainings
    return training


def test_source_target_and_test_noise_are_independent(registries: Registries) -> None:
    asked = replace(ASKED, source_noise="gaussian:0..50", target_noise="gaussian:10")
    training = only(make_plan(asked, registries))
    assert training.recipe.noise == "gaussian:0..50"
    assert training.recipe.target_noise == "gaussian:10"
    assert str(training.task.target_noise) == "gaussian:10"
    assert training.labels["draws"] == "fixed, gaussian:0..50 to gaussian:10"
    assert [str(cell.noise) for cell in make_plan(asked, registries).cells] == ["gaussian:25"]


def test_one_training_serves_every_test_noise_that_it_is_asked_for(registries: Registries) -> None:
    asked = replace(ASKED, source_noise="gaussian:5..50", noises=("gaussian:15", "gaussian:25"))
    plan = make_plan(asked, registries)
    assert len(plan.cells) == 2
    assert only(plan).labels["draws"] == "fixed, gaussian:5..50"
    assert not plan.notes


def test_a_target_noise_that_is_the_source_noise_is_the_same_training(
    registries: Registries,
) -> None:
    plain = only(make_plan(ASKED, registries))
    asked = replace(ASKED, target_noise="gaussian:25")
    assert only(make_plan(asked, registries)).id == plain.id
    other = replace(ASKED, target_noise="gaussian:50")
    assert only(make_plan(other, registries)).id != plain.id


def test_a_target_noise_is_for_methods_that_see_pairs(registries: Registries) -> None:
    asked = replace(ASKED, methods=("supervised", "noise2noise"), target_noise="gaussian:5")
    targets = {t.method.name: t.task.target_noise for t in make_plan(asked, registries).trainings}
    assert targets["supervised"] is None
    assert str(targets["noise2noise"]) == "gaussian:5"
    with pytest.raises(UserError, match="no method asked for sees pairs of noisy images"):
        make_plan(replace(asked, methods=("supervised",)), registries)


def test_a_level_of_another_family_is_not_told(registries: Registries) -> None:
    asked = replace(ASKED, source_noise="poisson:0.01")
    with pytest.raises(UserError, match="give --parameters unknown"):
        make_plan(asked, registries)
    plan = make_plan(replace(asked, parameters=("unknown",)), registries)
    assert plan.notes == ("gaussian:25 is scored by what was trained on poisson:0.01",)
    assert only(plan).recipe.noise == "poisson:0.01"


def test_what_learns_nothing_has_a_cell_for_each_family_that_it_assumes(registries):
    asked = replace(ASKED, methods=("identity",), noises=("poisson:0.05",), parameters=("unknown",))

    def cell(source_noise):
        (cell,) = make_plan(replace(asked, source_noise=source_noise), registries).cells
        return cell

    usual = cell(None)
    assert usual.assumed == ""
    assert usual.id == cell("poisson:0.01..0.02").id == cell("poisson:0.05").id
    other = cell("gaussian:5..50")
    assert other.assumed == "gaussian:5..55"
    assert other.id == cell("gaussian:25").id != usual.id
    assert cell("gamma:50").id not in (other.id, usual.id)
    blurred, longer = cell("correlated:25:1"), cell("correlated:25:2")
    assert blurred.id != longer.id


def test_noise_of_unknown_distribution_is_taken_for_gaussian_as_ever(registries):
    asked = replace(ASKED, methods=("tv",), noises=("real",), datasets=("polyu",))
    (cell,) = make_plan(asked, registries).cells
    assert cell.assumed == ""
    (told,) = make_plan(replace(asked, source_noise="gaussian:5..50"), registries).cells
    assert told.id == cell.id


def test_methods_that_expect_independent_noise_are_named_before_real_noise(registries):
    methods = ("identity", "tv", "zs-n2n")
    asked = replace(ASKED, methods=methods, noises=("real",), datasets=("cc15",))
    assert make_plan(asked, registries).notes[-1] == (
        "tv, zs-n2n expect noise that is independent from pixel to pixel;"
        " `bench estimate cc15` measures whether this is"
    )
    (note,) = make_plan(replace(asked, methods=("identity",)), registries).notes
    assert "expect" not in note


def test_a_test_level_beyond_the_source_noise_is_noted(registries: Registries) -> None:
    asked = replace(ASKED, source_noise="gaussian:5..20")
    notes = make_plan(asked, registries).notes
    assert notes == ("gaussian:25 is beyond gaussian:5..20, which is trained on",)


def test_a_loss_that_does_not_fit_is_noted(registries: Registries) -> None:
    asked = replace(ASKED, methods=("noise2noise:loss=mae",))
    (note,) = make_plan(asked, registries).notes
    assert note.startswith("noise2noise:loss=mae on gaussian:25: ")
    assert note.endswith("mse fits")


def test_when_all_is_declined_the_reason_is_the_error(registries: Registries) -> None:
    asked = replace(ASKED, train_sets=("test",))
    with pytest.raises(UserError, match=r"nothing to compute: noise2noise declines .*noisy-pairs"):
        make_plan(asked, registries)


def test_a_training_that_begins_with_weights_is_another_training(
    registries: Registries, tmp_path: Path
) -> None:
    path = weights(tmp_path / "first.safetensors", channels=3)
    plain = only(make_plan(ASKED, registries))
    training = only(make_plan(replace(ASKED, start=path), registries))
    assert training.id != plain.id
    assert training.start is not None
    assert training.recipe.start == training.start.sha256
    assert training.labels["weights"] == "trained from first.safetensors"
    total = training.start.header.recipe.megapixels + training.budget.megapixels
    assert training.recipe.megapixels == total
    assert plain.labels["budget"] == "smoke"
    assert training.labels["budget"] == f"{total:.2g} Mpx"


def test_bundled_weights_begin_a_training_by_their_name(registries: Registries) -> None:
    named = Path("noise2noise/gray-gaussian25")
    asked = replace(ASKED, noises=("gaussian:50",), channels=1, start=named)
    training = only(make_plan(asked, registries))
    assert training.labels["weights"] == "trained from noise2noise/gray-gaussian25"
    recipe = registries.recipes[str(named)]
    assert training.recipe.start == recipe.sha256
    assert training.recipe.start_megapixels == recipe.budget.megapixels


def test_a_recipe_without_weights_begins_no_training(registries: Registries) -> None:
    named = Path("neighbor2neighbor/gray-gaussian25")
    assert registries.recipes[str(named)].sha256 is None
    with pytest.raises(UserError, match="`bench zoo train neighbor2neighbor/gray-gaussian25`"):
        make_plan(replace(ASKED, channels=1, start=named), registries)


def test_what_saw_more_may_not_begin_a_training_that_may_see_less(
    registries: Registries, tmp_path: Path
) -> None:
    clean = weights(tmp_path / "clean.safetensors", method="supervised")
    pairs = weights(tmp_path / "pairs.safetensors", method="noise2noise")
    with pytest.raises(UserError, match=r"supervised saw clean; .* may see noisy-pairs alone"):
        make_plan(replace(ASKED, start=clean), registries)
    assert only(make_plan(replace(ASKED, methods=("supervised",), start=pairs), registries)).start
    with pytest.raises(UserError, match="noise2noise saw noisy-pairs"):
        make_plan(replace(ASKED, methods=("noise2score",), start=pairs), registries)


def test_weights_of_other_channels_begin_nothing(registries: Registries, tmp_path: Path) -> None:
    gray = weights(tmp_path / "gray.safetensors", channels=1)
    with pytest.raises(UserError, match="are for gray images; the data set is colour"):
        make_plan(replace(ASKED, start=gray), registries)


def test_weights_trained_on_other_targets_do_not_stand_in_for_a_training(
    registries: Registries, tmp_path: Path
) -> None:
    path = weights(tmp_path / "other.safetensors", target_noise="gaussian:5", start="ab")
    asked = replace(ASKED, weights=str(path))
    plan = make_plan(asked, registries)  # named by hand they do
    assert plan.cells[0].given is not None


def test_an_unknown_level_is_trained_on_over_the_blind_range(registries: Registries) -> None:
    asked = replace(ASKED, methods=("noise2score",), parameters=("unknown",))
    training = only(make_plan(asked, registries))
    assert training.recipe.noise == "gaussian:5..55"
    assert training.labels["draws"] == "fixed"


def test_a_method_may_train_on_the_test_noise_when_the_level_is_unknown_and_says_so(
    registries: Registries,
) -> None:
    asked = replace(ASKED, methods=("blindspot",), parameters=("unknown",))
    training = only(make_plan(asked, registries))
    assert training.recipe.noise == "gaussian:25"
    assert training.labels["draws"] == "fixed, gaussian:25"
