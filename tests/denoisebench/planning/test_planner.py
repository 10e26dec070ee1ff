"""Planning: what is computed, what is shared, what is declined and refused, under which ids."""

from dataclasses import replace
from pathlib import Path

import pytest
from bench import make_images
from stranger import install, put_weights

from denoisebench.budgets import get_budget
from denoisebench.errors import UserError
from denoisebench.planning.plan import Plan
from denoisebench.planning.planner import make_plan
from denoisebench.planning.request import Request
from denoisebench.registry.loader import load
from denoisebench.registry.registries import Registries

ASKED = Request(
    methods=("identity", "noise2score", "noise2noise"),
    noises=("gaussian:25",),
    parameters=("known",),
    datasets=("samples", "samples-gray"),
    train_sets=("samples:part=train",),
    draws="fixed",
    budget=get_budget("smoke"),
    weights="none",
    seeds=(0,),
)


@pytest.fixture(scope="module")
def registries() -> Registries:
    return load()


def ids(plan: Plan) -> set[str]:
    return {cell.id for cell in plan.cells}


def test_each_method_is_scored_on_each_set_in_the_order_asked(registries: Registries) -> None:
    plan = make_plan(ASKED, registries)
    got = [(cell.image_set.spec, cell.method_spec) for cell in plan.cells]
    assert got == [(d, m) for d in ASKED.datasets for m in ASKED.methods]
    assert len(ids(plan)) == 6


def test_one_training_serves_all_sets_of_its_channels(
    registries: Registries, tmp_path: Path
) -> None:
    more = f"folder:{make_images(tmp_path / 'more', 1)}"
    plan = make_plan(replace(ASKED, datasets=(*ASKED.datasets, more)), registries)
    assert len(plan.cells) == 9
    assert [(t.method.name, t.task.channels) for t in plan.trainings] == [
        ("noise2score", 3),
        ("noise2noise", 3),
        ("noise2score", 1),
        ("noise2noise", 1),
    ]


