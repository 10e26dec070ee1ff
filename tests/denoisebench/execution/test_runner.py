"""A plan as units of work, and what the runner makes of a training that fails."""

from dataclasses import replace
from pathlib import Path

import pytest
from here import here
from watched import flat_images, request, watched

from denoisebench.execution.runner import ExecutionOptions, Retry, Runner
from denoisebench.planning.plan import Plan, Unit
from denoisebench.planning.planner import make_plan
from denoisebench.registry import state
from denoisebench.registry.registries import Registries
from denoisebench.registry.state import state_of
from denoisebench.results.tracebacks import traceback_path


@pytest.fixture(scope="module")
def registries(tmp_path_factory: pytest.TempPathFactory) -> Registries:
    return watched(tmp_path_factory.mktemp("plugin"))


@pytest.fixture
def plan(registries: Registries, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Plan:
    """Two methods of which one learns, on two sets."""
    monkeypatch.chdir(tmp_path)
    asked = request(tmp_path)
    flat_images(tmp_path / "more", 211, 212)
    sets = ("folder:test", "folder:more")
    return make_plan(replace(asked, methods=("watched", "identity"), datasets=sets), registries)


def test_each_training_comes_once_and_before_the_first_cell_that_needs_it(plan: Plan) -> None:
    (training,) = (t.id for t in plan.trainings)
    needs = [(training,), (), (training,), ()]
    cells = [Unit("cell", cell.id, n) for cell, n in zip(plan.cells, needs, strict=True)]
    assert plan.units() == (Unit("training", training), *cells)


def test_a_training_that_only_finished_cells_need_is_left_out(plan: Plan) -> None:
    learned, other, learned_too, _ = (cell.id for cell in plan.cells)
    kinds = [unit.kind for unit in plan.units(done={learned})]
    assert kinds == ["cell", "training", "cell", "cell"]
    assert next(unit.id for unit in plan.units(done={learned, learned_too})) == other


def test_units_done_by_different_runners_are_what_one_finds(plan: Plan, tmp_path: Path) -> None:
    out = tmp_path / "out"
    for unit in plan.units():
        worker = Runner(plan, here(out))
        if unit.kind == "training":
            assert worker.train(unit.id).exists()
        else:
            assert worker.score(unit.id).error is None
    (weights,) = out.glob("trainings/*/weights.safetensors")
    before = weights.stat().st_mtime_ns
    results = Runner(plan, here(out)).run()
    assert [result.cell for result in results] == [cell.id for cell in plan.cells]
    assert weights.stat().st_mtime_ns == before


def test_the_traceback_of_a_failure_is_kept_until_its_cell_is_scored(
    plan: Plan, registries: Registries, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise RuntimeError("no estimate")

    out = tmp_path / "out"
    with monkeypatch.context() as patched:
        patched.setattr(registries.method("watched")[0], "denoise", fail)
        failed = Runner(plan, here(out)).run()[0]
    text = traceback_path(out, failed.cell).read_text()
    assert text.startswith("Traceback (most recent call last):")
    assert text.endswith("RuntimeError: no estimate\n")
    assert "PluginError" not in text
    Runner(plan, here(out), ExecutionOptions(retry="all")).run()
    assert not list((out / "errors").iterdir())


def test_a_failure_is_tried_again_where_its_plugin_or_what_is_installed_has_changed(
    plan: Plan, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = tmp_path / "out"
    results = Runner(plan, here(out)).run()

    def tries_again(retry: Retry, **provenance: str) -> bool:
        failed = replace(results[0], error="it fell over", provenance=provenance)
        return Runner(plan, here(out), ExecutionOptions(retry=retry)).tries_again(failed)

    now = state_of(plan.cells[0].plugins)
    assert not tries_again("changed", failed_with=now)
    assert not tries_again("changed")  # of an earlier version
    assert tries_again("changed", failed_with="another")
    assert not tries_again("none", failed_with="another")
    assert tries_again("all", failed_with=now)
    assert not Runner(plan, here(out), ExecutionOptions(retry="all")).tries_again(results[0])
    monkeypatch.setattr(state, "_installed", lambda: "one package more")
    assert tries_again("changed", failed_with=now)


def test_a_training_that_fails_runs_once_and_fails_all_its_cells(
    plan: Plan, registries: Registries, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls = []

    def fail(*_: object) -> None:
        calls.append(1)
        raise RuntimeError("no loss")

    monkeypatch.setattr(registries.method("watched")[0], "loss", fail)
    results = Runner(plan, here(tmp_path / "out")).run()
    told = "watched raised RuntimeError: no loss, in "
    assert [(result.error or "")[: len(told)] for result in results] == [told, "", told, ""]
    assert len(calls) == 1
