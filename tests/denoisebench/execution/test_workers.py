"""Workers of a plugin's executor: what they compute, and what becomes of what they do not."""

from pathlib import Path
from subprocess import CompletedProcess

import pytest
from bench import bench

PLUGIN = '''
import os
from contextlib import redirect_stdout
from io import StringIO
from pathlib import Path

from denoisebench.cli import group
from denoisebench.plugin import Crew, Executor, hookimpl
from denoisebench.plugin.executor import PLAN_VARIABLE


class Within(Crew):
    """Workers within this process, one after the other."""

    def __init__(self, plan, ends):
        self.plan, self.ends = plan, ends

    def run(self, command, units, progress):
        assert command.mark.is_file()
        Path("asked").write_text(f"{units} units")
        if self.ends == "raise":
            raise RuntimeError("the queue is closed")
        if self.ends == "lost":
            return ["worker 1 was lost", "worker 2 was lost"]
        os.environ[PLAN_VARIABLE] = self.plan or command.plan
        try:
            with redirect_stdout(StringIO()):
                group.main(list(command.arguments), standalone_mode=False)
        except Exception as error:
            return [f"worker 1 said: {error}"]
        finally:
            del os.environ[PLAN_VARIABLE]
        return []


class WithinExecutor(Executor):
    name, summary = "within", "this process"

    def crew(self, spec):
        return Within(dict(spec.options).get("plan"), dict(spec.options).get("ends"))


@hookimpl
def register_executors():
    return [WithinExecutor()]
'''


def run(folder: Path, *options: str) -> "CompletedProcess[str]":
    (folder / "within.py").write_text(PLUGIN)
    call = ("compare", "--methods", "identity,tv", "--datasets", "samples-gray")
    return bench(*call, "--noise", "gaussian:25", "--plugin", "within.py", *options, cwd=folder)


def test_workers_of_a_plugin_compute_what_is_missing(tmp_path: Path) -> None:
    done = run(tmp_path, "--workers", "within")
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "asked").read_text() == "2 units"
    assert sorted(path.name for path in (tmp_path / "results").iterdir()) == [
        *("cells", "claims", "plans", "table.txt"),
    ]
    times = {path: path.stat().st_mtime_ns for path in (tmp_path / "results/cells").iterdir()}
    again = run(tmp_path, "--workers", "within:ends=raise")
    assert again.stdout == done.stdout  # nothing was missing: nobody was asked
    assert {path: path.stat().st_mtime_ns for path in times} == times


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ("ends=lost", "2 of 2 units of work are left, which the same command goes on with;"
         " worker 1 was lost, and 1 more failed"),
        ("ends=raise", "--workers raised RuntimeError: the queue is closed"),
        ("plan=0", "worker 1 said: this worker plans other work than the command that started it:"
         " the code or the images of their machines differ"),
    ],
)  # fmt: skip
def test_what_workers_fail_to_do_is_not_done_here(tmp_path: Path, settings: str, said: str) -> None:
    failed = run(tmp_path, "--workers", f"within:{settings}")
    assert failed.returncode == 2
    assert said in failed.stderr
    assert list((tmp_path / "results").glob("cells/*")) == []
    assert list((tmp_path / "results").glob(".*")) == []


@pytest.mark.parametrize(
    ("workers", "said"),
    [
        ("0", "--workers: '0' is not in 1..1024"),
        ("2000", "--workers: '2000' is not in 1..1024"),
        ("processes", "--workers processes: give a number of processes, as processes:4"),
        ("cuda:1", "--workers cuda:1: cuda has no settings"),
        (
            "condor",
            "unknown kind of --workers 'condor'; known: cuda, processes, ray, slurm, within",
        ),
        ("withi", "unknown kind of --workers 'withi'; did you mean 'within'?"),
    ],
)
def test_workers_that_cannot_be_are_refused_before_any_plan(
    tmp_path: Path, workers: str, said: str
) -> None:
    refused = run(tmp_path, "--dry-run", "--workers", workers)
    assert (refused.returncode, refused.stderr) == (2, f"bench: {said}\n")
