"""The figures of docs/table2.md that shipped weights make are made by them still, image by image:
a quarter of an hour on two CPU cores, nothing trained.

    DENOISEBENCH_DATA=... .venv/bin/python -m pytest -m slow tests/methods/test_zoo_figures.py
"""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from denoisebench.images.image_set import ImageSet
from denoisebench.results.records import CellResult
from denoisebench.results.store import read_cells

pytestmark = pytest.mark.slow

RUN = [sys.executable, "-c", "from denoisebench.cli import main; main()", "run"]
STORED = Path(__file__).parents[2] / "docs" / "table2"
CELLS = [cell for cell in read_cells(STORED) if cell.weights.startswith("zoo:")]


def name_of(cell: CellResult) -> str:
    return "-".join((cell.method, cell.noise, cell.parameters, cell.dataset))


@pytest.mark.parametrize("cell", CELLS, ids=name_of)
def test_a_stored_figure_is_made_again(
    cell: CellResult, tmp_path: Path, real_set: Callable[[str], ImageSet]
) -> None:
    real_set(cell.dataset)
    asked = ("--method", cell.method, "--noise", cell.noise, "--parameters", cell.parameters)
    where = ("--datasets", cell.dataset, "--weights", "zoo", "--out", str(tmp_path))
    subprocess.run([*RUN, *asked, *where], env=os.environ, check=True)
    (found,) = read_cells(tmp_path)
    assert found.weights == cell.weights
    assert found.provenance["weights_sha256"] == cell.provenance["weights_sha256"]
    assert [score.noisy_sha256 for score in found.scores] == [
        score.noisy_sha256 for score in cell.scores
    ]
    again, before = ([score.psnr_db for score in each.scores] for each in (found, cell))
    assert again == pytest.approx(before, abs=0.002)


def test_there_are_such_figures() -> None:
    assert {cell.dataset for cell in CELLS} >= {"set12", "bsd68", "cbsd68", "kodak"}
