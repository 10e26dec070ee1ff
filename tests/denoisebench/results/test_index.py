"""An index saves reading results again, and never tells anything but what their files say."""

import dataclasses
import math
import os
from pathlib import Path

import pytest
from a_result import RESULT, SCORE

from denoisebench.errors import UserError
from denoisebench.results import index
from denoisebench.results.index import Index, read_all
from denoisebench.results.records import CellResult
from denoisebench.results.store import cell_path, cell_paths, read_cell, write_cell

UNLIKE = [
    RESULT,
    dataclasses.replace(RESULT, cell="infinite", scores=(SCORE,), train_s=None),
    dataclasses.replace(RESULT, cell="failed", scores=(), error="ValueError: wrong"),
    dataclasses.replace(
        RESULT,
        cell="untold",
        scores=tuple(
            dataclasses.replace(SCORE, repeat=n, psnr_db=value, level=None, image="é\x1b")
            for n, value in enumerate([math.inf, -math.inf, 30.0])
        ),
        provenance={"more": {"nan": "nan", "of": [1, 2.5, None, True]}},
    ),
]


@pytest.fixture
def out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of results with an index of them."""
    monkeypatch.setattr(index, "WORTH", len(UNLIKE))
    for result in UNLIKE:
        write_cell(tmp_path, result)
    read_all(tmp_path)
    assert (tmp_path / index.NAME).is_file()
    return tmp_path


def files_read(out: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Which results are read from their files when all are read."""
    read: list[str] = []

    def watched(path: Path) -> CellResult:
        read.append(path.stem)
        return read_cell(path)

    monkeypatch.setattr(index, "read_cell", watched)
    assert read_all(out) == [read_cell(path) for path in cell_paths(out)]
    return read


def test_what_is_in_the_index_is_as_it_was_and_no_file_is_opened(
    out: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert files_read(out, monkeypatch) == []


def test_nan_is_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(index, "WORTH", 1)
    write_cell(tmp_path, dataclasses.replace(RESULT, train_s=math.nan))
    for _ in range(2):
        (result,) = read_all(tmp_path)
        assert result.train_s is not None
        assert math.isnan(result.train_s)


def test_a_result_that_was_written_anew_is_read(out: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_cell(out, dataclasses.replace(RESULT, seed=7))
    assert files_read(out, monkeypatch) == [RESULT.cell]
    cell_path(out, "failed").unlink()
    write_cell(out, dataclasses.replace(RESULT, cell="new"))
    assert files_read(out, monkeypatch) == [RESULT.cell, "new"]


def test_a_file_that_is_changed_is_refused_even_if_its_time_and_size_stay(out: Path) -> None:
    path = cell_path(out, RESULT.cell)
    before = path.stat()
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace('"method": "', '"method": "x', 1)[: len(text)], encoding="utf-8")
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
    with pytest.raises(UserError, match="is damaged"):
        read_all(out)


def test_a_damaged_index_changes_nothing(out: Path) -> None:
    expected, path = read_all(out), out / index.NAME
    whole = path.read_bytes()
    for at in range(0, len(whole), 7):
        path.write_bytes(whole[:at] + bytes([whole[at] ^ 0x10]) + whole[at + 1 :])
        assert read_all(out) == expected
    for length in (0, 5, 20, len(whole) // 2, len(whole) - 1):
        path.write_bytes(whole[:length])
        assert read_all(out) == expected


def test_what_other_code_read_is_read_again(out: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(index, "_version", lambda: bytes(16))
    assert len(files_read(out, monkeypatch)) == len(UNLIKE)
    assert files_read(out, monkeypatch) == []


def test_a_few_results_have_no_index(tmp_path: Path) -> None:
    write_cell(tmp_path, RESULT)
    assert read_all(tmp_path) == [RESULT]
    assert not (tmp_path / index.NAME).exists()


@pytest.mark.parametrize("make", [Path.mkdir, os.mkfifo])
def test_an_index_that_cannot_be_read_or_written_is_done_without(out: Path, make: object) -> None:
    path = out / index.NAME
    expected = read_all(out)
    path.unlink()
    make(path)  # type: ignore[operator]
    assert read_all(out) == expected
    with Index(out) as opened:
        assert opened.cell(cell_path(out, RESULT.cell)) == RESULT
