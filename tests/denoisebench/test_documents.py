"""TOML and JSON of strangers: limited in size, in nesting and in time, and strict."""

import os

import pytest

from denoisebench import documents
from denoisebench.documents import DEEPEST, json_value, read_json, read_toml

DEEP = "nested more than 64 deep"


def nested(depth: int) -> str:
    return "[" * depth + "]" * depth


def test_values_as_deep_as_is_allowed_are_read(tmp_path):
    path = tmp_path / "deep.toml"
    path.write_text(f"a = {nested(DEEPEST - 1)}\n")
    assert json_value(nested(DEEPEST))
    assert read_toml(path)["a"]


@pytest.mark.parametrize("depth", [DEEPEST + 1, 3_000, 100_000])
def test_deeper_json_is_refused(depth):
    with pytest.raises(ValueError, match=DEEP):
        json_value(nested(depth))


@pytest.mark.parametrize(
    "text",
    [
        f"a = {nested(DEEPEST)}",
        f"a = {nested(3_000)}",
        ".".join(["a"] * 30_000) + " = 1",
        ".".join(['"a b"'] * 8_000) + " = 1",
        " . ".join(["'a'"] * 8_000) + " = 1",
        f"[{'.'.join(['a'] * 30_000)}]",
        "a = " + "{a = " * 3_000 + "1" + "}" * 3_000,
    ],
)
def test_deeper_toml_is_refused_before_it_takes_long(tmp_path, text):
    path = tmp_path / "deep.toml"
    path.write_text(text)
    with pytest.raises(ValueError, match=DEEP):
        read_toml(path)


@pytest.mark.parametrize(
    "text",
    ['{"a": NaN}', "[Infinity]", "1e999", "1" * 6_000, '"\\ud800"', "[1,]", "", "01", "{} {}"],
)
def test_what_is_no_strict_json_is_refused(text):
    with pytest.raises(ValueError, match=r"malformed|truncated|out of range"):
        json_value(text)


def test_the_numbers_that_python_writes_are_read_where_that_is_asked_for():
    assert json_value("[NaN, -Infinity]", strict=False)[1] == float("-inf")
    with pytest.raises(ValueError, match=DEEP):
        json_value(nested(100_000), strict=False)


def test_a_larger_file_is_refused_with_the_limit(tmp_path, monkeypatch):
    path = tmp_path / "a.toml"
    path.write_text("# " + "x" * documents.TOML_BYTES)
    with pytest.raises(ValueError, match="it is larger than 64 kB"):
        read_toml(path)
    monkeypatch.setattr(documents, "JSON_BYTES", 2_000_000)
    path.write_text(" " * 2_000_001)
    with pytest.raises(ValueError, match="it is larger than 2 MB"):
        read_json(path)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="there are no named pipes")
def test_a_pipe_is_not_waited_for(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(OSError, match="it is a pipe or a device; give a file"):
        read_toml(tmp_path / "pipe")
