"""`bench table`: the runs of a report, computed together, and its page."""

from pathlib import Path

import pytest
from bench import bench, make_images

from denoisebench.registry.loader import load

PLUGIN = """
from denoisebench.plugin import Report, hookimpl

COMMON = {{"datasets": "folder:test,folder:other", "protocol": "float", "seed": "3"}}
RUNS = [
    {{"method": "tv", "noise": "gaussian:25", "parameters": "known", **COMMON}},
    {{"method": "tv", "noise": "poisson:0.05", "parameters": "unknown", **COMMON}},
    {{"method": "identity", "noise": "gaussian:25", "parameters": "known", **COMMON}},
    {{"method": "sure", "noise": "poisson:0.05", "parameters": "known", **COMMON}},
    {{"method": "not-here", "noise": "gaussian:25", "parameters": "known", **COMMON}},
    {{{more}}}
]

def render(results):
    rows = [(c.method, c.noise, c.dataset, c.parameters, c.seed) for c in results.cells]
    return "\\n".join(" ".join(map(str, row)) for row in sorted(rows)) + "\\n"

@hookimpl
def register_reports():
    runs = [run for run in RUNS if run]
    return [Report("mini", "a small table", render, runs=lambda published: runs)]
"""
KINDS = (("identity", "gaussian:25", "known"), ("tv", "gaussian:25", "known"),
         ("tv", "poisson:0.05", "unknown"))  # fmt: skip
ALL = [
    f"{method} {noise} folder:{name} {parameters} 3"
    for method, noise, parameters in KINDS
    for name in ("other", "test")
]


@pytest.fixture
def place(tmp_path: Path) -> Path:
    for name in ("test", "other"):
        make_images(tmp_path / name, 2)
    write(tmp_path)
    return tmp_path


def write(place: Path, more: str = "") -> None:
    (place / "mini.py").write_text(PLUGIN.format(more=more), encoding="utf-8")


def table(place: Path, *options: str):
    return bench("table", "mini", "--plugin", "mini.py", *options, cwd=place)


def cells(place: Path) -> dict[Path, int]:
    return {path: path.stat().st_mtime_ns for path in (place / "results/cells").iterdir()}


def test_a_table_is_computed_once_and_its_page_written(place: Path) -> None:
    done = table(place)
    assert done.returncode == 0, done.stderr
    assert (place / "results/mini.md").read_text().splitlines() == ALL
    assert "left out, as they are not installed: not-here" in done.stderr
    assert "sure declines poisson:0.05 known" in done.stderr
    assert "6 of 6 cells have a result" in done.stderr
    assert done.stdout == "saved as results/mini.md\n"
    stored = cells(place)
    assert table(place).returncode == 0
    assert cells(place) == stored


def test_a_part_is_asked_for_by_method_noise_and_set_and_the_page_has_all_of_them(place: Path):
    options = ("--methods", "tv", "--noise", "poisson", "--datasets", "folder:other")
    assert table(place, *options).returncode == 0
    first = [line for line in ALL if "poisson" in line and "other" in line]
    assert (place / "results/mini.md").read_text().splitlines() == first
    assert table(place, "--methods", "identity").returncode == 0
    both = [line for line in ALL if line in first or line.startswith("identity")]
    assert (place / "results/mini.md").read_text().splitlines() == both


def test_a_dry_run_says_what_is_left_and_computes_nothing(place: Path) -> None:
    assert table(place, "--methods", "identity").returncode == 0
    stored = cells(place)
    done = table(place, "--dry-run")
    lines = [line for line in done.stdout.splitlines() if line.startswith("cell")]
    assert [line.endswith(": done") for line in lines].count(True) == 2
    assert len(lines) == 6
    assert done.stdout.splitlines()[-1].endswith("nothing was computed")
    assert cells(place) == stored


def test_workers_compute_the_same_table(place: Path) -> None:
    done = table(place, "--workers", "2", "--methods", "tv")
    assert done.returncode == 0, done.stderr
    shown = [line for line in ALL if line.startswith("tv")]
    assert (place / "results/mini.md").read_text().splitlines() == shown


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--methods", "nlm"), "nlm"),
        (("--noise", "gamma"), "gamma"),
        (("--datasets", "set12"), "set12"),
    ],
)
def test_a_value_that_the_table_has_not_is_refused_with_those_it_has(place, options, said) -> None:
    done = table(place, *options)
    assert done.returncode == 2
    (line,) = done.stderr.splitlines()
    assert said in line
    assert "mini" in line
    assert not (place / "results/cells").exists()


def test_a_report_that_is_no_table_is_refused_with_those_that_are(place: Path) -> None:
    done = bench("table", "csv", "--plugin", "mini.py", cwd=place)
    assert done.returncode == 2
    assert "report csv is no table of a paper: give " in done.stderr
    for name in ("mini", "noise2score-table2", "neighbor2neighbor-table1"):
        assert name in done.stderr


def test_a_run_that_says_how_long_to_train_is_refused(place: Path) -> None:
    write(place, more='"method": "tv", "budget": "smoke"')
    done = table(place)
    assert done.returncode == 2
    assert "unknown setting of report mini 'budget'" in done.stderr


def test_without_bundled_weights_cells_are_left_out_where_no_training_is_wanted(place: Path):
    more = '"method": "noise2noise", "noise": "gamma:77", "parameters": "known", **COMMON'
    write(place, more)
    done = table(place, "--weights", "zoo")
    assert done.returncode == 0, done.stderr
    assert "left out: no bundled weights fit noise2noise" in done.stderr
    assert "6 of 6 cells have a result" in done.stderr


def test_the_runs_of_the_shipped_tables_name_what_there_is() -> None:
    registries = load([])
    for name in ("noise2score-table2", "neighbor2neighbor-table1"):
        runs = registries.reports[name].runs
        assert runs is not None
        for run in runs(registries.published_figures):
            assert run["method"].partition(":")[0] in registries.methods
            registries.noise(run["noise"])
            registries.protocol(run["protocol"])
