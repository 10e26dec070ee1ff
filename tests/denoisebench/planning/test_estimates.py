"""The estimated time of a cell: as its method took in earlier results, else as a U-Net takes."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from bench import bench

from denoisebench.budgets import DENOISE_MPX_PER_S, get_budget
from denoisebench.planning.estimates import cell_s
from denoisebench.planning.plan import CellPlan
from denoisebench.planning.planner import make_plan
from denoisebench.planning.request import Request
from denoisebench.registry.loader import load
from denoisebench.results.rates import measured_rates
from denoisebench.results.records import CellResult

ASKED = Request(
    methods=("tv",),
    noises=("gaussian:25",),
    parameters=("known",),
    datasets=("samples-gray",),
    train_sets=("samples:part=train",),
    draws="fixed",
    budget=get_budget("smoke"),
    weights="none",
    seeds=(0,),
)


@pytest.fixture(scope="module")
def cell() -> CellPlan:
    (planned,) = make_plan(ASKED, load()).cells
    return planned


@pytest.fixture
def result_of(make_cell: Callable[..., CellResult]) -> Callable[..., CellResult]:
    """A result of a method whose images took these seconds, of 0.5 megapixels each."""

    def result(method: str, *seconds: float) -> CellResult:
        made = make_cell(method=method, psnr_db=[30.0] * len(seconds))
        scores = zip(made.scores, seconds, strict=True)
        timed = (replace(score, denoise_s=s, megapixels=0.5) for score, s in scores)
        return replace(made, scores=tuple(timed))

    return result


def test_the_rate_of_a_method_is_over_all_its_results(
    result_of: Callable[..., CellResult],
) -> None:
    results = [result_of("tv", 1.0, 2.0), result_of("tv", 3.0), result_of("nlm", 0.5)]
    assert measured_rates(results) == {"tv": 4.0, "nlm": 1.0}


def test_results_that_were_not_timed_tell_no_rate(result_of: Callable[..., CellResult]) -> None:
    assert measured_rates([result_of("tv", 0.0)]) == {}


def test_a_cell_takes_as_long_as_its_method_took(cell: CellPlan) -> None:
    as_a_network_s = cell_s(cell)
    megapixels = as_a_network_s * DENOISE_MPX_PER_S
    assert cell_s(cell, {"tv": 32.0}) == pytest.approx(32.0 * megapixels)
    assert cell_s(cell, {"nlm": 32.0}) == as_a_network_s


def test_a_damaged_result_does_not_stop_a_dry_run(tmp_path: Path) -> None:
    (tmp_path / "cells").mkdir()
    (tmp_path / "cells" / "0123456789abcdef.json").write_text("{}")
    call = ("run", "--method", "tv", "--datasets", "samples", "--dry-run", "--out", str(tmp_path))
    done = bench(*call, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "nothing was computed" in done.stdout
