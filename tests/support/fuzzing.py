"""Odd input for fuzzing, and a bound on the work that it may cause."""

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from hypothesis import strategies as st

ODD_TEXTS = [
    *("", " ", "0", "-0", "-1", "1e400", "nan", "-inf", "1e-400", "5e-324", "0x10", "1_0", "+25"),
    *("٢٥", "²", "25.", ".5", "1e", "..", "5..", "50..5", "5..50..500", "\0", "\n", "\t", "é"),
    *("\u202e", "\U0001f600", "a" * 300, "9" * 400, "9" * 5_000, "../../etc/passwd", "~", "%s{0}"),
    *(":", "::", "=", "a=", "=a", "a=b=c", ",", "a,a", "true", "[]", "{}", "--help", "\\"),
    *("18446744073709551616", "9223372036854775808", "-9223372036854775809", "<script>", "=1+1"),
]
RAW_JSON = [
    *("NaN", "-Infinity", "1e999", "1" * 6_000, "1" + "0" * 400, "[" * 20_000, '{"a":' * 20_000),
    *("01", "tru", '"\\ud800"', "1.", "--1", "\0", "[[[]]]", '{"a": {"b": [1]}}', '"\\u0000"'),
    *("null", "true", "-1", "0", "1.5", "2", '""', "[]", "{}", "9223372036854775808"),
]

odd_texts = st.sampled_from(ODD_TEXTS) | st.text(max_size=8)


@st.composite
def mutated(draw: st.DrawFn, text: str) -> str:
    """A text in which one to three parts are cut out, repeated or replaced by something odd."""
    for _ in range(draw(st.integers(1, 3))):
        begin = draw(st.integers(0, len(text)))
        end = draw(st.integers(begin, min(len(text), begin + 8)))
        text = text[:begin] + draw(odd_texts) * draw(st.sampled_from([0, 1, 1, 50])) + text[end:]
    return text


@st.composite
def mutated_bytes(draw: st.DrawFn, data: bytes) -> bytes:
    """Bytes of which some are replaced, cut out or put in, or that end early."""
    for _ in range(draw(st.integers(1, 4))):
        at = draw(st.integers(0, len(data)))
        data = data[:at] + draw(st.binary(max_size=4)) + data[at + draw(st.integers(0, 8)) :]
    return data[: draw(st.integers(0, len(data)) | st.just(len(data)))]


@st.composite
def damaged_json(draw: st.DrawFn, record: Any) -> bytes:
    """The JSON of a record in which a value is another one, or missing, or the text is damaged."""
    if draw(st.integers(0, 3)) == 0:
        return draw(mutated_bytes(json.dumps(record).encode()))
    record = json.loads(json.dumps(record))
    parent, key = draw(st.sampled_from(list(_places(record))))
    if draw(st.booleans()):
        parent[key] = "@"
        return json.dumps(record).replace('"@"', draw(st.sampled_from(RAW_JSON)), 1).encode()
    if draw(st.booleans()):
        parent[key] = draw(odd_texts)
    else:
        del parent[key]
    return json.dumps(record).encode()


def _places(value: Any) -> Iterator[tuple[Any, Any]]:
    keys = list(value) if isinstance(value, dict) else range(len(value))
    for key in keys:
        yield value, key
        if isinstance(value[key], dict | list):
            yield from _places(value[key])


class TooMuchWorkError(BaseException):
    """More functions were called than the input may cause; nothing catches it."""


@contextmanager
def at_most(calls: int) -> Iterator[None]:
    """Stop the block after so many calls of functions."""
    left = calls

    def count(*_: object) -> None:
        nonlocal left
        left -= 1
        if left < 0:
            sys.setprofile(None)
            raise TooMuchWorkError

    before = sys.getprofile()
    sys.setprofile(count)
    try:
        yield
    finally:
        sys.setprofile(before)
