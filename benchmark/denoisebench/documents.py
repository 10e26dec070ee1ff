"""TOML and JSON that anyone may have written: limited in size and in nesting, and parsed strictly.

All functions raise ValueError, which says in words what is wrong, and OSError for a file that
cannot be read.
"""

import json
import re
import tomllib
from itertools import chain
from pathlib import Path
from typing import Any, TypeVar

import msgspec

from denoisebench.errors import UserError
from denoisebench.files import ordinary_file

T = TypeVar("T")

DEEPEST = 64
"""Lists and tables inside each other.  Ours have five at most."""

TOML_BYTES = 64_000
JSON_BYTES = 512_000_000
"""A million scores have half of it."""

_PART = rb"""(?:[\w-]+|"[^"\n]*"|'[^'\n]*')\s*"""
_LONG_KEY = re.compile(rb"(?<![\w-])" + _PART + rb"(?:\.\s*" + _PART + rb"){%d}" % DEEPEST)
"""A dotted key of that many parts: `tomllib` takes a minute for one of 50 000."""

_TOO_DEEP = f"its values are nested more than {DEEPEST} deep"


def read_toml(path: Path) -> dict[str, Any]:
    """The table that a TOML file is."""
    data = read_limited(path, TOML_BYTES)
    if data.count(b".") >= DEEPEST and _LONG_KEY.search(data):
        raise ValueError(_TOO_DEEP)
    try:
        table = tomllib.loads(data.decode())
    except RecursionError:
        raise ValueError(_TOO_DEEP) from None
    _refuse_deep(table)
    return table


def read_json(path: Path, *, strict: bool = True, packed: bool = False) -> Any:
    """The value of a JSON file; see `json_value`.  packed: it is compressed by gzip.

    Raises OSError where it cannot be read, ValueError where it is too large or no JSON.
    """
    text = read_limited(path, JSON_BYTES)
    return json_value(_unpacked(text) if packed else text, strict=strict)


def _unpacked(text: bytes) -> bytes:
    """The text that gzip compressed, at most JSON_BYTES of it."""
    import gzip  # here: few commands need it
    import io
    import zlib

    try:
        with gzip.open(io.BytesIO(text)) as file:
            found = file.read(JSON_BYTES + 1)
    except (OSError, EOFError, zlib.error) as error:
        raise ValueError(f"gzip cannot unpack it: {error}") from None
    if len(found) > JSON_BYTES:
        raise ValueError(f"it has more than {JSON_BYTES // 10**6} MB when it is unpacked")
    return found


def json_value(text: bytes | str, *, strict: bool = True) -> Any:
    """The value of a JSON text.

    strict: without NaN and Infinity, which Python writes as if they were numbers of JSON.
    """
    try:
        value = msgspec.json.decode(text) if strict else json.loads(text)
    except RecursionError:
        raise ValueError(_TOO_DEEP) from None
    _refuse_deep(value)
    return value


def typed(value: Any, kind: type[T]) -> T:
    """A parsed value as `kind`.  ValueError where its types, or the checks of `kind`, say no."""
    try:
        return msgspec.convert(value, kind)
    except UserError as error:
        raise ValueError(str(error)) from None


def read_limited(path: Path, most_bytes: int) -> bytes:
    """The bytes of a file that has no more of them."""
    with ordinary_file(path).open("rb") as file:
        data = file.read(most_bytes + 1)
    if len(data) > most_bytes:
        kilobytes, megabytes = most_bytes // 1000, most_bytes // 1_000_000
        size = f"{megabytes} MB" if megabytes else f"{kilobytes} kB"
        raise ValueError(f"it is larger than {size}")
    return data


def _refuse_deep(value: Any) -> None:
    nested = [value] if isinstance(value, dict | list) else []
    for _ in range(DEEPEST):
        if not nested:
            return
        items = (outer.values() if isinstance(outer, dict) else outer for outer in nested)
        nested = [item for item in chain.from_iterable(items) if type(item) in (dict, list)]
    if nested:
        raise ValueError(_TOO_DEEP)
