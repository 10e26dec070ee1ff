"""Processes that run plans in one folder share the work."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest
from here import here
from watched import flat_images, request, watched

from denoisebench.execution import shared_run, survey
from denoisebench.execution.claims import claimed
from denoisebench.execution.runner import ExecutionOptions, Runner
from denoisebench.planning.plan import Plan
from denoisebench.planning.planner import make_plan
from denoisebench.progress import Progress, Whole
from denoisebench.registry.registries import Registries
from denoisebench.results import store
from denoisebench.results.store import cell_path, write_cell


@pytest.fixture(scope="module")
def registries(tmp_path_factory: pytest.TempPathFactory) -> Registries:
    return watched(tmp_path_factory.mktemp("plugin"))


@pytest.fixture
def plan(registries: Registries, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Plan:
    """Two methods of which one learns, on two sets."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(shared_run, "LOOK_S", 0.01)
    asked = request(tmp_path)
    flat_images(tmp_path / "more", 211, 212)
    sets = ("folder:test", "folder:more")
    return make_plan(replace(asked, methods=("watched", "identity"), datasets=sets), registries)


def test_what_another_process_trains_is_left_to_it(plan: Plan, tmp_path: Path) -> None:
    out, said = tmp_path / "out", list[Progress]()
    context = replace(here(out), progress=said.append)
    (training,) = plan.trainings
    with claimed(out, training.id, f"training {training.what}"):
        found = Runner(plan, context).run(wait=False)
    assert [result.method for result in found] == ["identity", "identity"]
    assert said[-1].what == "2 of 4 cells computed here"
    assert len(Runner(plan, here(out)).run()) == 4


def test_what_is_waited_for_is_said_once_and_taken_when_it_is_free(
    plan: Plan, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out, said = tmp_path / "out", list[str]()
    (training,) = plan.trainings
    claim = claimed(out, training.id, f"training {training.what}")
    claim.__enter__()
    sleeps = []

    def sleep(_: float) -> None:
        sleeps.append(1)
        if len(sleeps) == 3:
            claim.__exit__(None, None, None)

    monkeypatch.setattr(shared_run.time, "sleep", sleep)
    context = replace(here(out), progress=lambda progress: said.append(progress.what))
    assert len(Runner(plan, context).run()) == 4
    waiting = [text for text in said if text.startswith("waiting for ")]
    assert len(waiting) == 1
    assert training.what in waiting[0]


def test_four_at_a_time_compute_each_unit_once(
    plan: Plan, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out, scored = tmp_path / "out", list[str]()
    score = Runner.score

    def counted(self: Runner, cell: str, **options: str | None) -> object:
        scored.append(cell)
        return score(self, cell, **options)

    monkeypatch.setattr(Runner, "score", counted)
    with ThreadPoolExecutor(4) as pool:
        runs = [pool.submit(Runner(plan, here(out)).run) for _ in range(4)]
        results = [run.result() for run in runs]
    assert sorted(scored) == sorted(cell.id for cell in plan.cells)
    assert [r.cell for r in results[0]] == [r.cell for r in results[1]]
    assert list((out / "claims").iterdir()) == []


def test_failed_cells_are_tried_again_but_not_one_that_failed_meanwhile(
    plan: Plan, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = tmp_path / "out"
    first = Runner(plan, here(out)).run()
    before, meanwhile = (replace(first[at], error="it fell over", scores=()) for at in (1, 3))
    write_cell(out, before)
    cell_path(out, meanwhile.cell).unlink()
    claim = claimed(out, meanwhile.cell, "identity on folder:more")
    claim.__enter__()

    def sleep(_: float) -> None:
        write_cell(out, meanwhile)
        claim.__exit__(None, None, None)

    monkeypatch.setattr(shared_run.time, "sleep", sleep)
    results = Runner(plan, here(out), ExecutionOptions(retry="all")).run()
    assert [result.error for result in results] == [None, None, None, "it fell over"]


def test_a_run_tells_how_far_the_whole_is_and_who_asks_for_it_each_unit(
    plan: Plan, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(survey, "EVERY_S", 0.0)
    monkeypatch.setattr(survey, "SHARE", 1e9)
    said: list[Progress] = []
    context = replace(here(tmp_path / "out"), progress=said.append)
    Runner(plan, context).run()
    whole = [str(at) for at in said if isinstance(at, Whole)]
    assert whole[0] == "0/5 units, 1 training, time left unknown"
    assert any(text.startswith("4/5 units, 1 scoring, ") for text in whole)
    units = [at.what for at in said if at.weight == "detail"]
    assert len(units) == 10
    assert units[0] == f"{plan.trainings[0].id} begins: training {plan.trainings[0].what}"
    assert (
        units[-1] == f"{plan.cells[3].id} ends after 0:00: identity on folder:more, gaussian:0.01"
    )


def test_a_worker_leaves_the_whole_to_who_started_it(plan: Plan, tmp_path: Path) -> None:
    said: list[Progress] = []
    Runner(plan, replace(here(tmp_path / "out"), progress=said.append)).run(wait=False)
    assert not any(isinstance(at, Whole) for at in said)


def test_a_finished_run_opens_its_own_results_alone_and_each_once(
    plan: Plan, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out, opened = tmp_path / "out", list[str]()
    results = Runner(plan, here(out)).run()
    for number in range(20):
        cell_path(out, f"other{number}").write_text("{ damaged")
    read = store.read_json

    def counted(path: Path, **options: bool) -> object:
        opened.append(path.stem)
        return read(path, **options)

    monkeypatch.setattr(store, "read_json", counted)
    assert Runner(plan, here(out)).run() == results
    assert sorted(opened) == sorted(result.cell for result in results)
