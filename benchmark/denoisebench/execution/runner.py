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
from denoisebench.images.image_set import ImageSet
from denoisebench.planning.plan import CellPlan, Plan
from denoisebench.results.journal import Unfinished
from denoisebench.results.kept_estimates import Estimates
from denoisebench.results.records import CellResult
from denoisebench.results.saved_images import Kind, Saver
from denoisebench.results.store import cell_path, read_cell, write_cell


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
        results: dict[str, CellResult] = {}
        for cell in self.plan.cells:
            results[cell.id] = self._stored(cell) or self._compute(cell)
        return [results[cell.id] for cell in self.plan.cells]

    def _stored(self, cell: CellPlan) -> CellResult | None:
        path = cell_path(self.context.out, cell.id)
        if not path.exists():
            return None
        result = read_cell(path)
        if result.error is not None and self.options.retry_failed:
            return None
        if result.error is None and self._saver(cell).missing():
            return None
        estimates = self._estimates(cell)
        if result.error is None and estimates and estimates.missing(cell.repeats):
            return None
        return result

    def _compute(self, cell: CellPlan) -> CellResult:
        from denoisebench.execution.score_job import failed, score

        saver, estimates = self._saver(cell), self._estimates(cell)
        journal = Unfinished(self.context.out, cell.id, keep=not saver.kinds)
        try:
            weights = weights_of(cell, self.plan, self.context)
        except PluginError as failure:
            result = failed(cell, str(failure), self.context)
        else:
            result = score(cell, weights, saver, journal, estimates, self.context)
        write_cell(self.context.out, result)
        journal.remove()
        return result

    def _saver(self, cell: CellPlan) -> Saver:
        return Saver(cell, self.context.out, self.options.save)

    def _estimates(self, cell: CellPlan) -> Estimates | None:
        """Where the cell's estimates are kept, if they are."""
        if not self.options.keep_estimates:
            return None
        return Estimates(self.context.out, cell.id, tuple(i.id for i in cell.image_set.images))


def weights_of(cell: CellPlan, plan: Plan, context: Context) -> Path | None:
    """The weights of a cell of a plan, trained now if they must be; None if there are none."""
    if cell.training is not None:
        return train(cell.training, _tested_with(cell, plan), context)
    return cell.given.path if cell.given is not None else None


def _tested_with(cell: CellPlan, plan: Plan) -> list[ImageSet]:
    """The image sets that are scored with the same training."""
    assert cell.training is not None
    training = cell.training.id
    cells = [c for c in plan.cells if c.training and c.training.id == training]
    return list({c.image_set.spec: c.image_set for c in cells}.values())
