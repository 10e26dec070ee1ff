"""Carries a plan out: trains what is missing, scores what is missing, leaves the rest alone.

Everything is stored under one folder: `trainings/ID/` (checkpoint, then weights and history),
`cells/ID.json`.  Processes share the folder and the work: see `claims`. An exception of a method is
recorded in its cells and does not stop the others; a user's mistake or a broken file stops the run.
"""

import time
from collections.abc import Collection
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

from denoisebench.errors import PluginError
from denoisebench.execution.context import Context
from denoisebench.planning.plan import CellPlan, Plan, Unit
from denoisebench.results.journal import Unfinished
from denoisebench.results.kept_estimates import Estimates
from denoisebench.results.records import CellResult
from denoisebench.results.saved_images import Kind, Saver
from denoisebench.results.store import cell_path, read_cell, weights_path, write_cell
from denoisebench.results.tracebacks import traceback_path

Retry = Literal["changed", "all", "none"]


@dataclass(frozen=True, slots=True)
class ExecutionOptions:
    """The outputs that are kept besides the scores. Also which failed cells are computed again:
    those whose plugin or installed packages have changed since, all, or none."""

    save: tuple[Kind, ...] = ()
    retry: Retry = "changed"
    keep_estimates: bool = False


@dataclass(frozen=True, slots=True)
class Runner:
    """Carries out one plan."""

    plan: Plan
    context: Context
    options: ExecutionOptions = ExecutionOptions()

    def run(self, *, wait: bool = True, only: Collection[str] | None = None) -> list[CellResult]:
        """The results of the cells, in the order of the plan.  Computes what is not stored.

        Work of another process is left to it.  wait: for what others compute; without it,
        cells that are not there at the end are left out.  only: ids of the units to do; None for
        all.
        """
        done = self._done()
        if len(done) == len(self.plan.cells):
            return [done[cell.id] for cell in self.plan.cells]
        from denoisebench.execution.shared_run import SharedRun

        return SharedRun(self, done).run(wait=wait, only=only)

    def missing(self) -> tuple[Unit, ...]:
        """The work that is left."""
        return self.plan.units(done=self._done().keys())

    def tries_again(self, result: CellResult) -> bool:
        """Whether a stored result is a failure that is computed again."""
        retry, state = self.options.retry, result.provenance.get("failed_with")
        if result.error is None or retry != "changed":
            return result.error is not None and retry == "all"
        from denoisebench.registry.state import state_of

        return state is not None and state != state_of(self.plan.cell_of[result.cell].plugins)

    def train(self, training: str) -> Path:
        """Train by the id of a training, unless it is done.  Returns the file of the weights.

        No other process may work on it meanwhile: see `claimed`.
        Raises PluginError for what the method raises, UserError for what the user did wrong.
        """
        from denoisebench.execution.train_job import train_claimed

        plan = self.plan.training_of[training]
        return train_claimed(plan, self.plan.tested_with[training], self.context)

    def score(self, cell: str, *, training_failure: PluginError | None = None) -> CellResult:
        """Score a cell by its id, after the trainings that it needs, and store the result.

        training_failure: why its training failed, which is then the result's error.
        """
        from denoisebench.execution.score_job import failed, score

        plan, begun = self.plan.cell_of[cell], time.monotonic()
        saver, estimates = self._saver(plan), self._estimates(plan)
        journal = Unfinished(self.context.out, cell, keep=not saver.kinds)
        if training_failure is None:
            weights = weights_of(plan, self.context.out)
            result = score(plan, weights, saver, journal, estimates, self.context)
        else:
            result = failed(plan, None, training_failure, self.context)
        took = {"took_s": round(time.monotonic() - begun, 3)}
        result = replace(result, provenance=result.provenance | took)
        write_cell(self.context.out, result)
        if result.error is None:
            traceback_path(self.context.out, cell).unlink(missing_ok=True)  # of an earlier run
        journal.remove()
        self.context.tracking.score(plan, result)
        return result

    def stored(self, cell: CellPlan) -> CellResult | None:
        """The result of a cell, if it is there with all that is asked for; a failure too."""
        path = cell_path(self.context.out, cell.id)
        if not path.exists():
            return None
        result = read_cell(path)
        estimates = self._estimates(cell)
        if result.error is None and (
            lacks_scores(result, cell)
            or self._saver(cell).missing(result.left_out)
            or (estimates and estimates.missing(cell.repeats, result.left_out))
        ):
            return None
        Unfinished(self.context.out, cell.id, keep=True).remove()  # a kill may have left it
        return result

    def _done(self) -> dict[str, CellResult]:
        """Stored results that are not computed again, by the id of the cell."""
        found = {cell.id: self.stored(cell) for cell in self.plan.cells}
        return {id_: r for id_, r in found.items() if r is not None and not self.tries_again(r)}

    def _saver(self, cell: CellPlan) -> Saver:
        return Saver(cell, self.context.out, self.options.save)

    def _estimates(self, cell: CellPlan) -> Estimates | None:
        """Where the cell's estimates are kept, if they are."""
        if not self.options.keep_estimates:
            return None
        return Estimates(self.context.out, cell.id, tuple(i.id for i in cell.image_set.images))


def lacks_scores(result: CellResult, cell: CellPlan) -> bool:
    """Whether a result that is no failure has no score of some image or repeat of its cell."""
    wanted = {(i.id, repeat) for i in cell.image_set.images for repeat in range(cell.repeats)}
    there = {(score.image, score.repeat) for score in result.scores}
    return result.error is None and there != wanted


def weights_of(cell: CellPlan, out: Path) -> Path | None:
    """The weights of a cell whose training is done; None if there are none."""
    if cell.training is not None:
        return weights_path(out, cell.training.id)
    return cell.given.path if cell.given is not None else None
