"""Recipes: what they must say, and how files and plugins bring them."""

from pathlib import Path

import pytest

from denoisebench.cli.run import command
from denoisebench.errors import UserError
from denoisebench.plugin.recipe import LENGTHS, NEEDED, START, Recipe, read_recipes
from denoisebench.registry.loader import load

SETTINGS = {
    "method": "noise2score:probe=single",
    "noise": "gaussian:25",
    "parameters": "known",
    "channels": "gray",
    "train-set": "samples:part=train",
    "draws": "fixed",
    "seed": "0",
    "budget": "quick",
}
PLUGIN = f"""
from denoisebench.plugin.hooks import hookimpl
from denoisebench.plugin.recipe import Recipe

@hookimpl
def register_recipes():
    return [Recipe("noise2score/mine", {SETTINGS!r})]
"""
FILE = """
[common]
parameters = "known"
channels = "gray"
train-set = "cbsd399"
draws = "fixed"
seed = "0"
budget = "zoo"

["sure/z"]
method = "sure"
noise = "gaussian:25"

["blindspot/a"]
method = "blindspot"
noise = "gaussian:50"
seed = "3"
sha256 = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
"""


def test_each_setting_is_an_option_of_run():
    options = {name for parameter in command.params for name in parameter.opts} - {"--seeds"}
    assert {f"--{name}" for name in (*NEEDED, "budget", *LENGTHS, START)} <= options


def test_a_length_stands_in_place_of_the_budgets_and_all_three_in_place_of_a_budget():
    budget = Recipe("noise2score/a", SETTINGS | {"steps": "7"}).budget
    assert (budget.steps, budget.batch, budget.crop_px) == (7, 8, 64)
    lengths = {"steps": "7", "batch": "8", "crop": "96"}
    settings = {key: value for key, value in SETTINGS.items() if key != "budget"} | lengths
    budget = Recipe("noise2score/a", settings).budget
    assert (budget.steps, budget.batch, budget.crop_px) == (7, 8, 96)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"datasets": "set12"}, "unknown setting of recipe noise2score/a 'datasets'; did you mean"),
        ({"seed": 0}, "--seed is 0; write the text that is typed"),
        ({"noise": None}, "it does not say --noise"),
        ({"budget": None}, "it does not say --budget"),
        ({"parameters": "oracle"}, "--parameters oracle: give known or unknown"),
        ({"channels": "grey"}, "--channels grey: give gray or colour"),
        ({"draws": "once"}, "--draws once: give fixed or fresh"),
        ({"seed": "0,1"}, "--seed: '0,1' is not a whole number"),
        ({"steps": "-1"}, "--steps: '-1' is not in 0..9"),
        ({"train-set": "test"}, "--train-set test has no images where nothing is tested"),
        ({"method": "sure"}, "call it sure/STEM, after the file STEM.safetensors"),
        ({"budget": "quik"}, "unknown budget 'quik'; did you mean 'quick'?"),
        ({"crop": "65"}, "--crop 65: give a multiple of 32"),
    ],
)
def test_a_recipe_says_all_that_a_training_needs_and_nothing_else(change, said):
    settings = {k: v for k, v in (SETTINGS | change).items() if v is not None}
    with pytest.raises(UserError) as caught:
        Recipe("noise2score/a", settings)
    assert said in str(caught.value)
    assert "recipe noise2score/a" in str(caught.value)


@pytest.mark.parametrize(
    "name", ["a", "noise2score/", "noise2score/a/b", "sure/a", "noise2score/ "]
)
def test_a_recipe_is_called_after_its_method_and_file(name):
    with pytest.raises(UserError, match="call it noise2score/STEM, after the file STEM"):
        Recipe(name, SETTINGS)


def test_a_hash_is_one():
    with pytest.raises(UserError, match="sha256 'abc' is not 64 digits 0-9a-f"):
        Recipe("noise2score/a", SETTINGS, "abc")


def test_a_file_gives_its_recipes_in_order_with_what_they_have_in_common(tmp_path):
    path = tmp_path / "recipes.toml"
    path.write_text(FILE)
    first, second = read_recipes(path)
    assert (first.name, second.name) == ("sure/z", "blindspot/a")
    assert (first.settings["seed"], second.settings["seed"]) == ("0", "3")
    assert first.settings["train-set"] == second.settings["train-set"] == "cbsd399"
    assert first.sha256 is None
    assert second.sha256 == "0123456789abcdef" * 4
    assert (second.method, second.stem) == ("blindspot", "a")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (None, "No such file"),
        ("[common", "not TOML"),
        ('seed = "0"', "seed stands outside of a recipe's table"),
    ],
)
def test_a_file_of_something_else_is_refused_by_its_name(tmp_path, text, said):
    path = tmp_path / "recipes.toml"
    if text is not None:
        path.write_text(text)
    with pytest.raises(UserError) as caught:
        read_recipes(path)
    assert str(caught.value).startswith(f"recipes {path}: {said}")


def test_two_plugins_with_one_recipe_stop_the_program_with_both_named(tmp_path: Path):
    first, second = (str(tmp_path / file) for file in ("a.py", "b.py"))
    for path in (first, second):
        Path(path).write_text(PLUGIN)
    assert load([first]).recipe("noise2score/mine").settings == SETTINGS
    with pytest.raises(UserError) as caught:
        load([first, second])
    assert str(caught.value) == f"recipe 'noise2score/mine' is offered by {first!r} and {second!r}"
