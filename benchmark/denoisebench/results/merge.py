"""Merging folders of results into one: what is there already is kept, and conflicts are named."""

import filecmp
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from shutil import copyfileobj

from denoisebench.errors import UserError
from denoisebench.files import whole_file
from denoisebench.results.records import CellResult
from denoisebench.results.store import cell_of, cell_path, cell_paths, read_cell
from denoisebench.results.strict_json import json_text, stored

_WEIGHTS, _CHECKPOINT = "weights.safetensors", "checkpoint.pt"


@dataclass(slots=True)
class Merged:
    """The numbers of cells and trainings copied and already there; what could not be merged, in a
    line each."""

    copied: int = 0
    there: int = 0
    problems: list[str] = field(default_factory=list)


def merge(folders: Sequence[Path], out: Path) -> Merged:
    """Copy the cells and the finished trainings of `folders` to `out`, each whole.

    Nothing under `out` is replaced.  Two results of a cell are equal if they differ in time, memory
    and provenance alone; the first is kept.  Two trainings are equal if their weights are. Damaged
    results and conflicts are listed in `problems`, and all else is copied.

    Raises UserError for a folder without results, and when a file cannot be written.
    """
    for folder in folders:
        if not any((folder / name).is_dir() for name in ("cells", "trainings")):
            raise UserError(f"there are no results under {folder}; give the --out folder of a run")
    merged = Merged()
    for folder in folders:
        for path in cell_paths(folder):
            _merge_cell(path, cell_path(out, cell_of(path)), merged)
        for weights in sorted(folder.glob(f"trainings/*/{_WEIGHTS}")):
            _merge_training(weights, out / "trainings" / weights.parent.name / _WEIGHTS, merged)
    return merged


def _merge_cell(path: Path, target: Path, merged: Merged) -> None:
    try:
        result = read_cell(path)
        if target.exists() and _outcome(read_cell(target)) != _outcome(result):
            merged.problems.append(_conflict("results of one cell", path, target))
            return
    except UserError as error:
        merged.problems.append(str(error))
        return
    _copy([path], target.parent, merged, is_there=target.exists())


def _merge_training(weights: Path, target: Path, merged: Merged) -> None:
    is_there = target.exists()
    if is_there and not filecmp.cmp(weights, target, shallow=False):
        merged.problems.append(_conflict("weights of one training", weights, target))
        return
    # The weights come last: with them the training counts as done.
    others = (p for p in weights.parent.iterdir() if p.is_file() and not p.name.startswith("."))
    files = sorted(p for p in others if p.name not in (_WEIGHTS, _CHECKPOINT))
    _copy([*files, weights], target.parent, merged, is_there=is_there)


def _copy(files: Sequence[Path], folder: Path, merged: Merged, *, is_there: bool) -> None:
    if is_there:
        merged.there += 1
        return
    folder.mkdir(parents=True, exist_ok=True)
    for path in files:
        with path.open("rb") as source, whole_file(folder / path.name) as file:
            copyfileobj(source, file)
    merged.copied += 1


def _outcome(result: CellResult) -> str:
    """A result without what two runs of the same work differ in, as text, where NaN equals NaN."""
    scores = tuple(replace(score, denoise_s=0.0) for score in result.scores)
    same = replace(result, scores=scores, train_s=None, peak_memory_mb=None, provenance={})
    return json_text(stored(asdict(same)))


def _conflict(what: str, one: Path, other: Path) -> str:
    return f"conflict: two different {what}: {one} and {other}; remove the wrong one"
