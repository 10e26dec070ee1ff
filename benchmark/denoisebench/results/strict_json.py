"""JSON that any program reads: how it holds the floats that strict JSON has no number for.

Files that the suite reads again hold them as the strings "nan", "inf" and "-inf", which `number`
turns back.  In an export NaN is null, as a missing number; infinite ones are "inf" and "-inf".
"""

import json
import math
import reprlib
from typing import Any


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


def number(value: Any) -> float:
    """The float of a parsed field of a file.  Raises ValueError for what is no number."""
    if value in ("nan", "inf", "-inf"):
        return float(value)
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise ValueError(f"{reprlib.repr(value)} is not a number")
    return float(value)
