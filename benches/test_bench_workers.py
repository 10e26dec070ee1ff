"""What a unit of work costs beside its images, and what a second worker brings: `make bench`.

    python -m pytest benches/test_bench_workers.py --benchmark-only

says both beneath the table.  The second needs two cores that do nothing else.
"""

import itertools
import resource
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import pytest
from bench import environment, make_images
from here import here
from pytest_benchmark.fixture import BenchmarkFixture
from watched import request

from denoisebench.execution.runner import Runner
from denoisebench.planning.planner import make_plan
from denoisebench.plugin.worker_process import PROGRAM
from denoisebench.registry.loader import load

UNITS, CELLS, ROUNDS = 50, 16, 3


@pytest.mark.benchmark(group="50 units of work")
def test_units(
    benchmark: BenchmarkFixture, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Cells of two images of 32×32 pixels, which the method leaves as they are."""
    monkeypatch.chdir(tmp_path)
    noises = tuple(f"gaussian:{level}" for level in range(1, UNITS + 1))
    asked = replace(request(tmp_path), methods=("identity",), noises=noises)
    plan, outs = make_plan(asked, load([])), itertools.count()

    def run() -> None:
        Runner(plan, here(tmp_path / str(next(outs)))).run()

    run()
    before = time.process_time()
    benchmark.pedantic(run, rounds=ROUNDS)
    cpu_s = time.process_time() - before
    benchmark.extra_info |= {"units": UNITS, "unit_cpu_s": cpu_s / ROUNDS / UNITS}


@pytest.mark.benchmark(group="16 equal cells")
@pytest.mark.parametrize("workers", [1, 2])
def test_cells(benchmark: BenchmarkFixture, tmp_path: Path, workers: int) -> None:
    """Each worker has one thread.  Starting Python and the workers is part of it."""
    make_images(tmp_path / "test", 16, side=512)
    noises = ",".join(f"gaussian:{20 + number}" for number in range(CELLS))
    call = [sys.executable, "-c", PROGRAM, "compare", "--methods", "nlm", "--quiet"]
    call += ["--datasets", "folder:test", "--noise", noises, "--workers", str(workers)]

    def run() -> None:
        subprocess.run(call, cwd=tmp_path, env=environment(), check=True, capture_output=True)

    before = _cpu_s()
    benchmark.pedantic(run, rounds=1)
    benchmark.extra_info["cpu_s"] = _cpu_s() - before


def _cpu_s() -> float:
    """CPU time of all processes that were started and have ended."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime
