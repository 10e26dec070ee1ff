"""Trackers are told what a training records and a cell scores, and change and stop nothing."""

import csv
import json
import threading
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from here import here
from safetensors.torch import load_file
from watched import request, watched

from denoisebench.errors import UserError
from denoisebench.execution import tracker_thread, tracking
from denoisebench.execution.runner import Runner
from denoisebench.execution.tracker_thread import TrackerThread
from denoisebench.execution.tracking import TAGS, THROUGHPUT, Tracking
from denoisebench.planning.plan import Plan
from denoisebench.planning.planner import make_plan
from denoisebench.plugin.tracker import RunInfo, Tracker
from denoisebench.progress import Progress
from denoisebench.registry.registries import Registries
from denoisebench.trackers import TRACKERS
from denoisebench.trackers.csv_file import CsvFile
from denoisebench.training import splits

NEEDS_TENSORBOARD = "tensorboard is not installed: pip install 'denoisebench[tensorboard]'"


class Kept(Tracker):
    """Keeps what it is told."""

    name, summary = "kept", ""

    def __init__(self) -> None:
        self.calls: list[tuple[Any, ...]] = []

    def start(self, run: RunInfo) -> None:
        self.calls.append(("start", run))

    def scalars(self, step: int, values: Any) -> None:
        self.calls.append(("scalars", step, values))

    def image(self, step: int, name: str, pixels: Any, caption: str) -> None:
        self.calls.append(("image", step, pixels.shape, caption))

    def results(self, rows: Any) -> None:
        self.calls.append(("results", rows))

    def end(self, outcome: str) -> None:
        self.calls.append(("end", outcome))


class Raises(Kept):
    def scalars(self, step: int, values: Any) -> None:
        if step == 3:
            raise RuntimeError("no\nluck")
        super().scalars(step, values)


class Leaves(Kept):
    def start(self, run: RunInfo) -> None:
        raise SystemExit(3)


class Hangs(Kept):
    released = threading.Event()

    def scalars(self, step: int, values: Any) -> None:
        self.released.wait()


