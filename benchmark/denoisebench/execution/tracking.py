"""Tells trackers of trainings and scores.  No result depends on it, and no id."""

import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from denoisebench.execution.tracker_thread import TrackerThread
from denoisebench.files import safe_name
from denoisebench.planning.plan import CellPlan, TrainingPlan
from denoisebench.plugin.tracker import RunInfo, Tracker
from denoisebench.progress import ProgressCallback
from denoisebench.results.dataframe import frame
from denoisebench.results.records import CellResult

if TYPE_CHECKING:
    from denoisebench.images.pixels import Pixels

CLOSES_WITHIN_S = 5.0
"""How long the end of the process waits for trackers, all together."""
TAGS = {
    "loss": "train/loss",
    "rate": "train/rate",
    "held_out_loss": "held_out/loss",
    "oracle_psnr_db": "oracle/psnr_db",
}
"""The history's name of a value, and the trackers' name."""
THROUGHPUT = "time/megapixels_per_s"

Entry = Mapping[str, float]


class Tracking:
    """All trackers of a process, each with its setting."""

    def __init__(
        self,
        asked: Sequence[tuple[Tracker, str]] = (),
        out: Path = Path(),
        progress: ProgressCallback = lambda _: None,
    ) -> None:
        self._out = out
        self._threads = [(TrackerThread(tracker, progress), text) for tracker, text in asked]

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        until = time.monotonic() + CLOSES_WITHIN_S
        for thread, _setting in self._threads:
            thread.close(until)

    @contextmanager
    def training(self, plan: TrainingPlan) -> Iterator["TrackedTraining"]:
        """Follow a training, which begins meanwhile."""
        tracked = TrackedTraining(self, plan)
        outcome = "failed"
        try:
            yield tracked
            outcome = "done"
        except KeyboardInterrupt:
            outcome = "interrupted"
            raise
        finally:
            if tracked.has_begun:
                self.call("end", outcome)

    def score(self, cell: CellPlan, result: CellResult) -> None:
        """Tell the scores of a cell, as of the run of its training."""
        if not self._threads or not result.scores:
            return
        if cell.training is not None:
            self.start(*_of_training(cell.training), resumed_at=None)
        else:
            recipe = {"method": result.method, "noise": result.noise, "dataset": result.dataset}
            self.start(recipe, cell.id, resumed_at=None)
        self.call("results", frame([result]))
        self.call("end", "done")

    def start(self, recipe: Mapping[str, Any], id_: str, resumed_at: int | None) -> None:
        name = f"{safe_name('{method}-{noise}'.format(**recipe))}-{id_[:8]}"
        values = dict(_flat(recipe))
        for thread, setting in self._threads:
            run = RunInfo(
                name=name,
                id=id_,
                recipe=values,
                out=self._out,
                setting=setting,
                resumed_at=resumed_at,
            )
            thread.call("start", run)

    def call(self, method: str, *arguments: object) -> None:
        for thread, _ in self._threads:
            thread.call(method, *arguments)


class TrackedTraining:
    """Passes on what a training records: see `LiveHistory.follow`."""

    def __init__(self, tracking: Tracking, plan: TrainingPlan) -> None:
        self.has_begun = False
        self._tracking, self._plan = tracking, plan
        self._before: Entry = {"step": 0, "train_s": 0.0}
        self._panel: Pixels | None = None

    def begin(self, entries: Sequence[Entry]) -> None:
        self._before = entries[-1] if entries else self._before
        self._tracking.start(*_of_training(self._plan), resumed_at=int(self._before["step"]))
        self.has_begun = True

    def add(self, entry: Entry) -> None:
        step = int(entry["step"])
        self._tracking.call("scalars", step, self._values(entry))
        if self._panel is not None:
            self._tracking.call("image", step, "held_out", self._panel, "noisy, denoised")
        self._before, self._panel = entry, None

    def show(self, panel: "Pixels") -> None:
        """An image for the next entry: noisy and denoised side by side, (C, H, 2 W)."""
        self._panel = panel

    def _values(self, entry: Entry) -> Mapping[str, float]:
        values = {tag: entry[key] for key, tag in TAGS.items() if key in entry}
        seconds = entry["train_s"] - self._before["train_s"]
        if seconds > 0:
            budget = self._plan.budget
            share = (entry["step"] - self._before["step"]) / budget.steps
            values[THROUGHPUT] = share * budget.megapixels / seconds
        return values


def _of_training(plan: TrainingPlan) -> tuple[Mapping[str, Any], str]:
    return plan.recipe.to_json(), plan.id


def _flat(values: Mapping[str, Any], inside: str = "") -> Iterator[tuple[str, str | int | float]]:
    """Each value under the names that lead to it, as `budget.steps`."""
    for key, value in values.items():
        if isinstance(value, Mapping):
            yield from _flat(value, f"{inside}{key}.")
        else:
            yield f"{inside}{key}", value if isinstance(value, str | int | float) else str(value)
