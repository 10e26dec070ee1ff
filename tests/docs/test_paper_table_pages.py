"""The pages of papers' tables are what their commands make of the stored results.  None tells too
much."""

import re
import shlex
from pathlib import Path

import pytest
from bench import bench

from denoisebench.registry.loader import load
from denoisebench.results.store import read_cells

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
TABLES = {"table2": "noise2score-table2", "table-n2n": "neighbor2neighbor-table1"}
"""The folder of stored results, which the page is named after, and the report."""

PAGES = [
    (f"{table}{of}.md", f"report --results docs/{table} --format {report}{of}")
    for table, report in TABLES.items()
    for of in ("", "-claims")
]
pytestmark = pytest.mark.skipif(
    not all((DOCS / table).is_dir() for table in TABLES), reason="no results are stored in docs"
)


@pytest.mark.parametrize(("page", "report"), PAGES)
def test_a_page_is_what_its_command_prints(page: str, report: str) -> None:
    done = bench(*report.split(), cwd=ROOT)
    assert done.returncode == 0, done.stderr
    assert not re.search("older than another", done.stderr)  # a checkout gives all files its date
    assert done.stdout == (DOCS / page).read_text(encoding="utf-8")
    assert f"    bench {report} --out docs/{page}" in done.stdout.splitlines()


@pytest.mark.parametrize("table", TABLES)
def test_no_result_tells_where_on_a_machine_it_was_made(table: str) -> None:
    for result in read_cells(DOCS / table):
        for text in (result.weights, result.dataset, result.train_set):
            assert not re.search(r"(^|:)(/|~|[A-Za-z]:\\)", text), result.cell


def put_as_trained(starts: set[str], place: Path) -> None:
    """Put weights where `bench zoo train` puts those of recipes without bundled ones, and the
    bundled ones where they are from the root."""
    (place / "methods").symlink_to(ROOT / "methods")
    registries = load()
    bundled = registries.bundled_file(registries.recipe("noise2score/gray-gaussian25"))
    for recipe in (registries.recipes[start] for start in starts & registries.recipes.keys()):
        if recipe.sha256 is None:
            trained = place / "results" / "zoo" / f"{recipe.name}.safetensors"
            trained.parent.mkdir(parents=True, exist_ok=True)
            trained.write_bytes(bundled.read_bytes())


@pytest.mark.parametrize("table", TABLES)
def test_each_command_of_a_page_is_a_plan_that_works(table: str, tmp_path: Path) -> None:
    page = (DOCS / f"{table}.md").read_text(encoding="utf-8")
    commands = re.findall(r"(?:`|    )(bench run [^`\n]*)", page)
    assert commands
    put_as_trained(set(re.findall(r"--start (\S+/\S+)", page)), tmp_path)
    for line in commands:
        if "bm3d" not in line and "/trainings/" not in line:  # neither may be here
            arguments = shlex.split(line.replace(f"--out docs/{table}", f"--out {tmp_path}"))
            done = bench(*arguments[1:], "--dry-run", cwd=tmp_path)
            assert done.returncode == 0, f"{line}: {done.stderr}"