@pytest.fixture(autouse=True)
def some_are_held_out_and_what_hangs_is_released(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(splits, "HELD_OUT_EVERY", 5)
    Hangs.released.clear()
    yield
    Hangs.released.set()


@pytest.fixture(scope="module")
def registries(tmp_path_factory: pytest.TempPathFactory) -> Registries:
    return watched(tmp_path_factory.mktemp("plugin"))


@pytest.fixture
def plan(registries: Registries, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Plan:
    """A training with images held out, its cell, and a cell of a method that learns nothing."""
    monkeypatch.chdir(tmp_path)
    asked = replace(request(tmp_path), methods=("watched-noisy", "identity"))
    return make_plan(asked, registries)


def run(plan: Plan, out: Path, *asked: tuple[Tracker, str]) -> list[str]:
    """Carry the plan out with trackers.  Returns what was said in a line of its own."""
    said: list[Progress] = []
    with Tracking(asked, out, said.append) as tracked:
        results = Runner(plan, replace(here(out), tracking=tracked)).run()
    assert [result.error for result in results] == [None, None]
    return [each.what for each in said]


def history(plan: Plan, out: Path) -> list[dict[str, float]]:
    path = out / "trainings" / plan.trainings[0].id / "history.json"
    return list(json.loads(path.read_text()))


def weights(plan: Plan, out: Path) -> dict[str, torch.Tensor]:
    return load_file(out / "trainings" / plan.trainings[0].id / "weights.safetensors")


def test_a_tracker_is_told_the_history_the_pictures_and_the_scores(
    plan: Plan, tmp_path: Path
) -> None:
    kept = Kept()
    assert run(plan, tmp_path / "out", (kept, "setting")) == []
    training, of_cell, of_other = [call[1] for call in kept.calls if call[0] == "start"]
    assert training.name == f"watched-noisy-gaussian_0.01-{plan.trainings[0].id[:8]}"
    assert (training.setting, training.out, training.resumed_at) == ("setting", tmp_path / "out", 0)
    assert training.recipe["budget.steps"] == 12
    assert of_cell == replace(training, resumed_at=None)
    assert of_other.id == next(cell.id for cell in plan.cells if cell.training is None)
    told = [call[1:] for call in kept.calls if call[0] == "scalars"]
    entries = history(plan, tmp_path / "out")
    assert [step for step, _ in told] == [entry["step"] for entry in entries]
    for (_, values), entry in zip(told, entries, strict=True):
        assert {tag: values[tag] for tag in TAGS.values()} == {
            tag: entry[key] for key, tag in TAGS.items()
        }
    assert Counter(call[0] for call in kept.calls) == {
        "start": 3, "scalars": 12, "image": 12, "results": 2, "end": 3,
    }  # fmt: skip
    assert ("image", 12, (1, 32, 64), "noisy, denoised") in kept.calls
    (scored, _) = [call[1] for call in kept.calls if call[0] == "results"]
    assert list(scored.image) == ["15.png", "5.png"]
    assert kept.calls[-1] == ("end", "done")


def test_the_throughput_is_in_megapixels_of_patches(plan: Plan) -> None:
    (training,) = plan.trainings
    kept = Kept()
    with (
        Tracking([(kept, "")], Path("out"), print) as tracked,
        tracked.training(training) as followed,
    ):
        followed.begin([{"step": 4, "train_s": 1.0, "loss": 0.1}])
        followed.add({"step": 10, "train_s": 3.0, "loss": 0.1, "rate": 1e-3})
    assert kept.calls[0][1].resumed_at == 4
    assert kept.calls[1][2][THROUGHPUT] == pytest.approx(6 * 16 * 32 * 32 / 1e6 / 2.0)


@pytest.mark.parametrize(
    ("tracker", "said"),
    [
        (Raises(), "--track kept is off from here: RuntimeError: no luck"),
        (Leaves(), "--track kept is off from here: SystemExit: 3"),
        (Hangs(), "--track kept is off from here: it takes too long, and is not waited for"),
    ],
    ids=["raises", "leaves", "hangs"],
)
def test_a_tracker_that_fails_is_said_once_and_changes_no_weight(
    plan: Plan, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, tracker: Kept, said: str
) -> None:
    monkeypatch.setattr(tracking, "CLOSES_WITHIN_S", 0.05)
    assert run(plan, tmp_path / "alone") == []
    assert run(plan, tmp_path / "out", (tracker, "")) == [said]
    alone, followed = weights(plan, tmp_path / "alone"), weights(plan, tmp_path / "out")
    assert alone.keys() == followed.keys()
    assert all(torch.equal(alone[key], followed[key]) for key in alone)


def test_a_tracker_that_fails_does_not_stop_another(plan: Plan, tmp_path: Path) -> None:
    kept = Kept()
    run(plan, tmp_path / "out", (Raises(), ""), (kept, ""))
    assert kept.calls[-1] == ("end", "done")


def test_an_interrupted_training_ends_as_interrupted(plan: Plan, tmp_path: Path) -> None:
    kept = Kept()

    def interrupt(progress: Progress) -> None:
        if progress.done == 3:
            raise KeyboardInterrupt

    with Tracking([(kept, "")], tmp_path, print) as tracked:
        context = replace(here(tmp_path), progress=interrupt, tracking=tracked)
        with pytest.raises(KeyboardInterrupt):
            Runner(plan, context).run()
    assert kept.calls[-1] == ("end", "interrupted")
    resumed = Kept()
    run(plan, tmp_path, (resumed, ""))
    assert resumed.calls[0][1].resumed_at == 3
    steps = [call[1] for call in (*kept.calls, *resumed.calls) if call[0] == "scalars"]
    assert steps == list(range(1, 13))


def test_the_oldest_values_are_left_out_for_a_slow_tracker(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(tracker_thread, "LONGEST", 3)
    entered, released = threading.Event(), threading.Event()
    said: list[str] = []

    class Slow(Kept):
        def start(self, run: RunInfo) -> None:
            super().start(run)
            entered.set()
            released.wait()

    slow = Slow()
    thread = TrackerThread(slow, lambda progress: said.append(progress.what))
    thread.call("start", None)
    entered.wait()
    for step in range(5):
        thread.call("scalars", step, {})
    thread.call("end", "done")
    released.set()
    thread.close(until=time.monotonic() + 60)
    assert [call[1] for call in slow.calls] == [None, 3, 4, "done"]
    assert said == ["--track kept was too slow: 3 calls were left out"]


def test_no_thread_is_begun_for_nothing_and_none_outlives_the_process() -> None:
    before = set(threading.enumerate())
    with Tracking([(Kept(), "")], Path("out"), print) as tracked:
        assert set(threading.enumerate()) == before
        tracked.call("end", "done")
        assert all(thread.daemon for thread in set(threading.enumerate()) - before)


def events(folder: Path) -> dict[str, list[tuple[int, float]]]:
    """Of a folder that tensorboard reads: the steps and values of each tag."""
    pytest.importorskip("tensorboard", reason=NEEDS_TENSORBOARD)
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    read = EventAccumulator(str(folder), size_guidance={"scalars": 0}).Reload()
    return {tag: [(e.step, e.value) for e in read.Scalars(tag)] for tag in read.Tags()["scalars"]}


def rows(path: Path) -> dict[str, list[tuple[int, float]]]:
    """Of a file of `csv:FILE`: the same."""
    found: dict[str, list[tuple[int, float]]] = {}
    for row in csv.DictReader(path.open()):
        found.setdefault(row["tag"], []).append((int(row["step"] or 0), float(row["value"])))
    return found


def test_what_tensorboard_reads_is_the_history(plan: Plan, tmp_path: Path) -> None:
    pytest.importorskip("tensorboard", reason=NEEDS_TENSORBOARD)
    out = tmp_path / "out"
    shipped = {tracker.name: tracker for tracker in TRACKERS}
    assert run(plan, out, (shipped["tensorboard"], ""), (shipped["csv"], str(out / "a.csv"))) == []
    name = f"watched-noisy-gaussian_0.01-{plan.trainings[0].id[:8]}"
    found, written = events(out / "tensorboard" / name), rows(out / "a.csv")
    for key, tag in TAGS.items():
        entries = [(entry["step"], entry[key]) for entry in history(plan, out)]
        assert found[tag] == [(step, np.float32(value)) for step, value in entries]
        assert written[tag] == entries
    (cell,) = (out / "tensorboard" / name).glob("folder_test-gaussian_0.01-*")
    psnr_db = written["test/psnr_db folder:test gaussian:0.01"][0][1]
    assert events(cell)["test/psnr_db"] == [(0, np.float32(psnr_db))]


@pytest.mark.parametrize("name", ["csv", "tensorboard"])
def test_a_training_that_goes_on_has_each_step_once(tmp_path: Path, name: str) -> None:
    if name == "tensorboard":
        pytest.importorskip("tensorboard", reason=NEEDS_TENSORBOARD)
    (kind,) = (type(tracker) for tracker in TRACKERS if tracker.name == name)
    setting = str(tmp_path / "told")
    info = RunInfo(name="run-1", id="1", recipe={}, out=tmp_path, setting=setting, resumed_at=0)
    for run_info, steps in ((info, range(1, 7)), (replace(info, resumed_at=4), range(5, 9))):
        tracker = kind()
        tracker.start(run_info)
        for step in steps:
            tracker.scalars(step, {"train/loss": step + 0.5 * (run_info is not info)})
    tracker.end("done")
    found = events(Path(setting) / "run-1") if name == "tensorboard" else rows(Path(setting))
    assert found["train/loss"] == [
        *((s, s) for s in range(1, 5)),
        *((s, s + 0.5) for s in range(5, 9)),
    ]


def test_a_csv_file_of_something_else_is_refused(tmp_path: Path) -> None:
    other = tmp_path / "other.csv"
    other.write_text("name,mark\n")
    with pytest.raises(UserError, match="is there and is none of --track; give another"):
        CsvFile().check(str(other))
    assert other.read_text() == "name,mark\n"
