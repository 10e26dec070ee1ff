"""The zoo's recipes: how the weights that come with the methods were trained."""

from collections.abc import Iterable
from pathlib import Path

from denoisebench.hookspecs import hookimpl
from denoisebench.recipes import Recipe, read_recipes


@hookimpl
def register_recipes() -> Iterable[Recipe]:
    return read_recipes(Path(__file__).with_name("recipes.toml"))
