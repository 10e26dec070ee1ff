"""The recipe of a training as JSON and back."""

import math
from dataclasses import replace

import pytest
from recipes import RECIPE

from denoisebench.budgets import BUDGETS
from denoisebench.training.recipe import TrainingRecipe


@pytest.mark.parametrize(
    "recipe",
    [
        RECIPE,
        replace(RECIPE, clean_set="half", start="ab", checkpoint="oracle", precision="fp32"),
        replace(RECIPE, start="ab", start_megapixels=1048.576),
        replace(RECIPE, budget=None, seed=None, imported={"file": "net.pth", "sha256": "ab"}),
    ],
)
def test_a_recipe_is_read_as_it_was_written_without_what_is_not_known(recipe):
    written = recipe.to_json()
    assert None not in written.values()
    assert TrainingRecipe.from_json(written) == recipe


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"method": ["noise2noise"]}, r"Expected `str`, got `array` - at `\$\.method`"),
        ({"budget": {"name": "", "steps": 1, "batch": "2", "crop_px": 32}}, "budget.batch"),
        ({"channels": "3"}, "channels"),
        ({"channels": 2}, "channels is 2, not 1 or 3"),
        ({"budget": {"name": "", "steps": 0, "batch": 2, "crop_px": 32}}, "--steps 0 is not in"),
        ({"parameters": "guessed"}, "guessed"),
        ({"budget": None}, "missing required field `budget`"),
    ],
)
def test_a_recipe_of_other_types_is_refused(change, said):
    with pytest.raises(ValueError, match=said):
        TrainingRecipe.from_json(RECIPE.to_json() | change)


@pytest.mark.parametrize(
    ("train_set", "clean_set", "label"),
    [
        ("set12", None, "set12"),
        ("test", None, "test (transductive)"),
        ("set12", "half", "set12 (half clean)"),
        ("set12", "bsd68", "set12 + bsd68 (clean)"),
    ],
)
def test_a_recipe_says_which_images_it_shows(train_set, clean_set, label):
    recipe = replace(RECIPE, train_set=train_set, clean_set=clean_set)
    assert recipe.train_set_label == label


def test_the_length_of_a_training_has_that_of_its_start():
    quick = replace(RECIPE, budget=BUDGETS["quick"])
    assert (quick.megapixels, quick.length) == (131.072, "quick")
    begun = replace(quick, start="ab", start_megapixels=1048.576)
    assert (begun.megapixels, begun.length) == (131.072 + 1048.576, "1180 Mpx")
    unknown = replace(quick, start="ab")
    assert math.isnan(unknown.megapixels)
    assert unknown.length == "unknown"
    imported = replace(RECIPE, budget=None, imported={"file": "net.pth", "sha256": "ab"})
    assert math.isnan(imported.megapixels)
    assert imported.length == "unknown"
