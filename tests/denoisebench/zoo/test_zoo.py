"""The zoo: a recipe's training is that of `bench run`; its weights are used, or asked for."""

from dataclasses import replace
from pathlib import Path

import pytest
from recipe_requests import asked
from stranger import PLUGIN, RECIPE, install, put_weights

from denoisebench.errors import UserError
from denoisebench.planning.planner import make_plan
from denoisebench.planning.weights_finder import WeightsFinder
from denoisebench.plugin.recipe import Recipe
from denoisebench.registry.loader import load
from denoisebench.registry.registries import Registries
from denoisebench.training.weights_file import file_hash
from denoisebench.zoo.recipe_training import (
    State,
    header_of,
    meaning,
    plan_training,
    stages,
    state_of,
    weights_file,
)


@pytest.fixture(scope="module")
def registries() -> Registries:
    return load()


def own_parts(registries: Registries) -> dict[str, Recipe]:
    """The recipes, without a start whose weights are not bundled."""
    return {
        name: recipe if len(stages(recipe, registries)) == 1 else recipe.begun_from_nothing()
        for name, recipe in registries.recipes.items()
    }


def test_each_recipe_of_ours_plans_the_training_that_run_plans(registries: Registries) -> None:
    assert registries.recipes
    for name, recipe in own_parts(registries).items():
        (training,) = make_plan(asked(recipe), registries).trainings
        planned, notes = plan_training(recipe, registries)
        assert planned.id == training.id, name
        assert planned.recipe == training.recipe
        assert not notes


def test_a_recipe_of_a_level_that_is_not_told_trains_over_the_blind_range(
    registries: Registries,
) -> None:
    settings = registries.recipe("noise2score/colour-gaussian25").settings
    recipe = Recipe("noise2score/blind", {**settings, "parameters": "unknown"})
    (training,) = make_plan(asked(recipe), registries).trainings
    planned, _ = plan_training(recipe, registries)
    assert planned.id == training.id
    assert planned.recipe.noise == "gaussian:5..55"


def test_a_recipe_says_of_a_header_what_the_training_writes_there(registries: Registries) -> None:
    for recipe in own_parts(registries).values():
        said = header_of(recipe, registries).to_json()
        written = plan_training(recipe, registries)[0].recipe.to_json()
        assert written.keys() - said.keys() == {
            *("version", "source", "learning_rate", "train_digest")
        }
        assert all(written[key] == value for key, value in said.items())


def test_a_recipe_of_unpaired_images_says_that_half_of_them_are_clean(
    registries: Registries,
) -> None:
    settings = registries.recipe("dbsn/gray-gaussian25-first").settings
    recipe = Recipe("dbsn/student", {**settings, "method": "dbsn:student=unet"})
    (training,) = make_plan(asked(recipe), registries).trainings
    assert plan_training(recipe, registries)[0].id == training.id
    assert header_of(recipe, registries).clean_set == "half"


def test_the_same_weights_are_not_meant_by_two_recipes(registries: Registries) -> None:
    """By the same trainings, one after another."""
    parts = own_parts(registries)
    trainings = [
        tuple(
            plan_training(parts[stage.name], registries)[0].id
            for stage in stages(recipe, registries)
        )
        for recipe in registries.recipes.values()
    ]
    assert len(set(trainings)) == len(trainings)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"method": "identity"}, "identity learns nothing and has no weights"),
        ({"method": "pure"}, "pure declines gaussian:25 known: "),
        ({"noise": "real"}, "real has no known distribution and cannot be drawn"),
        ({"noise": "multivariate-gaussian:25", "channels": "gray"}, "is of colour images alone"),
        ({"noise": "gausian:25"}, "unknown noise model 'gausian'; did you mean 'gaussian'?"),
        ({"method": "supervised:los=mse"}, "'los'; did you mean 'loss'?"),
        ({"train-set": "nowhere"}, "unknown data set 'nowhere'"),
    ],
)
def test_a_recipe_that_cannot_be_trained_is_an_error(
    registries: Registries, change: dict[str, str], said: str
) -> None:
    base = registries.recipe("supervised/colour-gaussian25")
    settings = {**base.settings, **change}
    recipe = Recipe(f"{settings['method'].partition(':')[0]}/x", settings)
    with pytest.raises(UserError) as caught:
        plan_training(recipe, registries)
    assert said in str(caught.value)


def test_a_file_is_what_the_recipe_names_or_another_or_not_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = install(tmp_path, monkeypatch, RECIPE.format(stem="a"))
    registries = load(["shipped"])
    recipe = registries.recipe("shipped/a")
    path = weights_file(recipe, registries)
    assert path == folder / "a.safetensors"
    assert state_of(recipe, path) is State.RECIPE_ONLY
    assert state_of(replace(recipe, sha256="0" * 64), path) is State.MISSING
    put_weights(path)
    assert state_of(replace(recipe, sha256=file_hash(path)), path) is State.SHIPPED
    assert state_of(recipe, path) is State.ANOTHER
    assert state_of(replace(recipe, sha256="0" * 64), path) is State.ANOTHER


