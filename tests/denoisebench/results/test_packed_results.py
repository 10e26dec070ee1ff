"""A result that gzip compressed is the same result."""

import dataclasses
import gzip
from pathlib import Path

import pytest
from a_result import RESULT
from bench import bench

from denoisebench import documents
from denoisebench.errors import UserError
from denoisebench.results.index import read_all
from denoisebench.results.merge import merge
from denoisebench.results.store import cell_path, cell_paths, read_cell, read_cells, write_cell


def pack(path: Path) -> Path:
    packed = path.with_name(f"{path.name}.gz")
    packed.write_bytes(gzip.compress(path.read_bytes()))
    path.unlink()
    return packed


def test_it_is_found_and_read_by_its_id(tmp_path: Path) -> None:
    packed = pack(write_cell(tmp_path, RESULT))
    other = write_cell(tmp_path, dataclasses.replace(RESULT, cell="abad1dea"))
    assert cell_path(tmp_path, "c0ffee") == packed
    assert cell_paths(tmp_path) == [other, packed]
    assert read_cells(tmp_path, ["c0ffee"]) == [RESULT]
    assert read_all(tmp_path) == read_cells(tmp_path)


def test_a_new_result_of_its_cell_takes_its_place(tmp_path: Path) -> None:
    packed = pack(write_cell(tmp_path, RESULT))
    newer = dataclasses.replace(RESULT, train_s=7.0)
    assert write_cell(tmp_path, newer).suffix == ".json"
    assert not packed.exists()
    assert read_cells(tmp_path) == [newer]


def test_of_two_files_of_a_cell_the_plain_one_counts(tmp_path: Path) -> None:
    pack(write_cell(tmp_path, RESULT)).rename(tmp_path / "kept")
    plain = write_cell(tmp_path, dataclasses.replace(RESULT, train_s=7.0))
    (tmp_path / "kept").rename(plain.with_name(f"{plain.name}.gz"))
    assert cell_paths(tmp_path) == [plain]


def test_it_is_merged(tmp_path: Path) -> None:
    pack(write_cell(tmp_path / "one", RESULT))
    merged = merge([tmp_path / "one"], tmp_path / "all")
    assert not merged.problems
    assert read_cells(tmp_path / "all") == [RESULT]


@pytest.mark.parametrize(
    ("damage", "reason"),
    [
        (lambda packed: packed[:-30], "gzip cannot unpack it"),
        (lambda packed: packed[:40] + b"\0" * 20 + packed[60:], "gzip cannot unpack it"),
        (gzip.decompress, "gzip cannot unpack it"),
        (gzip.compress, "it is not JSON"),
    ],
)
def test_a_damaged_one_is_refused(tmp_path: Path, damage, reason: str) -> None:
    packed = pack(write_cell(tmp_path, RESULT))
    packed.write_bytes(damage(packed.read_bytes()))
    with pytest.raises(UserError, match=reason):
        read_cell(packed)


def test_it_is_not_unpacked_beyond_the_limit(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(documents, "JSON_BYTES", 2_000_000)
    packed = pack(write_cell(tmp_path, RESULT))
    packed.write_bytes(gzip.compress(b" " * 3_000_000))
    with pytest.raises(UserError, match="more than 2 MB when it is unpacked"):
        read_cell(packed)


def test_a_finished_run_whose_results_are_packed_computes_nothing(tmp_path: Path) -> None:
    line = ("run", "--method", "tv", "--datasets", "samples", "--noise", "gaussian:25")
    first = bench(*line, cwd=tmp_path)
    packed = [pack(path) for path in cell_paths(tmp_path / "results")]
    again = bench(*line, cwd=tmp_path)
    assert (again.returncode, again.stdout) == (0, first.stdout)
    assert cell_paths(tmp_path / "results") == packed
