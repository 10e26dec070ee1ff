"""Carries a plan out: trains what is missing, scores what is missing, leaves the rest alone.

Everything is stored under one folder: `trainings/ID/` (checkpoint, then weights and history),
`cells/ID.json`.  A training is locked between processes.  What a method raises is recorded in its
cells and does not stop the others; what the user did wrong, or a broken file, does.
"""

from dataclasses import dataclass
from pathlib import Path

from denoisebench.errors import PluginError
from denoisebench.execution.context import Context
from denoisebench.execution.train_job import train
from denoisebench.planning.plan import CellPlan, Plan
from denoisebench.progress import Progress
from denoisebench.results.journal import Unfinished
from denoisebench.results.kept_estimates import Estimates
from denoisebench.results.records import CellResult
from denoisebench.results.saved_images import Kind, Saver
from denoisebench.results.store import cell_path, read_cell, weights_path, write_cell


@dataclass(frozen=True, slots=True)
class ExecutionOptions:
    """What is kept beside the scores, and whether failed cells are computed again."""

    save: tuple[Kind, ...] = ()
    retry_failed: bool = False
    keep_estimates: bool = False


@dataclass(frozen=True, slots=True)
class Runner:
    """Carries out one plan."""

    plan: Plan
    context: Context
    options: ExecutionOptions = ExecutionOptions()

    def run(self) -> list[CellResult]:
        """The results of all cells, in the order of the plan.  Computes what is not stored."""
        stored = {cell.id: self._stored(cell) for cell in self.plan.cells}
        results = {cell: result for cell, result in stored.items() if result is not None}
        failures: dict[str, str] = {}
        for unit in self.plan.units(done=results.keys()):
            if unit.kind == "training":
                try:
                    self.train(unit.id)
                except PluginError as failure:
                    failures[unit.id] = str(failure)
            else:
                reason = next((failures[id_] for id_ in unit.needs if id_ in failures), None)
                results[unit.id] = self.score(unit.id, training_failure=reason)
        return [results[cell.id] for cell in self.plan.cells]

    def train(self, training: str) -> Path:
        """Train by the id of a training, unless it is done.  Returns the file of the weights.

        Raises PluginError for what the method raises, UserError for what the user did wrong.
        """
        plan = self.plan.training_of[training]
        return train(plan, self.plan.tested_with[training], self.context)

    def score(self, cell: str, *, training_failure: str | None = None) -> CellResult:
        """Score a cell by its id, after the trainings that it needs, and store the result.

        training_failure: why its training failed, which is then the result's error.
        """
        from denoisebench.execution.score_job import failed, score

        plan = self.plan.cell_of[cell]
        saver, estimates = self._saver(plan), self._estimates(plan)
        journal = Unfinished(self.context.out, cell, keep=not saver.kinds)
        if training_failure is None:
            weights = weights_of(plan, self.context.out)
            result = score(plan, weights, saver, journal, estimates, self.context)
        else:
            result = failed(plan, training_failure, self.context)
        write_cell(self.context.out, result)
        journal.remove()
        return result

    def _stored(self, cell: CellPlan) -> CellResult | None:
        path = cell_path(self.context.out, cell.id)
        if not path.exists():
            return None
        result = read_cell(path)
        if result.error is not None and self.options.retry_failed:
            return None
        if result.error is None and not _is_complete(result, cell):
            self.context.progress(Progress(f"{path} lacks scores: it is computed again", 0, 0))
            return None
        if result.error is None and self._saver(cell).missing(result.left_out):
            return None
        estimates = self._estimates(cell)
        if result.error is None and estimates and estimates.missing(cell.repeats, result.left_out):
            return None
        Unfinished(self.context.out, cell.id, keep=True).remove()  # a kill may have left it
        return result

    def _saver(self, cell: CellPlan) -> Saver:
        return Saver(cell, self.context.out, self.options.save)

    def _estimates(self, cell: CellPlan) -> Estimates | None:
        """Where the cell's estimates are kept, if they are."""
        if not self.options.keep_estimates:
            return None
        return Estimates(self.context.out, cell.id, tuple(i.id for i in cell.image_set.images))


def _is_complete(result: CellResult, cell: CellPlan) -> bool:
    """Whether a result has a score of each image and repeat of its cell."""
    wanted = {(i.id, repeat) for i in cell.image_set.images for repeat in range(cell.repeats)}
    return {(score.image, score.repeat) for score in result.scores} == wanted


def weights_of(cell: CellPlan, out: Path) -> Path | None:
    """The weights of a cell whose training is done; None if there are none."""
    if cell.training is not None:
        return weights_path(out, cell.training.id)
    return cell.given.path if cell.given is not None else None
