"""Stored results of bundled weights are found again by today's code, or get its ids."""

import importlib.util
from dataclasses import replace
from pathlib import Path
from types import ModuleType

import pytest

from denoisebench.registry.loader import load
from denoisebench.results.store import read_cells, write_cell

ROOT = Path(__file__).parents[2]
STORED = ROOT / "docs" / "table2"


@pytest.fixture(scope="module")
def rekey() -> ModuleType:
    path = ROOT / "examples" / "studies" / "rekey.py"
    spec = importlib.util.spec_from_file_location("rekey", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_stored_results_have_the_ids_of_today(rekey: ModuleType) -> None:
    registries = load()
    results = [result for result in read_cells(STORED) if not result.training]
    assert len(results) > 20
    other = {r.method for r in results if rekey.id_today(r, registries) != r.cell}
    assert not other, f"run examples/studies/rekey.py {STORED}, or compute {other} again"


def test_a_result_of_other_code_gets_the_id_of_today_and_keeps_its_scores(
    rekey: ModuleType, tmp_path: Path
) -> None:
    result = next(r for r in read_cells(STORED) if r.weights.startswith("zoo:"))
    write_cell(tmp_path, replace(result, cell="0123456789abcdef"))
    rekey.main(tmp_path)
    assert read_cells(tmp_path) == [result]


def test_results_of_trainings_keep_their_ids(rekey: ModuleType, tmp_path: Path) -> None:
    result = next(r for r in read_cells(STORED) if r.weights.startswith("trained"))
    path = write_cell(tmp_path, result)
    rekey.main(tmp_path)
    assert list(path.parent.iterdir()) == [path]