def test_a_plugin_of_one_file_brings_recipes_but_no_weights(tmp_path: Path) -> None:
    (tmp_path / "one.py").write_text(PLUGIN)
    (tmp_path / "recipes.toml").write_text(RECIPE.format(stem="a"))
    registries = load([str(tmp_path / "one.py")])
    recipe = registries.recipe("shipped/a")
    assert weights_file(recipe, registries) is None
    assert state_of(recipe, None) is State.RECIPE_ONLY
    assert plan_training(recipe, registries)[0].recipe.train_set == "samples:part=train"


def zoo(registries: Registries, *methods: str, **change: object) -> dict[str, str]:
    """The weights of each cell in colour and gray with --weights zoo."""
    request = replace(
        asked(registries.recipe("supervised/colour-gaussian25")),
        methods=methods,
        datasets=("samples", "samples-gray"),
        channels=None,
        weights="zoo",
    )
    plan = make_plan(replace(request, **change), registries)  # type: ignore[arg-type]
    assert not plan.trainings
    return {f"{c.method_spec} {c.task.channels}": c.labels["weights"] for c in plan.cells}


@pytest.mark.parametrize("weights", ["auto", "zoo", "shipped/weights/a.safetensors"])
def test_a_bundled_file_of_which_any_bit_is_flipped_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, weights: str
) -> None:
    path = put_weights(install(tmp_path, monkeypatch) / "a.safetensors")
    recipe = f'{RECIPE.format(stem="a")}sha256 = "{file_hash(path)}"\n'
    (tmp_path / "shipped" / "recipes.toml").write_text(recipe)
    registries = load(["shipped"])
    monkeypatch.chdir(tmp_path)
    task = meaning(registries.recipe("shipped/a"), registries)
    finder = WeightsFinder(
        replace(asked(registries.recipe("shipped/a")), weights=weights), registries, print
    )
    found = finder.find(*task)  # type: ignore[arg-type]
    assert found is not None
    assert found.sha256 == file_hash(path)
    data = bytearray(path.read_bytes())
    for place in range(len(data)):
        data[place] ^= 1 << place % 8
        path.write_bytes(data)
        with pytest.raises(UserError, match=r"are damaged, or another file than recipe shipped/a"):
            finder.find(*task)  # type: ignore[arg-type]
        data[place] ^= 1 << place % 8


def test_zoo_takes_what_came_with_the_methods_and_leaves_the_untrained_alone(
    registries: Registries,
) -> None:
    assert zoo(registries, "identity", "noise2score", "dbsn") == {
        "identity 3": "none",
        "identity 1": "none",
        "noise2score 3": "zoo:colour-gaussian25",
        "noise2score 1": "zoo:gray-gaussian25",
        "dbsn 3": "zoo:colour-gaussian25",
        "dbsn 1": "zoo:gray-gaussian25",
    }


def test_zoo_says_at_once_for_what_all_there_are_no_weights(registries: Registries) -> None:
    noises = ("gaussian:25", "gaussian:50")
    with pytest.raises(UserError) as caught:
        zoo(registries, "identity", "noise2noise", "noise2void", "pure", noises=noises)
    said = str(caught.value)
    first, *rest = said.partition(" fit ")[2].split("; ")
    rest, advice = rest[:-1], rest[-1]
    assert said.startswith("--weights zoo: no bundled weights fit ")
    assert first == (
        "noise2void for gaussian:25, parameters known, colour, fixed draws, trained on cbsd399,"
        " seed 0 (it has none)"
    )
    assert [line.partition(", p")[0] for line in (first, *rest)] == [
        "noise2void for gaussian:25",
        "noise2void for gaussian:25",
        "noise2noise for gaussian:50",
        "noise2void for gaussian:50",
        "noise2noise for gaussian:50",
        "noise2void for gaussian:50",
    ]
    assert rest[1].endswith("(it has colour-gaussian25, gray-gaussian25)")
    assert "gray, fixed" in rest[0]
    assert advice == "--weights auto trains what is missing"
    assert "pure" not in said  # it declines


@pytest.mark.parametrize(
    "change",
    [
        {"noises": ("gaussian:24",)},
        {"noises": ("poisson:0.01",)},
        {"parameters": ("unknown",), "noises": ("chi2:50",)},
        {"draws": "fresh"},
        {"seeds": (1,)},
        {"seeds": (0, 1)},
        {"train_sets": ("samples:part=train",)},
        {"source_noise": "gaussian:20"},
    ],
    ids=lambda change: next(iter(change)),
)
def test_zoo_takes_no_weights_for_something_else(
    registries: Registries, change: dict[str, object]
) -> None:
    with pytest.raises(UserError, match="no bundled weights fit noise2score for"):
        zoo(registries, "noise2score", **({"datasets": ("samples",)} | change))


def test_a_broken_file_among_the_weights_is_no_reason_to_train(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = install(tmp_path, monkeypatch)
    (folder / "colour.safetensors").write_bytes(b"?")
    with pytest.raises(UserError, match=r"fit shipped for gaussian:25, .* \(it has colour\)"):
        zoo(load(["shipped"]), "shipped", datasets=("samples",))
