"""How long a verb takes to start, in a process of its own: `make bench`."""

import subprocess
import sys
from pathlib import Path

import pytest
from pytest_benchmark.fixture import BenchmarkFixture

BENCH = Path(sys.executable).with_name("bench")
PLAN = ("--datasets", "samples", "--dry-run")
STARTS = {
    "version": ("--version",),
    "list": ("list", "methods"),
    "show": ("show", "method", "tv"),
    "run": ("run", "--method", "noise2score", *PLAN),
    "compare": ("compare", "--methods", "tv,noise2score", *PLAN),
    "sweep": ("sweep", "--method", "tv", "--noise", "gaussian:5..50", *PLAN),
    "zoo": ("zoo", "list"),
    **{
        verb: (verb, "--help")
        for verb in (
            "denoise",
            "rank",
            "report",
            "rescore",
            "datasets",
            "noise",
            "estimate",
            "weights",
            "plot",
        )
    },
}


@pytest.mark.benchmark(group="start of a verb")
@pytest.mark.parametrize("verb", STARTS)
def test_start(benchmark: BenchmarkFixture, verb: str) -> None:
    def start() -> None:
        subprocess.run([BENCH, *STARTS[verb]], check=True, capture_output=True)

    benchmark.pedantic(start, rounds=5, warmup_rounds=1)
