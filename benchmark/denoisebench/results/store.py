"""Results on disk: one immutable JSON file per cell, `OUT/cells/<cell id>.json`, or the
same compressed by gzip, `OUT/cells/<cell id>.json.gz`.

A file appears whole or not at all, whatever is killed and however many processes write.  Files are
strict JSON (see `strict_json`): "nan" is read as a float in every field but `provenance`.  A digest
of all other fields stands in `provenance`, where no figure is, and is checked when the file is
read; files from before there was one are read as they are.
"""

import hashlib
import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from denoisebench.budgets import Budget
from denoisebench.documents import json_value, read_json, typed
from denoisebench.errors import UserError
from denoisebench.files import write_whole
from denoisebench.results.records import CellResult, ImageScore, Provenance
from denoisebench.results.strict_json import json_text, parse, stored
from denoisebench.training.weights_file import FILE

SCHEMA = 6

PACKED = ".gz"
"""The end of the name of a result that `gzip` has compressed."""

_DIGEST = "record_sha256"


def weights_path(out: Path, training: str) -> Path:
    """Where the weights of the training with this id are, once it is done."""
    return out / "trainings" / training / FILE


def cell_path(out: Path, cell: str) -> Path:
    """Where the result of the cell with this id is, or will be: the compressed file if it is the
    only one."""
    plain, packed = (out / "cells" / f"{cell}.json{ending}" for ending in ("", PACKED))
    return packed if not plain.exists() and packed.exists() else plain


def cell_paths(out: Path) -> list[Path]:
    """The files of all results under `out`, by id."""
    folder = out / "cells"
    found = {cell_of(path): path for path in folder.glob(f"*.json{PACKED}")}
    found |= {cell_of(path): path for path in folder.glob("*.json")}
    return [found[cell] for cell in sorted(found) if cell]


def cell_of(path: Path) -> str:
    """The id of the cell whose result is in this file; empty for a hidden one."""
    return path.name.partition(".")[0]


def write_cell(out: Path, result: CellResult) -> Path:
    """Store `result` under its cell id, in place of an earlier one.  Returns the file's path.

    Safe with parallel writers, of the same cell too: the last one stays.  Raises UserError when
    it cannot write; nothing is left behind then.
    """
    path = out / "cells" / f"{result.cell}.json"
    record = stored({"schema": SCHEMA, **asdict(result)})
    record["provenance"] |= {_DIGEST: _sha256(record)}
    write_whole(path, json_text(record).encode())
    path.with_name(f"{path.name}{PACKED}").unlink(missing_ok=True)
    return path


def read_cell(path: Path) -> CellResult:
    """The result in one file.

    Raises UserError for a file that is missing, damaged, changed, renamed or of a newer schema.
    """
    try:
        record = read_json(path, packed=path.suffix == PACKED)
    except OSError as error:
        raise UserError(f"cannot read the result {path}: {error.strerror or error}") from None
    except ValueError as error:
        raise _damaged(path, f"it is not JSON ({error})") from None
    if not isinstance(record, dict):
        raise _damaged(path, "it is not a JSON object")
    schema = record.pop("schema", None)
    if isinstance(schema, int) and schema > SCHEMA:
        raise UserError(
            f"the result {path} has schema {schema} and this denoisebench reads {SCHEMA}; "
            "install a newer denoisebench"
        )
    try:
        is_as_written = _take_digest({"schema": schema, **record}, record.get("provenance"))
        if schema not in (*_UPGRADES, SCHEMA):
            raise ValueError(f"schema is {schema!r}, not {SCHEMA}")
        for older, upgrade in _UPGRADES.items():
            if schema <= older:
                record = upgrade(record)
        record = _with_length_of_budget(record)
        result = parse(CellResult, record)
        typed(result.provenance, Provenance)
    except (KeyError, TypeError, ValueError) as error:
        raise _damaged(path, str(error)) from None
    if result.cell != cell_of(path):
        raise _damaged(path, f"it holds the cell {result.cell}")
    if not is_as_written:
        raise _damaged(path, f"its {_DIGEST} is not that of its fields, so one was changed")
    return result


