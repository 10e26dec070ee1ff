"""Every figure in the tables of these pages is the mean of a result that is stored beside them.

A row of such a table names its result in code, as it is typed: a method, then options of `bench
run`.
"""

import re
import shlex
from functools import cache
from pathlib import Path

import numpy as np
import pytest
from bench import bench

from denoisebench.budgets import get_budget, megapixel_label
from denoisebench.registry.loader import load
from denoisebench.results.records import CellResult
from denoisebench.results.store import read_cells

ROOT = Path(__file__).parents[2]
STUDIES = ("ablations", "why-23-db")
DATASETS = {"Set12": "set12", "BSD68": "bsd68"}
USUAL = {"noise": "gaussian:25", "parameters": "known", "draws": "fixed", "train-set": "cbsd399"}
STARTS = {"first": get_budget("quick", 24000, 8)}
"""What a row means by a training that the page begins others with."""
FIELDS = ("method", "noise", "parameters", "draws", "train_set", "budget")


def page(study: str) -> str:
    return (ROOT / "docs" / f"{study}.md").read_text(encoding="utf-8")


@cache
def stored(study: str) -> dict[tuple[str, ...], CellResult]:
    """What each result is of -> the result."""
    cells = read_cells(ROOT / "docs" / study)
    return {(*(getattr(cell, field) for field in FIELDS), cell.dataset): cell for cell in cells}


def asked(words: str) -> tuple[str, ...]:
    """The method and options of a row, as `FIELDS` has them."""
    method, *rest = shlex.split(words)
    given = {
        key.removeprefix("--"): value for key, value in zip(rest[::2], rest[1::2], strict=True)
    }
    steps = int(given.pop("steps", 0)) or None
    batch = int(given.pop("batch", 0)) or None
    budget = get_budget(
        given.pop("budget", "quick"), steps, batch, int(given.pop("crop", 0)) or None
    )
    length = budget.label
    if start := given.pop("start", ""):
        before = STARTS.get(start) or load().recipes[start].budget
        length = megapixel_label(budget.megapixels + before.megapixels)
    assert given.keys() <= USUAL.keys(), f"{words}: an option that no result tells"
    told = USUAL | given
    method = method.replace("=true", "=True")  # as a spec is written
    return (method, told["noise"], told["parameters"], told["draws"], told["train-set"], length)


def figures(study: str) -> list[tuple[str, str, str]]:
    """Words of a row, data set, figure: of each figure in a table that has columns of data sets."""
    found, columns = [], dict[int, str]()
    for line in page(study).splitlines():
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        if not line.startswith("|"):
            columns = {}
        elif not columns:
            columns = {k: DATASETS[cell] for k, cell in enumerate(cells) if cell in DATASETS}
        elif code := re.search(r"`([^`]+)`", line):
            found += [(code[1], columns[k], cells[k]) for k in columns if cells[k] != "–"]
    return found


@pytest.mark.parametrize("study", STUDIES)
def test_each_figure_is_that_of_its_stored_result(study: str):
    rows = figures(study)
    assert len(rows) >= 10
    for words, dataset, figure in rows:
        cell = stored(study)[*asked(words), dataset]
        assert cell.protocol == "float-1"
        assert (cell.seed, cell.error) == (0, None)
        psnr_db = np.mean([score.psnr_db for score in cell.scores])
        assert figure == f"{psnr_db:.2f}", f"{words} on {dataset}"


@pytest.mark.parametrize("study", STUDIES)
def test_each_stored_result_is_shown(study: str):
    shown = {(*asked(words), dataset) for words, dataset, _ in figures(study)}
    assert set(stored(study)) == shown


@pytest.mark.parametrize("study", STUDIES)
def test_each_command_is_a_plan_that_works(tmp_path: Path, study: str):
    commands = re.findall(r"^    (bench .*)$", page(study), re.MULTILINE)
    assert commands
    for line in commands:
        arguments = shlex.split(line.replace("examples/", f"{ROOT}/examples/"))[1:]
        extra = ["--dry-run"] if arguments[0] in ("run", "compare") else []
        done = bench(*arguments, *extra, cwd=ROOT if not extra else tmp_path)
        assert done.returncode == 0, f"{line}: {done.stderr}"
