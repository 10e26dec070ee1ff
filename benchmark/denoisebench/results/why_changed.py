"""Why two results of one request differ, as far as their records say."""

from collections.abc import Iterator, Mapping
from typing import Any

from denoisebench.results.records import CellResult

REQUEST = ("evidence", "draws", "train_set", "budget", "weights")
"""Fields of a result that a request decides and that a pair may differ in."""

MADE_WITH = {
    "denoisebench": "denoisebench",
    "git": "commit",
    "torch": "PyTorch",
    "numpy": "NumPy",
    "python": "Python",
    "platform": "system",
    "device": "device",
    "device_name": "processor",
    "threads": "threads",
    "precision": "precision",
}
"""Items of a result's provenance, and their names."""

SOURCE = "the code of the method or of its noise"


def reasons(before: CellResult, after: CellResult) -> list[str]:
    """The known differences of how two results were made, a few words each.

    The first ones explain a changed id; then come differences of the noisy images, of versions and
    of machines, which change no id.
    """
    old, new = before.provenance, after.provenance
    found = [*_of_request(before, after), *_of_recipe(before, after), *_of_images(before, after)]
    found += _changed("--precision", *(of.get("precision_asked") or "auto" for of in (old, new)))
    found += _changed("assumed noise", *(of.get("assumed") for of in (old, new)))
    if before.cell != after.cell and not found:
        found = [f"{SOURCE} changed"]
    found += _of_items(old, new, "")
    found += _of_items(_training(old), _training(new), "trained with ")
    return list(dict.fromkeys(found))


def _of_request(before: CellResult, after: CellResult) -> Iterator[str]:
    for field in REQUEST:
        yield from _changed(field.replace("_", " "), getattr(before, field), getattr(after, field))


def _of_recipe(before: CellResult, after: CellResult) -> Iterator[str]:
    """Differences of the trainings, or of given weights."""
    old, new = (_flat(cell.provenance.get("recipe") or {}) for cell in (before, after))
    for name in dict.fromkeys((*old, *new)) if old and new else ():
        was, now = old.get(name), new.get(name)
        if name == "source":
            yield from () if was == now else (f"{SOURCE} changed",)
        elif name.endswith("digest"):
            yield from () if was == now else ("training images changed",)
        elif name not in REQUEST:  # named already
            yield from _changed(f"training's {name.replace('_', ' ')}", was, now)
    one, other = (cell.provenance.get("weights_sha256") for cell in (before, after))
    if one and other and one != other:
        yield f"weights {one[:8]} -> {other[:8]}"


def _of_images(before: CellResult, after: CellResult) -> Iterator[str]:
    one, other = (cell.provenance.get("image_set_digest") for cell in (before, after))
    if one and other and one != other:
        yield "the images of the set changed"
    noisy = [
        {(score.image, score.repeat): score.noisy_sha256 for score in cell.scores}
        for cell in (before, after)
    ]
    both = noisy[0].keys() & noisy[1].keys()
    unlike = sum(noisy[0][key] != noisy[1][key] for key in both)
    if unlike:
        yield f"{unlike} of {len(both)} noisy images differ"


def _of_items(old: Mapping[str, Any], new: Mapping[str, Any], lead: str) -> Iterator[str]:
    for key, name in MADE_WITH.items():
        if old.get(key) is not None and new.get(key) is not None:
            yield from _changed(f"{lead}{name}", old[key], new[key])


def _training(provenance: Mapping[str, Any]) -> Mapping[str, Any]:
    return provenance.get("training_outcome") or {}


def _changed(name: str, was: Any, now: Any) -> Iterator[str]:
    if was != now:
        yield f"{name} {_said(was)} -> {_said(now)}"


def _said(value: Any) -> str:
    return "none" if value in (None, "") else str(value)


def _flat(recipe: Mapping[str, Any]) -> dict[str, Any]:
    """Settings by name, those of the budget and the config too."""
    made: dict[str, Any] = {}
    for key, value in recipe.items():
        made |= dict(value) if isinstance(value, Mapping) else {key: value}
    return made
