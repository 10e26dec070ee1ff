"""The weights that come with the methods: in the zoo, honest about themselves, and they denoise."""

from pathlib import Path

import pytest

from denoisebench.registry.loader import load
from denoisebench.registry.registries import Registries
from denoisebench.training.weights_file import read_header
from denoisebench.zoo.recipe_training import header_of
from denoisebench.zoo.verify import check

ROOT = Path(__file__).parents[2]
FILES = sorted(ROOT.glob("methods/*/weights/*.safetensors"))
NOISES = ("gaussian", "poisson", "gamma")
GAIN_DB = {"gaussian": 8.0, "poisson": 9.0, "gamma": 7.0}


def name_of(path: Path) -> str:
    return f"{path.parents[1].name}/{path.stem}"


each_file = pytest.mark.parametrize("path", FILES, ids=name_of)


@pytest.fixture(scope="module")
def registries() -> Registries:
    return load()


def test_the_default_comparison_needs_no_training_and_all_of_them_are_small():
    names = set(map(name_of, FILES))
    for method in ("noise2score", "noise2noise", "blindspot", "dbsn"):
        assert names >= {f"{method}/gray-gaussian25", f"{method}/colour-gaussian25"}
    assert names >= {f"noise2score/gray-{noise}-blind" for noise in NOISES}
    assert sum(path.stat().st_size for path in FILES) <= 28e6


def test_each_file_has_a_recipe_and_each_recipe_with_a_hash_its_file(registries):
    hashed = {name for name, recipe in registries.recipes.items() if recipe.sha256 is not None}
    assert hashed == set(map(name_of, FILES))


def test_each_recipe_is_an_honest_one_that_its_name_tells(registries):
    for name, recipe in registries.recipes.items():
        said = header_of(recipe, registries)
        assert (said.train_set, said.draws, said.seed) == ("cbsd399", "fixed", 0)
        assert said.parameters == ("unknown" if name.endswith("-blind") else "known")
        assert said.channels == (1 if recipe.stem.startswith("gray-") else 3)


@each_file
def test_they_saw_the_training_set_alone_and_trained_without_a_hitch(path):
    header = read_header(path)
    assert len(header.images) == 399
    assert header.outcome["skipped_steps"] == 0


@each_file
def test_they_are_what_their_recipe_says_and_denoise_a_photograph(path, registries):
    recipe = registries.recipe(name_of(path))
    checked = check(recipe, registries)
    assert checked.problems == ()
    forward = checked.forward
    if recipe.settings["parameters"] == "unknown":
        assert forward.level_estimate == pytest.approx(forward.noise.low, rel=0.15)
    assert forward.denoised_db > forward.noisy_db + GAIN_DB[forward.noise.family.name]
