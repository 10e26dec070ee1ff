"""Results on disk: one immutable JSON file per cell, `OUT/cells/<cell id>.json`.

A file appears whole or not at all, whatever is killed and however many processes write.  Files are
strict JSON (see `strict_json`): "nan" is read as a float in every field but `provenance`.
"""

import json
import reprlib
from collections.abc import Callable, Iterable
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar, get_type_hints

from denoisebench.budgets import Budget
from denoisebench.errors import UserError
from denoisebench.files import write_whole
from denoisebench.results.records import CellResult, ImageScore
from denoisebench.results.strict_json import json_text, number, stored

if TYPE_CHECKING:
    pass

SCHEMA = 4


def cell_path(out: Path, cell: str) -> Path:
    """Where the result of the cell with this id is, or will be."""
    return out / "cells" / f"{cell}.json"


def write_cell(out: Path, result: CellResult) -> Path:
    """Store `result` under its cell id, in place of an earlier one.  Returns the file's path.

    Safe with parallel writers, of the same cell too: the last one stays.  Raises UserError when
    it cannot write; nothing is left behind then.
    """
    path = cell_path(out, result.cell)
    text = json_text(stored({"schema": SCHEMA, **asdict(result)}))
    write_whole(path, text.encode(), durable=True)
    return path


def read_cell(path: Path) -> CellResult:
    """The result in one file.

    Raises UserError for a file that is missing, damaged, renamed or of a newer schema.
    """
    try:
        record = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise UserError(f"cannot read the result {path}: {error.strerror}") from None
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
        if schema not in (*_UPGRADES, SCHEMA):
            raise ValueError(f"schema is {schema!r}, not {SCHEMA}")
        for older, upgrade in _UPGRADES.items():
            if schema <= older:
                record = upgrade(record)
        record = _with_length_of_budget(record)
        result = _parse(CellResult, record)
    except ValueError as error:
        raise _damaged(path, str(error)) from None
    if result.cell != path.stem:
        raise _damaged(path, f"it holds the cell {result.cell}")
    return result


def read_cells(out: Path, ids: Iterable[str] | None = None) -> list[CellResult]:
    """The results of the cells with these ids, in their order; of all cells by default, by id.

    Cells that have no result are left out.  Raises UserError for a file `read_cell` refuses.
    """
    if ids is None:
        paths = sorted(p for p in (out / "cells").glob("*.json") if not p.name.startswith("."))
    else:
        paths = [path for path in (cell_path(out, cell) for cell in ids) if path.exists()]
    return [read_cell(path) for path in paths]


def _without_repeats(record: dict[str, Any]) -> dict[str, Any]:
    """A record of schema 2, which knew no repeats, as one of schema 3: each image is repeat 0."""
    scores = [{**_object(score), "repeat": 0} for score in _list(record.get("scores"))]
    return {**record, "scores": scores}


def _without_cost(record: dict[str, Any]) -> dict[str, Any]:
    """A record of schema 3, which knew no cost but seconds, as one of schema 4."""
    return {**record, "network_parameters": None, "gmacs_per_mpx": None, "peak_memory_mb": None}


def _with_length_of_budget(record: dict[str, Any]) -> dict[str, Any]:
    """A record whose budget is called custom, as all without a name once were, with its length."""
    if record.get("budget") != "custom":
        return record
    try:
        budget = Budget(**record["provenance"]["recipe"]["budget"])
    except (KeyError, TypeError):
        return record  # its recipe is not known
    return {**record, "budget": budget.label}


_UPGRADES: dict[int, Callable[[dict[str, Any]], dict[str, Any]]] = {
    2: _without_repeats,
    3: _without_cost,
}
"""What makes a record of each older schema one of the next, in order."""


def _damaged(path: Path, why: str) -> UserError:
    return UserError(
        f"the result {path} is damaged: {why}; delete it, and the next run computes it again"
    )


def _expect(what: str, *kinds: type) -> Callable[[Any], Any]:
    """A parser that passes a value of these kinds; a bool counts as none of them."""

    def parse(value: Any) -> Any:
        if not isinstance(value, kinds) or isinstance(value, bool):
            raise ValueError(f"{reprlib.repr(value)} is not {what}")
        return value

    return parse


_text = _expect("a text", str)
_object = _expect("an object", dict)
_list = _expect("a list", list)
_integer = _expect("an integer", int)


def score_line(score: ImageScore) -> str:
    """One score as a line of strict JSON."""
    return json_text(stored(asdict(score)), indent=None)


def parse_score(line: str) -> ImageScore:
    """The score of a line.  Raises ValueError for what is not one."""
    return _parse(ImageScore, json.loads(line))


def _scores(value: Any) -> tuple[ImageScore, ...]:
    return tuple(_parse(ImageScore, item) for item in _list(value))


_PARSERS: dict[Any, Callable[[Any], Any]] = {
    str: _text,
    int: _integer,
    float: number,
    int | None: lambda value: None if value is None else _integer(value),
    float | None: lambda value: None if value is None else number(value),
    str | None: lambda value: None if value is None else _text(value),
    dict[str, Any]: _object,
    tuple[ImageScore, ...]: _scores,
}

RecordT = TypeVar("RecordT", ImageScore, CellResult)


def _parse(cls: type[RecordT], record: Any) -> RecordT:
    """A dataclass from parsed JSON.  Raises ValueError, naming the field, for what is not one."""
    types = get_type_hints(cls)
    wrong = sorted(types.keys() ^ _object(record).keys())
    if wrong:
        raise ValueError(f"{'no' if wrong[0] in types else 'unknown'} field {wrong[0]!r}")
    values: dict[str, Any] = {}
    for name, kind in types.items():
        try:
            values[name] = _PARSERS[kind](record[name])
        except ValueError as error:
            raise ValueError(f"{name}: {error}") from None
    return cls(**values)
