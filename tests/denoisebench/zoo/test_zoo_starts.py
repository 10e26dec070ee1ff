"""Recipes of the zoo that begin with the bundled weights of another."""

import re
from dataclasses import replace
from pathlib import Path

import pytest
from bench import bench
from recipe_requests import asked
from stranger import RECIPE, install, put_weights

from denoisebench.errors import UserError
from denoisebench.planning.planner import make_plan
from denoisebench.planning.weights_finder import WeightsFinder
from denoisebench.plugin.recipe import Recipe
from denoisebench.registry.loader import load
from denoisebench.registry.registries import Registries
from denoisebench.training.weights_file import file_hash
from denoisebench.zoo.recipe_training import (
    header_of,
    meaning,
    plan_training,
    stages,
    total_megapixels,
)


@pytest.fixture(scope="module")
def registries() -> Registries:
    return load()


def begun(registries: Registries, **change: str) -> Recipe:
    """A recipe that begins with bundled weights of another noise."""
    settings = registries.recipe("noise2score/colour-gaussian25").settings
    noise = {"noise": "gaussian:50", "start": "noise2score/colour-gaussian25"}
    return Recipe("noise2score/begun", {**settings, **noise, **change})


def test_a_recipe_begins_with_the_bundled_weights_that_it_names(registries: Registries) -> None:
    recipe = begun(registries, steps="1000")
    first = registries.recipe("noise2score/colour-gaussian25")
    (training,) = make_plan(asked(recipe), registries).trainings
    planned, _ = plan_training(recipe, registries)
    assert planned.id == training.id
    assert planned.recipe.start == first.sha256
    said = header_of(recipe, registries)
    assert (said.start, said.start_megapixels) == (first.sha256, first.budget.megapixels)
    total = recipe.budget.megapixels + first.budget.megapixels
    assert total_megapixels(recipe, registries) == planned.recipe.megapixels == total
    assert "begun from noise2score/colour-gaussian25" in recipe.summary
    assert stages(recipe, registries) == [recipe]


def test_a_recipe_follows_one_whose_weights_are_not_bundled(registries: Registries) -> None:
    recipe = begun(registries, start="r2r/colour-gaussian25")
    first = registries.recipe("r2r/colour-gaussian25")
    assert stages(recipe, registries) == [first, recipe]
    said = header_of(recipe, registries)
    assert (said.start, said.start_megapixels) == (None, first.budget.megapixels)
    file = registries.bundled_file(registries.recipe("noise2score/colour-gaussian25"))
    planned, _ = plan_training(recipe, registries, file)
    assert planned.recipe.start == file_hash(file)
    with pytest.raises(UserError, match="`bench zoo train r2r/colour-gaussian25` trains them"):
        plan_training(recipe, registries)


def test_a_start_is_found_where_zoo_train_puts_it(
    registries: Registries, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = registries.bundled_file(registries.recipe("noise2score/colour-gaussian25"))
    trained = tmp_path / "results" / "zoo" / "r2r" / "colour-gaussian25.safetensors"
    trained.parent.mkdir(parents=True)
    trained.write_bytes(file.read_bytes())
    monkeypatch.chdir(tmp_path)
    planned, _ = plan_training(begun(registries, start="r2r/colour-gaussian25"), registries)
    assert planned.recipe.start == file_hash(file)
    assert planned.start is not None
    assert planned.start.source == planned.start.name == "r2r/colour-gaussian25"


def test_a_start_that_cannot_be_is_an_error(registries: Registries) -> None:
    with pytest.raises(UserError, match="unknown recipe 'noise2score/gray-gaussian26'"):
        plan_training(begun(registries, start="noise2score/gray-gaussian26"), registries)
    with pytest.raises(UserError, match="--start noise2score/begun: name another recipe"):
        begun(registries, start="noise2score/begun")
    other = Recipe("noise2score/other", {**begun(registries).settings, "start": "noise2score/one"})
    one = Recipe("noise2score/one", {**other.settings, "start": "noise2score/other"})
    circle = replace(registries, recipes={r.name: r for r in (one, other)})
    for of_all in (total_megapixels, stages):
        with pytest.raises(UserError, match="recipe noise2score/one: it begins with itself"):
            of_all(one, circle)


@pytest.mark.parametrize(
    ("start", "told"),
    [
        ("noise2noise/gray-gaussian52", r"did you mean 'noise2noise/gray-gaussian25'\?"),
        ("noise2void/gray-gaussian25", "'noise2void/gray-gaussian25'; known: none"),
        ("folder/w.safetensors", "weights folder/w.safetensors: No such file"),
    ],
)
def test_a_mistyped_start_is_told_the_nearest_name(start: str, told: str, tmp_path: Path) -> None:
    asked = ("--method", "noise2noise", "--datasets", "samples", "--start", start)
    done = bench("run", *asked, cwd=tmp_path)
    assert done.returncode == 2
    assert re.search(told, done.stderr)


def test_bundled_weights_that_began_with_others_fit_if_their_recipe_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = install(tmp_path, monkeypatch)
    path = put_weights(folder / "a.safetensors", start="ab" * 32, start_megapixels=100.0)
    for start, found in (("", None), ('start = "shipped/b"', "zoo:a")):
        recipe = f'{RECIPE.format(stem="a")}{start}\nsha256 = "{file_hash(path)}"\n'
        (tmp_path / "shipped" / "recipes.toml").write_text(recipe)
        registries = load(["shipped"])
        registered = registries.recipe("shipped/a")
        task = meaning(registered, registries)
        request = replace(asked(registered), weights="auto", start=None)
        weights = WeightsFinder(request, registries, print).find(*task)  # type: ignore[arg-type]
        assert (weights and weights.labels["weights"]) == found
        if weights:
            assert weights.labels["budget"] == "100 Mpx"  # with the 0.08 of its own
