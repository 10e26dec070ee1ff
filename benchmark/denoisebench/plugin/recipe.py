"""Recipes: how the weights of the zoo are trained, as plain options of `bench run`."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import get_args

from denoisebench.budgets import Budget, get_budget
from denoisebench.documents import read_toml
from denoisebench.errors import UserError
from denoisebench.images.channels import CHANNEL_WORDS
from denoisebench.noise.draws import Draws
from denoisebench.noise.level_knowledge import TrainingKnowledge
from denoisebench.plugin.preset import check_settings
from denoisebench.specs import parse_spec, whole_number

NEEDED = ("method", "noise", "parameters", "channels", "train-set", "draws", "seed")
LENGTHS = ("steps", "batch", "crop")
"""Each replaces that of the budget; all three replace the budget."""

START = "start"
"""The setting that names the recipe whose weights a training begins with."""

COMMON = "common"
"""The table of a recipe file with the settings that all its recipes share."""

_CHOICES = {
    "parameters": get_args(TrainingKnowledge),
    "draws": get_args(Draws),
    "channels": tuple(CHANNEL_WORDS.values()),
}


@dataclass(frozen=True, slots=True)
class Recipe:
    """How one weights file is trained.

    name: METHOD/STEM; the file is `weights/STEM.safetensors` in the package of METHOD.
    settings: option of `bench run` without dashes -> value as typed; `start` is the name of another
    recipe, which is trained first if its weights are not bundled.  sha256: of the bundled file;
    None if none is bundled.  Raises UserError for settings that are incomplete or impossible.

    >>> settings = {"method": "noise2noise", "noise": "gaussian:25", "parameters": "known"}
    >>> settings |= {"channels": "gray", "train-set": "bsd400", "draws": "fixed", "seed": "0"}
    >>> recipe = Recipe("noise2noise/gray-gaussian25", settings | {"budget": "smoke"})
    >>> recipe.method, recipe.stem, recipe.channels
    ('noise2noise', 'gray-gaussian25', 1)
    """

    name: str
    settings: Mapping[str, str]
    sha256: str | None = None

    def __post_init__(self) -> None:
        whose = f"recipe {self.name}"
        check_settings(whose, self.settings, (*NEEDED, "budget", *LENGTHS, START))
        needed = (*NEEDED, *(() if self.settings.keys() >= set(LENGTHS) else ("budget",)))
        missing = [f"--{option}" for option in needed if option not in self.settings]
        if missing:
            raise UserError(f"{whose}: it does not say {', '.join(missing)}")
        for option, known in _CHOICES.items():
            if self.settings[option] not in known:
                asked = self.settings[option]
                raise UserError(f"{whose}: --{option} {asked}: give {' or '.join(known)}")
        for option in ("seed", *LENGTHS):
            try:
                whole_number(self.settings.get(option, "1"), least=0)
            except ValueError as error:
                raise UserError(f"{whose}: --{option}: {error}") from None
        if self.settings["train-set"] == "test":
            raise UserError(f"{whose}: --train-set test has no images where nothing is tested")
        if self.settings.get(START) == self.name:
            raise UserError(f"{whose}: --{START} {self.name}: name another recipe")
        method = parse_spec(self.settings["method"]).name
        if not re.fullmatch(r"[\w.-]+", self.stem) or self.name != f"{method}/{self.stem}":
            raise UserError(f"{whose}: call it {method}/STEM, after the file STEM.safetensors")
        if self.sha256 is not None and not re.fullmatch(r"[0-9a-f]{64}", str(self.sha256)):
            raise UserError(f"{whose}: sha256 {self.sha256!r} is not 64 digits 0-9a-f")
        try:
            _budget(self.settings)
        except UserError as error:
            raise UserError(f"{whose}: {error}") from None

    @property
    def method(self) -> str:
        """The name of the method."""
        return self.name.partition("/")[0]

    @property
    def stem(self) -> str:
        """The file's name without its ending."""
        return self.name.partition("/")[2]

    @property
    def channels(self) -> int:
        return next(n for n, word in CHANNEL_WORDS.items() if word == self.settings["channels"])

    @property
    def budget(self) -> Budget:
        """Of its training alone, without that of its start."""
        return _budget(self.settings)

    @property
    def start(self) -> str | None:
        """The name of the recipe that it begins with, if any."""
        return self.settings.get(START)

    def begun_from_nothing(self) -> "Recipe":
        """The same training without its start."""
        settings = {option: said for option, said in self.settings.items() if option != START}
        return replace(self, settings=settings)

    @property
    def summary(self) -> str:
        said = self.settings
        return (
            f"{said['method']} in {said['channels']}, {said['noise']}, parameters"
            f" {said['parameters']}, {self.budget.megapixels / 1000:.2f} gigapixels of"
            f" {said['train-set']}{f', begun from {self.start}' if self.start else ''}"
        )


def _budget(settings: Mapping[str, str]) -> Budget:
    """The budget.  If a recipe gives all lengths, they replace every number of the budget."""
    steps, batch, crop_px = (
        whole_number(settings[option]) if option in settings else None for option in LENGTHS
    )
    return get_budget(settings.get("budget", "quick"), steps, batch, crop_px)


def read_recipes(path: Path) -> Sequence[Recipe]:
    """The recipes of a TOML file, in its order.

    Each table is a recipe: its name is METHOD/STEM, it holds settings and may hold `sha256`.  All
    recipes share the settings of the table `common`.  Raises UserError for any other file.

    >>> length = Path("recipes.toml").write_text(
    ...     "'my-method/gray' = {method='my-method', noise='gaussian:25', parameters='known',"
    ...     " channels='gray', train-set='bsd400', draws='fixed', seed='0', budget='quick'}"
    ... )
    >>> [recipe.stem for recipe in read_recipes(Path("recipes.toml"))]
    ['gray']
    """
    try:
        tables = read_toml(path)
    except OSError as error:
        raise UserError(f"recipes {path}: {error.strerror or error}") from None
    except ValueError as error:
        raise UserError(f"recipes {path}: not TOML: {error}") from None
    for name, table in tables.items():
        if not isinstance(table, dict):
            raise UserError(f"recipes {path}: {name} stands outside of a recipe's table")
    common = tables.pop(COMMON, {})
    recipes = []
    for name, table in tables.items():
        sha256 = table.pop("sha256", None)
        recipes.append(Recipe(name, common | table, sha256))
    return recipes
