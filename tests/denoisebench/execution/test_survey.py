"""How far a plan is, as the files of its folder tell."""

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, replace
from pathlib import Path

import pytest
from a_result import cell_of

from denoisebench.execution.claims import claimed, living
from denoisebench.execution.plan_record import PlannedUnit, PlanRecord, keep, read_records
from denoisebench.execution.survey import Survey
from denoisebench.results.store import cell_path, write_cell


def cell(id_: str, method: str, *needs: str) -> PlannedUnit:
    paces = (method, "cells of networks", "networks") if needs else (method,)
    return PlannedUnit("cell", id_, f"{method} on set12", "", "", 10.0, needs, paces)


PACES = ("training n2n", "trainings", "networks")
TRAINING = PlannedUnit("training", "t1", "training n2n", "", "", 100.0, (), PACES)
PLAN = PlanRecord("p1", (cell("a1", "tv"), cell("a2", "tv"), TRAINING, cell("b1", "n2n", "t1")))
"""Work of 10 + 10 + 100 + 10 s, by the estimates."""


@pytest.fixture
def survey(tmp_path: Path) -> Survey:
    keep(PLAN, tmp_path)
    return Survey(PLAN, tmp_path)


def done(out: Path, id_: str, took_s: float = 1.0, error: str | None = None) -> None:
    provenance = {"took_s": took_s}
    write_cell(out, cell_of([] if error else [30.0], cell=id_, provenance=provenance, error=error))


@contextmanager
def in_hand(out: Path, unit: str, at: int, pace_s: float) -> Iterator[None]:
    """Another process has done so many of 10 parts of a unit, at a pace."""
    with claimed(out, unit, f"work on {unit}"):
        (found,) = living(out, [unit])
        assert found.holder is not None
        other = replace(found.holder, pid=os.getppid(), started="", done=at, total=10)
        found.path.write_text(json.dumps(asdict(replace(other, pace_s=pace_s))))
        yield


def test_nothing_is_known_at_the_beginning(survey: Survey, tmp_path: Path) -> None:
    assert str(survey.look()) == "0/4 units, time left unknown"
    with in_hand(tmp_path, "t1", 0, 0.0):
        assert str(survey.look()) == "0/4 units, 1 training, time left unknown"


def test_the_estimates_are_scaled_by_what_was_measured(survey: Survey, tmp_path: Path) -> None:
    done(tmp_path, "a1", took_s=20.0)
    assert str(survey.look()) == "1/4 units, time left unknown"  # of networks nothing is known
    with in_hand(tmp_path, "t1", 4, pace_s=5.0):  # 50 s in all, half of what was estimated
        whole = survey.look()
    assert str(whole) == "1/4 units, 1 training, 55 s left"  # 20 of a2, 30 of t1, 5 of b1
    assert whole.others == (f"process {os.getppid()}: 4/10, work on t1",)


def test_several_at_work_share_what_is_left_but_no_unit(survey: Survey, tmp_path: Path) -> None:
    done(tmp_path, "a1", took_s=20.0)
    with in_hand(tmp_path, "t1", 4, pace_s=5.0), in_hand(tmp_path, "a2", 5, pace_s=2.0):
        assert str(survey.look()) == "1/4 units, 1 training, 1 scoring, 30 s left"


def test_a_failure_tells_no_pace_and_leaves_no_training_to_do(
    survey: Survey, tmp_path: Path
) -> None:
    done(tmp_path, "b1", error="it fell over")
    assert str(survey.look()) == "2/4 units, time left unknown"


def test_what_was_there_before_counts_as_done_and_tells_no_pace(tmp_path: Path) -> None:
    done(tmp_path, "a1")
    os.utime(cell_path(tmp_path, "a1"), (1e9, 1e9))
    keep(PLAN, tmp_path)
    assert str(Survey(PLAN, tmp_path).look()) == "1/4 units, time left unknown"


def test_what_is_computed_again_counts_when_it_is_new(tmp_path: Path) -> None:
    done(tmp_path, "a1")
    os.utime(cell_path(tmp_path, "a1"), (1e9, 1e9))
    keep(PLAN, tmp_path)
    survey = Survey(PLAN, tmp_path, again=["a1", "a2"])
    assert survey.look().done == 0
    done(tmp_path, "a1")
    assert survey.look().done == 1


def test_plans_are_read_back_the_last_begun_first(tmp_path: Path) -> None:
    other = PlanRecord("p2", PLAN.units[:1])
    for record, begun in ((PLAN, 1e9), (other, 2e9)):
        keep(record, tmp_path)
        os.utime(record.path(tmp_path), (begun, begun))
    damaged = tmp_path / "plans/p3.json"
    damaged.write_text("{")
    assert read_records(tmp_path) == ([other, PLAN], [damaged])
    keep(PLAN, tmp_path)
    os.utime(other.path(tmp_path), (1e9, 1e9))
    assert read_records(tmp_path)[0] == [PLAN, other]
