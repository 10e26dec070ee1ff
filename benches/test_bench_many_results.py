"""How long a report of 10,000 cells of 68 images takes, and of what: `make bench`."""

from pathlib import Path

import pytest
from click.testing import CliRunner
from many_results import IMAGES, METHODS, NOISES, make
from pytest_benchmark.fixture import BenchmarkFixture

from denoisebench.cli import group
from denoisebench.results.dataframe import frame
from denoisebench.results.export import export
from denoisebench.results.index import NAME, read_all
from denoisebench.results.store import read_cells
from denoisebench.results.summary import summarise


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("many")
    make(out)
    return out


@pytest.mark.benchmark(group="many results")
def test_read_each_file(benchmark: BenchmarkFixture, folder: Path) -> None:
    found = benchmark.pedantic(read_cells, (folder,), rounds=1)
    assert len(found) == METHODS * NOISES


@pytest.mark.benchmark(group="many results")
def test_read_from_the_index(benchmark: BenchmarkFixture, folder: Path) -> None:
    read_all(folder)
    assert (folder / NAME).exists()
    found = benchmark.pedantic(read_all, (folder,), rounds=1)
    assert len(found) == METHODS * NOISES


@pytest.mark.benchmark(group="many results")
def test_summarise(benchmark: BenchmarkFixture, folder: Path) -> None:
    rows = frame(read_all(folder))
    lines = benchmark.pedantic(summarise, (rows,), rounds=1)
    assert len(lines) == METHODS * NOISES


@pytest.mark.benchmark(group="many results")
@pytest.mark.parametrize("arguments", [["report", "--format", "csv"], ["status"]], ids=" ".join)
def test_command(benchmark: BenchmarkFixture, folder: Path, arguments: list[str]) -> None:
    read_all(folder)
    where = "--results" if arguments[0] == "report" else "--out"
    command = [*arguments, where, str(folder)]
    done = benchmark.pedantic(CliRunner().invoke, (group, command), rounds=1)
    assert done.exit_code == 0, done.output
    if arguments[0] == "report":
        assert done.stdout.count("\n") == METHODS * NOISES + 1


@pytest.mark.benchmark(group="many results")
def test_export_as_csv(benchmark: BenchmarkFixture, folder: Path) -> None:
    rows = benchmark.pedantic(export, (folder, folder / "rows.csv"), rounds=1)
    assert rows == METHODS * NOISES * IMAGES