def read_cells(out: Path, ids: Iterable[str] | None = None) -> list[CellResult]:
    """The results of the cells with these ids, in their order; of all cells by default, by id.

    Cells that have no result are left out.  Raises UserError for a file `read_cell` refuses.
    """
    if ids is None:
        paths = cell_paths(out)
    else:
        paths = [path for path in (cell_path(out, cell) for cell in ids) if path.exists()]
    return [read_cell(path) for path in paths]


def _without_repeats(record: dict[str, Any]) -> dict[str, Any]:
    """A record of schema 2, which knew no repeats, as one of schema 3: each image is repeat 0.

    Raises KeyError or TypeError for what has no such scores.
    """
    return {**record, "scores": [{**score, "repeat": 0} for score in record["scores"]]}


def _without_cost(record: dict[str, Any]) -> dict[str, Any]:
    """A record of schema 3, which knew no cost but seconds, as one of schema 4."""
    return {**record, "network_parameters": None, "gmacs_per_mpx": None, "peak_memory_mb": None}


def _without_level_unit(record: dict[str, Any]) -> dict[str, Any]:
    """A record of schema 4, which did not say whether levels compare, as one of schema 5.

    They do where the method learned the family that it is tested on, and where it learned none.
    """
    try:
        learned = record["provenance"]["recipe"]["noise"]
    except (KeyError, TypeError):
        learned = record["noise"]
    families = {str(noise).partition(":")[0] for noise in (learned, record["noise"])}
    return {**record, "same_level_unit": len(families) == 1}


def _without_steps(record: dict[str, Any]) -> dict[str, Any]:
    """A record of schema 5, which knew no method that learns on an image, as one of schema 6.

    Raises KeyError or TypeError for what has no scores.
    """
    return {**record, "scores": [{**score, "steps": None} for score in record["scores"]]}


def _with_length_of_budget(record: dict[str, Any]) -> dict[str, Any]:
    """A record whose budget is called custom, as all without a name once were, with its length."""
    if record.get("budget") != "custom":
        return record
    try:
        budget = Budget(**record["provenance"]["recipe"]["budget"])
    except (KeyError, TypeError, UserError):
        return record  # its recipe is not known
    return {**record, "budget": budget.label}


_UPGRADES: dict[int, Callable[[dict[str, Any]], dict[str, Any]]] = {
    2: _without_repeats,
    3: _without_cost,
    4: _without_level_unit,
    5: _without_steps,
}
"""The steps that upgrade a record of an older schema, in order."""


def _damaged(path: Path, why: str) -> UserError:
    return UserError(
        f"the result {path} is damaged: {why}; delete it, and the next run computes it again"
    )


def _sha256(record: Mapping[str, Any]) -> str:
    """The digest of a record of plain values, whatever the order and the layout of its file."""
    return hashlib.sha256(json.dumps(record, sort_keys=True).encode()).hexdigest()


def _take_digest(record: dict[str, Any], place: Any, *, needed: bool = False) -> bool:
    """Remove the digest of a parsed record from its place there.  Returns whether it is right;
    if there is none, whether none is needed."""
    if not isinstance(place, dict) or _DIGEST not in place:
        return not needed
    digest = place.pop(_DIGEST)
    return bool(digest == _sha256(record))


def score_line(score: ImageScore) -> str:
    """One score and its digest as a line of strict JSON."""
    record = stored(asdict(score))
    return json_text(record | {_DIGEST: _sha256(record)}, indent=None)


def parse_score(line: str) -> ImageScore:
    """The score of a line.  Raises ValueError for what is not one as it was written."""
    record = json_value(line)
    if not _take_digest(record, record, needed=True):
        raise ValueError(f"its {_DIGEST} is not that of its fields")
    return parse(ImageScore, record)
