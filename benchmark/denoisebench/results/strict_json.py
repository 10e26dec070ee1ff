"""JSON that any program reads: how it holds the floats that strict JSON has no number for.

Files that the suite reads again hold them as the strings "nan", "inf" and "-inf", which `parse` and
`number` turn back.  In an export NaN is null, as a missing number, and the infinite ones are "inf"
and "-inf".
"""

import json
import math
import reprlib
from dataclasses import fields, is_dataclass
from functools import cache
from typing import Any, TypeVar, get_args, get_origin

from denoisebench.documents import typed

_NAMES = ("nan", "inf", "-inf")

RecordT = TypeVar("RecordT")


def stored(value: Any) -> Any:
    """`value`, of dicts, lists, tuples and plain values, as a file to be read again holds it."""
    return _strict(value, "nan")


def exported(value: Any) -> Any:
    """`value`, of dicts, lists, tuples and plain values, as an export holds it."""
    return _strict(value, None)


def _strict(value: Any, nan: str | None) -> Any:
    if isinstance(value, float) and not math.isfinite(value):
        return nan if math.isnan(value) else str(float(value))
    if isinstance(value, dict):
        return {key: _strict(item, nan) for key, item in value.items()}
    return [_strict(item, nan) for item in value] if isinstance(value, list | tuple) else value


def json_text(value: Any, indent: int | None = 1) -> str:
    """`value`, which `stored` or `exported` made, as text that ends with a line break."""
    return json.dumps(value, indent=indent, ensure_ascii=False, allow_nan=False) + "\n"


def parse(cls: type[RecordT], record: Any) -> RecordT:
    """The dataclass that `stored` made a record of.  Raises ValueError for another record."""
    return typed(_with_floats(cls, record), cls)


def _with_floats(kind: Any, value: Any) -> Any:
    """`value`, parsed for a field of this kind, with floats for the strings that stand for them.

    Raises ValueError for a field that a dataclass lacks.
    """
    if isinstance(value, str):
        return float(value) if value in _NAMES and kind in (float, float | None) else value
    if isinstance(value, list) and get_origin(kind) is tuple:
        inner = get_args(kind)[0]
        return [_with_floats(inner, item) for item in value]
    if not isinstance(value, dict) or not isinstance(kind, type) or not is_dataclass(kind):
        return value
    known, nested = _fields(kind)
    if not value.keys() <= known:
        name = next(name for name in value if name not in known)
        raise ValueError(f"unknown field {name!r}")
    changed = {
        name: _with_floats(inner, value[name])
        for name, inner in nested
        if isinstance(value.get(name), _NESTED)
    }
    return {**value, **changed} if changed else value


_NESTED = (str, list, dict)
"""Types of what may be, or hold, a string that stands for a float."""


@cache
def _fields(cls: Any) -> tuple[frozenset[str], tuple[tuple[str, Any], ...]]:
    """The names of a dataclass's fields, and those that are or hold a float, with their types."""
    kinds = {field.name: field.type for field in fields(cls)}
    nested = [
        (name, kind)
        for name, kind in kinds.items()
        if kind in (float, float | None) or get_origin(kind) is tuple or is_dataclass(kind)
    ]
    return frozenset(kinds), tuple(nested)


def number(value: Any) -> float:
    """The float of a parsed field of a file.  Raises ValueError for what is no number."""
    if value in _NAMES:
        return float(value)
    try:
        return typed(value, float)
    except ValueError:
        raise ValueError(f"{reprlib.repr(value)} is not a number") from None
