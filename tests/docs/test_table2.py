"""docs/table2.md and docs/table2-claims.md are what their commands make of the stored results, and
none tells too much."""

import re
import shlex
from pathlib import Path

import pytest
from bench import bench

from denoisebench.results.store import read_cells

ROOT = Path(__file__).parents[2]
STORED, PAGE = ROOT / "docs" / "table2", ROOT / "docs" / "table2.md"
REPORT = "report --results docs/table2 --format noise2score-table2"
CLAIMS = ROOT / "docs" / "table2-claims.md"

pytestmark = pytest.mark.skipif(
    not STORED.is_dir(), reason="no results are stored under docs/table2"
)


@pytest.mark.parametrize(("page", "report"), [(PAGE, REPORT), (CLAIMS, f"{REPORT}-claims")])
def test_a_page_is_what_its_command_prints(page: Path, report: str) -> None:
    done = bench(*report.split(), cwd=ROOT)
    assert done.returncode == 0, done.stderr
    assert done.stdout == page.read_text(encoding="utf-8")
    assert f"    bench {report} --out docs/{page.name}" in done.stdout.splitlines()


def test_no_result_stands_for_another_by_its_files_date() -> None:
    """A checkout gives all files the date of that day."""
    assert not re.search("older than another", bench(*REPORT.split(), cwd=ROOT).stderr)


def test_no_result_tells_where_on_a_machine_it_was_made() -> None:
    for result in read_cells(STORED):
        for text in (result.weights, result.dataset, result.train_set):
            assert not re.search(r"(^|:)(/|~|[A-Za-z]:\\)", text), result.cell


def test_each_command_of_the_page_is_a_plan_that_works(tmp_path: Path) -> None:
    commands = re.findall(r"(?:`|    )(bench run [^`\n]*)", PAGE.read_text(encoding="utf-8"))
    assert commands
    for line in commands:
        if "bm3d" not in line and "/trainings/" not in line:  # neither may be here
            arguments = shlex.split(line.replace("--out docs/table2", f"--out {tmp_path}"))
            done = bench(*arguments[1:], "--dry-run", cwd=ROOT)
            assert done.returncode == 0, f"{line}: {done.stderr}"