def test_a_method_that_takes_no_small_patch_is_trained_on_larger_ones_and_the_plan_says_so(
    registries: Registries, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = replace(ASKED, datasets=("samples-gray",))
    usual = make_plan(asked, registries)
    monkeypatch.setattr(registries.method("noise2noise")[0], "smallest_crop", 40)
    plan = make_plan(asked, registries)
    assert plan.trainings[0].id == usual.trainings[0].id
    (budget,) = {plan.trainings[1].budget, get_budget("smoke", crop_px=64)}
    assert plan.trainings[1].recipe.budget == replace(budget, name="")
    assert plan.trainings[1].labels["budget"] == "0.33 Mpx"
    assert plan.notes[-1] == (
        "noise2noise takes no patch below 40 pixels: it is trained on 20 steps of 4×64²,"
        " 0.3277 Mpx, where the budget has crops of 32²"
    )
    monkeypatch.setattr(registries.method("noise2noise")[0], "smallest_crop", 9000)
    with pytest.raises(UserError, match="noise2noise: smallest_crop is 9000; a crop has 8192 at"):
        make_plan(asked, registries)


def test_a_loss_that_runs_the_network_twice_gets_half_of_the_patches(
    registries: Registries, monkeypatch: pytest.MonkeyPatch
) -> None:
    planned = make_plan(ASKED, registries).trainings
    assert [(t.passes_per_patch, t.patches_per_step) for t in planned[:2]] == [(2, 2), (1, 4)]
    monkeypatch.setattr(registries.method("noise2noise")[0], "passes_per_patch", lambda _: 3)
    with pytest.raises(UserError, match="noise2noise costs 3 passes over each patch: --batch 4"):
        make_plan(ASKED, registries)


@pytest.mark.parametrize(
    "change",
    [
        {"noises": ("gaussian:26",)},
        {"seeds": (1,)},
        {"draws": "fresh"},
        {"budget": get_budget("smoke", steps=21)},
        {"methods": ("noise2score:probe=single",)},
        {"train_sets": ("samples-gray:part=train",), "datasets": ("samples-gray",)},
    ],
)
def test_whatever_changes_a_result_changes_its_id(
    registries: Registries, change: dict[str, object]
) -> None:
    base = replace(ASKED, methods=("noise2score",), datasets=("samples-gray",))
    before = make_plan(base, registries)
    after = make_plan(replace(base, **change), registries)  # type: ignore[arg-type]
    assert not ids(before) & ids(after)
    assert {t.id for t in before.trainings} != {t.id for t in after.trainings}


def test_the_words_of_a_spec_and_of_a_budget_change_nothing(registries: Registries) -> None:
    budget = replace(get_budget("smoke"), name="custom")
    other = replace(ASKED, noises=("gaussian:25.0",), budget=budget)
    other = replace(other, methods=("identity", "noise2score:probe=paired", "noise2noise"))
    assert ids(make_plan(ASKED, registries)) == ids(make_plan(other, registries))


def test_unknown_parameters_train_over_the_blind_range_and_tell_no_level(
    registries: Registries,
) -> None:
    asked = replace(ASKED, parameters=("known", "unknown"), datasets=("samples",))
    plan = make_plan(asked, registries)
    by_parameters = {t.task.parameters: str(t.task.noise) for t in plan.trainings}
    assert by_parameters == {"known": "gaussian:25", "unknown": "gaussian:5..55"}
    assert not plan.declined


def test_a_level_beyond_what_unknown_levels_are_trained_on_is_noted(registries: Registries) -> None:
    asked = replace(ASKED, noises=("gaussian:60",), datasets=("samples",))
    assert not make_plan(asked, registries).notes
    notes = make_plan(replace(asked, parameters=("unknown",)), registries).notes
    assert "gaussian:60 is beyond gaussian:5..55, which is trained on" in notes


def test_a_colour_set_is_not_trained_on_gray_images(registries: Registries) -> None:
    with pytest.raises(UserError, match="is gray and a data set is colour"):
        make_plan(replace(ASKED, train_sets=("samples-gray:part=train",)), registries)


def test_the_first_training_set_at_hand_is_taken_and_the_others_are_noted(
    registries: Registries, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.delenv("DENOISEBENCH_DATA", raising=False)
    monkeypatch.setenv("DENOISEBENCH_CACHE", str(tmp_path))
    plan = make_plan(replace(ASKED, train_sets=("cbsd399", "samples:part=train")), registries)
    assert {t.recipe.train_set for t in plan.trainings} == {"samples:part=train"}
    assert len(plan.notes) == 1
    assert "cbsd399 is not on this machine" in plan.notes[0]


@pytest.mark.parametrize(
    ("train", "test", "files"),
    [
        ("cbsd400", "set12", ("cbsd400/12003.jpg", "set12/04.png")),
        ("bsd300", "cbsd68", ("bsd300/", "cbsd68/")),
        ("bsd300", "bsd68", ("bsd300/", "bsd68/")),
        ("cbsd68", "bsd300", ("cbsd68/", "bsd300/")),
        ("kodak", "kodak-gray", ("kodak/", "kodak-gray/")),
    ],
)
def test_recorded_overlaps_are_refused_with_both_files_named(
    registries: Registries, train: str, test: str, files: tuple[str, str]
) -> None:
    asked = replace(ASKED, train_sets=(train,), datasets=(test,))
    with pytest.raises(UserError, match="overlap") as caught:
        make_plan(asked, registries)
    assert all(file in str(caught.value) for file in files)


def test_the_default_training_set_overlaps_with_no_test_set(registries: Registries) -> None:
    sets = ("set12", "bsd68", "cbsd68", "kodak", "set14", "bsd300", "samples", "samples-gray")
    plan = make_plan(replace(ASKED, train_sets=("cbsd399",), datasets=sets), registries)
    assert len(plan.cells) == 3 * len(sets)


def test_several_seeds_are_the_cells_and_trainings_of_each(registries: Registries) -> None:
    both = make_plan(replace(ASKED, seeds=(0, 3)), registries)
    each = [make_plan(replace(ASKED, seeds=(seed,)), registries) for seed in (0, 3)]
    assert [c.id for c in both.cells] == [c.id for plan in each for c in plan.cells]
    assert [t.id for t in both.trainings] == [t.id for plan in each for t in plan.trainings]
    assert [t.recipe.seed for t in both.trainings] == [0] * 4 + [3] * 4
    with pytest.raises(UserError, match="seed 3 is named twice"):
        make_plan(replace(ASKED, seeds=(3, 3)), registries)


def test_weights_that_come_with_a_method_are_used_if_they_fit(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = install(tmp_path, monkeypatch)
    put_weights(folder / "colour.safetensors")
    (folder / "broken.safetensors").write_bytes(b"?")
    registries = load(["shipped"])

    def weights(**change: object) -> list[str]:
        asked = replace(ASKED, methods=("shipped",), weights="auto")
        asked = replace(asked, **change)  # type: ignore[arg-type]
        return [cell.labels["weights"] for cell in make_plan(asked, registries).cells]

    assert weights() == ["zoo:colour", "trained"]  # there are none for gray
    assert weights(noises=("gaussian:50",)) == ["trained", "trained"]
    assert weights(noises=("gamma:25",)) == ["trained", "trained"]
    assert weights(parameters=("unknown",)) == ["trained", "trained"]
    assert weights(methods=("shipped:bias=true",)) == ["trained", "trained"]
    assert weights(draws="fresh") == ["trained", "trained"]
    assert weights(train_sets=("cbsd399",)) == ["trained", "trained"]
    assert weights(seeds=(1,)) == ["trained", "trained"]
    assert weights(seeds=(0, 1)) == ["trained"] * 4  # all seeds take the same budget
    none = replace(ASKED, methods=("shipped",), weights="none")
    assert [cell.given for cell in make_plan(none, registries).cells] == [None, None]


@pytest.mark.parametrize(
    "said",
    [
        {"parameters": "unknown"},
        {"start": "ab" * 32},
        {"checkpoint": "oracle"},
        {"target_noise": "gaussian:50"},
        {"clean_set": "half"},
        {"method": "noise2noise"},
    ],
    ids=lambda said: next(iter(said)),
)
def test_weights_that_saw_something_else_are_not_taken(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, said: dict[str, str]
) -> None:
    put_weights(install(tmp_path, monkeypatch) / "colour.safetensors", **said)
    asked = replace(ASKED, methods=("shipped",), weights="auto", datasets=("samples",))
    (cell,) = make_plan(asked, load(["shipped"])).cells
    assert cell.labels["weights"] == "trained"
