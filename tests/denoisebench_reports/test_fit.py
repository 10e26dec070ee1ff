"""Tables in the width of a terminal: nothing is cut, and nothing is lost."""

import re
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from a_result import results_of

from denoisebench.results.records import CellResult
from denoisebench_reports.tables.fit import chunks, simple_table
from denoisebench_reports.tables.text import render_table

METHODS = ("tv", "nlm", "wavelet", "dbsn", "blindspot", "noise2void", "noise2self", "noise2score")


def test_columns_in_parts_each_begin_with_the_first_ones() -> None:
    assert chunks(6, 2, lambda columns: len(columns) <= 4) == [[0, 1, 2, 3], [0, 1, 4, 5]]
    assert chunks(3, 1, lambda _: False) == [[0, 1], [0, 2]]


def test_columns_that_are_equal_in_all_rows_go_into_a_line() -> None:
    rows = [["a", "x" * 30, "1"], ["b", "x" * 30, "2"]]  # 43 characters wide
    assert simple_table(["", "same", "other"], rows, None)[0].split() == ["same", "other"]
    lines = simple_table(["", "same", "other"], rows, 42)
    end = lines.index("")
    assert " ".join(lines[:end]) == f"for all: same {'x' * 30}"
    assert [line.split() for line in lines[end + 3 :]] == [["a", "1"], ["b", "2"]]
    assert max(map(len, lines)) <= 42


@pytest.mark.parametrize("count", [2, 4, 8])
def test_a_table_fits_80_columns_and_has_every_figure(
    make_cell: Callable[..., CellResult], tmp_path: Path, count: int
) -> None:
    cells: Sequence[CellResult] = [
        make_cell((20.0 + number, 21.0 + number), cell=f"c{number}", method=method)
        for number, method in enumerate(METHODS[:count])
    ]
    results = replace(results_of(cells), folder=tmp_path)
    whole = render_table(results)
    fitted = render_table(replace(results, width=80))
    assert max(map(len, fitted.splitlines())) <= 80
    figures = re.compile(r"\d\d\.\d\d")
    assert set(figures.findall(whole)) == set(figures.findall(fitted))
    for method in METHODS[:count]:
        assert method in fitted
