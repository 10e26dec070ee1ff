"""Training curves as data: finding trainings, reading what they recorded, telling them apart.

A training's folder holds `recipe.json`, and once it has ended `history.json`: a list of entries,
each with `step`, `loss` and `train_s`, and now and then with the other series of `SERIES`.  While
it runs it has them in `history.jsonl`, one a line.
Drawing is in `curves_figure`.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, get_args

from denoisebench.documents import json_value, read_json
from denoisebench.errors import UserError, unknown_name
from denoisebench.files import ordinary_file
from denoisebench.images.channels import CHANNEL_WORDS
from denoisebench.results.strict_json import number
from denoisebench.training.recipe import TrainingRecipe

By = Literal["step", "seconds", "megapixels"]
AXES: tuple[By, ...] = get_args(By)
SERIES = ("loss", "held_out_loss", "rate", "oracle_psnr_db")
_ALWAYS = ("step", "loss", "train_s")


@dataclass(frozen=True, slots=True)
class Training:
    """A training.  id: its folder's name.  history: entries in order of step.  ended: or it may
    record more."""

    id: str
    recipe: TrainingRecipe
    history: tuple[Mapping[str, float], ...]
    ended: bool = True

    def curve(self, series: str, by: By) -> tuple[list[float], list[float]]:
        """Where along the training a series was recorded, and its values there.

        by: in steps, seconds of training, or megapixels that the network was trained on.
        """
        entries = [entry for entry in self.history if series in entry]
        return [self._at(entry, by) for entry in entries], [entry[series] for entry in entries]

    def _at(self, entry: Mapping[str, float], by: By) -> float:
        if by == "seconds":
            return entry["train_s"]
        if by == "step":
            return entry["step"]
        assert self.recipe.budget is not None  # only imported weights have none
        return entry["step"] / self.recipe.budget.steps * self.recipe.budget.megapixels


def open_trainings(texts: Sequence[str], results: Path) -> list[Training]:
    """The trainings that `texts` name, in order.

    Each is a training's folder, or the id of one under `results`, or what only one id begins with.
    Raises UserError for a training that is unknown, ambiguous, named twice, damaged, or has not
    recorded anything yet.
    """
    folders = [_folder(text, results / "trainings").resolve() for text in texts]
    for folder in folders:
        if folders.count(folder) > 1:
            raise UserError(f"training {folder.name} is named twice")
    return [_read(folder) for folder in folders]


def _folder(text: str, trainings: Path) -> Path:
    if (Path(text) / "recipe.json").is_file():
        return Path(text)
    if Path(text).is_dir():
        raise UserError(f"folder {text} is no training's: there is no recipe.json in it")
    ids = sorted(path.parent.name for path in trainings.glob("*/recipe.json"))
    if not ids:
        raise UserError(
            f"there is no training {text!r}, nor any under {trainings}; give --results DIR"
        )
    near = [name for name in ids if name.startswith(text)]
    if text in near:
        return trainings / text
    if not near:
        raise unknown_name(f"training under {trainings}:", text, ids)
    if len(near) > 1:
        raise UserError(f"training {text!r} may be {', '.join(near)}; give more of its id")
    return trainings / near[0]


def _read(folder: Path) -> Training:
    recipe = _json(folder / "recipe.json", TrainingRecipe.from_json)
    if (folder / "history.json").exists():
        return Training(folder.name, recipe, _json(folder / "history.json", _checked_history))
    try:
        lines = ordinary_file(folder / "history.jsonl").read_text(
            encoding="utf-8", errors="replace"
        )
    except OSError:
        lines = ""
    entries = tuple(_whole_entries(lines))
    if not entries:
        raise UserError(
            f"training {folder.name} has recorded nothing yet; it does so a hundred times, evenly"
        )
    return Training(folder.name, recipe, entries, ended=False)


def _whole_entries(lines: str) -> Iterator[Mapping[str, float]]:
    """The entries of a file that is being written; what a kill cut short is left out."""
    for line in lines.splitlines():
        try:
            yield _checked_entry("an entry", json_value(line))
        except ValueError:
            continue


def _json(path: Path, checked: Callable[[Any], Any]) -> Any:
    try:
        return checked(read_json(path, strict=False))  # early versions wrote NaN
    except OSError as error:
        raise UserError(f"cannot read {path}: {error.strerror or error}") from None
    except ValueError as error:
        raise UserError(f"{path} is damaged: {error}; delete the folder to train anew") from None


def _checked_history(value: Any) -> tuple[Mapping[str, float], ...]:
    """Raises ValueError for what is no list of entries."""
    if not isinstance(value, list) or not value:
        raise ValueError("it is no list of entries")
    return tuple(_checked_entry(f"entry {at}", entry) for at, entry in enumerate(value, start=1))


def _checked_entry(name: str, entry: Any) -> Mapping[str, float]:
    if not isinstance(entry, dict):
        raise ValueError(f"{name} is no object")
    keys = {*_ALWAYS, *(key for key in SERIES if key in entry)}
    return entry | {key: _number(f"{key} of {name}", entry.get(key)) for key in keys}


def _number(name: str, value: Any) -> float:
    try:
        return number(value)
    except ValueError as error:
        raise ValueError(f"{name}: {error}") from None


def describe(trainings: Sequence[Training]) -> tuple[str, list[str]]:
    """The settings that trainings share, in words, and those by which each differs.

    Well-known settings come first, then any other that differs (the source, say), then the id.  A
    single training is named by its method.
    """
    recipes = [training.recipe.to_json() for training in trainings]
    others = sorted({key for recipe in recipes for key in recipe} - {*_WORDS, *_IMPLIED})
    differing = _differing(recipes, _WORDS) if len(recipes) > 1 else ["method"]
    labels = _labels(recipes, differing)
    if len(set(labels)) < len(labels):
        labels = _labels(recipes, [*differing, *_differing(recipes, others)])
    if len(set(labels)) < len(labels):
        ids = [training.id[:8] for training in trainings]
        labels = [", ".join(filter(None, pair)) for pair in zip(labels, ids, strict=True)]
    labels = [
        label if training.ended else f"{label} (until step {training.history[-1]['step']:.0f})"
        for label, training in zip(labels, trainings, strict=True)
    ]
    common = [_word(key, recipes[0]) for key in _WORDS if key not in differing]
    return ", ".join(filter(None, common)), labels


def _differing(recipes: Sequence[Mapping[str, Any]], keys: Iterable[str]) -> list[str]:
    return [key for key in keys if len({_word(key, recipe) for recipe in recipes}) > 1]


def _labels(recipes: Sequence[Mapping[str, Any]], keys: Sequence[str]) -> list[str]:
    return [", ".join(filter(None, (_word(key, recipe) for key in keys))) for recipe in recipes]


_KINDS = {str(channels): word for channels, word in CHANNEL_WORDS.items()}


def _budget_word(budget: Mapping[str, Any]) -> str:
    return f"{budget['steps']} steps of {budget['batch']}×{budget['crop_px']}²"


_WORDS: Mapping[str, Callable[[Any], str]] = {
    "method": str,
    "noise": str,
    "target_noise": lambda noise: f"target {noise}",
    "parameters": lambda parameters: f"parameters {parameters}",
    "train_set": lambda name: f"on {name}",
    "clean_set": lambda name: f"clean {name}",
    "channels": lambda channels: _KINDS.get(str(channels), f"{channels} channels"),
    "draws": lambda draws: f"{draws} draws",
    "budget": _budget_word,
    "start": lambda start: f"from {start[:8]}",
    "seed": lambda seed: f"seed {seed}",
}
"""The settings of a recipe that people know, and how a figure says them."""

_IMPLIED = ("config", "train_digest", "clean_digest")  # by the method's spec and the sets' names


def _word(key: str, recipe: Mapping[str, Any]) -> str:
    """A setting in words; empty where the recipe has none."""
    value = recipe.get(key)
    if value is None:
        return ""
    return _WORDS[key](value) if key in _WORDS else f"{key} {str(value)[:8]}"
