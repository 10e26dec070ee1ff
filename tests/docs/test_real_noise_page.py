"""docs/real-noise.md has the tables of the results that are stored next to it."""

import importlib.util
from pathlib import Path

import pytest

from denoisebench.results.store import read_cells

ROOT = Path(__file__).parents[2]
FOLDER, PAGE = ROOT / "docs" / "real-noise", ROOT / "docs" / "real-noise.md"


@pytest.fixture(scope="module")
def study():
    path = ROOT / "examples" / "studies" / "real_noise_table.py"
    spec = importlib.util.spec_from_file_location("real_noise_table", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_page_has_the_table_of_the_stored_results(study):
    assert study.psnr_table(read_cells(FOLDER)) in PAGE.read_text(encoding="utf-8")


@pytest.mark.usefixtures("empty_machine")
def test_the_page_has_the_metrics_that_were_measured(study):
    assert study.metrics_table(FOLDER) in PAGE.read_text(encoding="utf-8")


def test_each_noisy_set_has_its_figure(study):
    noisy = [r for r in read_cells(FOLDER) if r.method == "identity"]
    found = {result.dataset: round(study.psnr_db(result), 2) for result in noisy}
    assert found == {"cc15": 33.41, "fmd-confocal5": 29.64, "polyu": 35.97}
