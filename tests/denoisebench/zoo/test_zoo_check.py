"""`bench zoo verify`: what is wrong with a weights file is found, whatever it is."""

from dataclasses import replace
from pathlib import Path

import pytest
from stranger import HEADER, PLUGIN, RECIPE, install, put_weights

from denoisebench.plugin.recipe import Recipe
from denoisebench.registry.loader import load
from denoisebench.registry.registries import Registries
from denoisebench.training.weights_file import file_hash
from denoisebench.zoo.recipe_training import meaning
from denoisebench.zoo.verify import check

BOX_GAIN_DB = 2.0
"""What a mean over 3×3 pixels gains on a photograph at σ = 25, at least."""


@pytest.fixture(scope="module")
def registries() -> Registries:
    return load()


@pytest.fixture
def stranger(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[Recipe, Path, Registries]:
    """A recipe, the weights that it describes, and all plugins."""
    folder = install(tmp_path, monkeypatch, RECIPE.format(stem="a"))
    registries = load(["shipped"])
    path = put_weights(folder / "a.safetensors")
    return replace(registries.recipe("shipped/a"), sha256=file_hash(path)), path, registries


def test_weights_that_are_what_their_recipe_says_and_denoise_pass(
    stranger: tuple[Recipe, Path, Registries],
) -> None:
    checked = check(stranger[0], stranger[2])
    assert checked.problems == ()
    assert checked.tensors == 1
    assert checked.forward is not None
    assert str(checked.forward.noise) == "gaussian:25"
    assert 20.0 < checked.forward.noisy_db < 20.5  # 20.17 dB before clipping to 8 bits
    assert checked.forward.denoised_db > checked.forward.noisy_db + BOX_GAIN_DB


@pytest.mark.parametrize(
    ("said", "problem"),
    [
        ({"noise": "gaussian:24"}, "its header says noise gaussian:24; the recipe says gaussian:2"),
        ({"parameters": "unknown"}, "says parameters unknown; the recipe says known"),
        ({"checkpoint": "oracle"}, "its header says checkpoint oracle; the recipe does not"),
        ({"start": "ab" * 32}, "its header says start abab"),
        ({"channels": 1}, "its header says channels 1; the recipe says 3"),
        ({"seed": 1}, "its header says seed 1; the recipe says 0"),
        ({"draws": "fresh"}, "its header says draws fresh; the recipe says fixed"),
        ({"train_set": "cbsd400"}, "says train_set cbsd400; the recipe says samples:part=train"),
        ({"config": {"bias": True}}, "its header says config.bias True; the recipe says False"),
        ({"config": {"colour": 1}}, "its header does not say config.bias"),
        ({"method": "shipped:bias=true"}, "says method shipped:bias=true; the recipe says shipped"),
        (
            {"budget": HEADER["budget"] | {"steps": 21}},
            "its header says budget.steps 21; the recipe says 20",
        ),
    ],
    ids=lambda value: next(iter(value)) if isinstance(value, dict) else "",
)
def test_a_header_that_says_otherwise_is_a_problem(
    stranger: tuple[Recipe, Path, Registries], said: dict[str, object], problem: str
) -> None:
    recipe, path, registries = stranger
    put_weights(path, **said)
    (found,) = check(replace(recipe, sha256=file_hash(path)), registries).problems
    assert problem in found


def test_a_start_that_is_not_bundled_is_known_by_its_length(
    stranger: tuple[Recipe, Path, Registries],
) -> None:
    recipe, path, registries = stranger
    first = Recipe("shipped/first", recipe.settings)
    recipe = Recipe(recipe.name, {**recipe.settings, "start": first.name})
    registries = replace(registries, recipes={first.name: first, recipe.name: recipe})
    for megapixels, problems in ((first.budget.megapixels, 0), (7.0, 1)):
        put_weights(path, start="ab" * 32, start_megapixels=megapixels)
        found = check(replace(recipe, sha256=file_hash(path)), registries).problems
        assert len(found) == problems
    assert "its header says start_megapixels 7.0; the recipe says" in found[0]


@pytest.mark.parametrize(
    ("centre", "problem"),
    [
        (1000.0, "it does not denoise: gaussian:25 on a photograph, 20."),
        (float("nan"), "weight holds numbers that are not finite"),
    ],
)
def test_weights_that_do_not_denoise_are_a_problem(
    stranger: tuple[Recipe, Path, Registries], centre: float, problem: str
) -> None:
    recipe, path, registries = stranger
    put_weights(path, centre=centre)
    (found,) = check(replace(recipe, sha256=file_hash(path)), registries).problems
    assert problem in found


def test_another_file_a_damaged_one_and_none_are_problems(
    stranger: tuple[Recipe, Path, Registries],
) -> None:
    recipe, path, registries = stranger
    put_weights(path, centre=1 / 8)
    (found,) = check(recipe, registries).problems
    assert found == f"its SHA-256 is {file_hash(path)}; the recipe says {recipe.sha256}"
    path.write_bytes(path.read_bytes()[:-8])
    _, found = check(recipe, registries).problems
    assert "damaged, or not a denoisebench weights file" in found
    path.unlink()
    (found,) = check(recipe, registries).problems
    assert found == f"weights {path}: No such file or directory"


def test_weights_of_a_method_that_is_not_there_are_a_problem(registries: Registries) -> None:
    recipe = registries.recipe("dbsn/gray-gaussian25")
    without = {name: m for name, m in registries.methods.items() if name != "dbsn"}
    (found,) = check(recipe, replace(registries, methods=without)).problems
    assert found.startswith("unknown method 'dbsn'; ")


def test_a_range_is_tried_at_its_geometric_middle(registries: Registries) -> None:
    recipe = registries.recipe("noise2score/gray-gaussian-blind")
    assert meaning(recipe, registries).task.parameters == "unknown"
    forward = check(recipe, registries).forward
    assert forward is not None
    assert forward.noise.low == pytest.approx((5 * 55) ** 0.5, rel=0.005)
    assert forward.level_estimate == pytest.approx(forward.noise.low, rel=0.15)


def test_weights_of_a_plugin_of_one_file_are_a_problem(tmp_path: Path) -> None:
    (tmp_path / "one.py").write_text(PLUGIN)
    (tmp_path / "recipes.toml").write_text(RECIPE.format(stem="a"))
    registries = load([str(tmp_path / "one.py")])
    (found,) = check(registries.recipe("shipped/a"), registries).problems
    assert found == "the plugin of shipped is one file, which brings no weights"
