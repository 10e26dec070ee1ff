"""How long a report of 10,000 cells of 68 images takes, and of what: `make bench`."""

import hashlib
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from pytest_benchmark.fixture import BenchmarkFixture

from denoisebench.results.dataframe import frame
from denoisebench.results.export import export
from denoisebench.results.records import CellResult
from denoisebench.results.store import read_cells, write_cell
from denoisebench.results.summary import summarise

METHODS, NOISES, IMAGES = 200, 50, 68
A_CELL = Path(__file__).parents[1] / "docs/ablations/cells/213560d82c5e267e.json"


def cells(real: CellResult) -> Iterator[CellResult]:
    """Cells of other methods and noises, made of a real one."""
    for number in range(METHODS * NOISES):
        method, noise = divmod(number, NOISES)
        id_ = hashlib.sha256(str(number).encode()).hexdigest()[:16]
        yield replace(real, cell=id_, method=f"method{method:03}", noise=f"gaussian:{noise + 1}")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("many")
    (real,) = read_cells(A_CELL.parents[1], [A_CELL.stem])
    assert len(real.scores) == IMAGES
    for cell in cells(real):
        write_cell(out, cell)
    return out


@pytest.mark.benchmark(group="many results")
def test_read(benchmark: BenchmarkFixture, folder: Path) -> None:
    found = benchmark.pedantic(read_cells, (folder,), rounds=1)
    assert len(found) == METHODS * NOISES


@pytest.mark.benchmark(group="many results")
def test_summarise(benchmark: BenchmarkFixture, folder: Path) -> None:
    rows = frame(read_cells(folder))
    lines = benchmark.pedantic(summarise, (rows,), rounds=1)
    assert len(lines) == METHODS * NOISES


@pytest.mark.benchmark(group="many results")
def test_export_as_csv(benchmark: BenchmarkFixture, folder: Path) -> None:
    rows = benchmark.pedantic(export, (folder, folder / "rows.csv"), rounds=1)
    assert rows == METHODS * NOISES * IMAGES
