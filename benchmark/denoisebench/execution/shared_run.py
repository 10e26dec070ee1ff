"""One process's part in a plan: it goes through the work, and leaves to others what they claim."""

import secrets
import time
from collections.abc import Mapping
from dataclasses import replace

from denoisebench.errors import PluginError
from denoisebench.execution.claims import (
    LOOK_S,
    Claim,
    claimed,
    living,
    sweep_claims,
    waiting_text,
)
from denoisebench.execution.context import Context
from denoisebench.execution.runner import Runner, lacks_scores
from denoisebench.execution.train_job import finished
from denoisebench.planning.plan import CellPlan, Unit
from denoisebench.progress import Progress
from denoisebench.results.records import CellResult
from denoisebench.results.store import cell_path, read_cell


class SharedRun:
    """Carries out the plan of a runner, together with whoever works in the same folder.

    done: the results of cells that are not to be computed.
    """

    def __init__(self, runner: Runner, done: Mapping[str, CellResult]) -> None:
        self._runner, self._plan, self._out = runner, runner.plan, runner.context.out
        self._results = dict(done)
        self._failed_before: Mapping[str, int] = {}
        self._scored_here = 0

    def run(self, *, wait: bool) -> list[CellResult]:
        """See `Runner.run`."""
        sweep_claims(self._out)
        if self._runner.options.retry_failed:
            self._failed_before = self._failures()
        missing = [cell for cell in self._plan.cells if not self._has(cell)]
        self._tell_of_incomplete(missing)
        units = pending = list(self._plan.units(done=self._results.keys()))
        waited_for = ""
        while pending:
            left: list[Unit] = []
            for at, unit in enumerate(pending, start=1):
                number = len(units) - len(pending) + at - len(left)
                if not self._settled(unit, f"{number}/{len(units)}"):
                    left.append(unit)
            if len(left) == len(pending):
                if not wait:
                    break
                waited_for = self._wait(left, waited_for)
            pending = left
        if self._scored_here < len(missing):
            text = f"{self._scored_here} of {len(missing)} cells computed here"
            self._runner.context.progress(Progress(text, 0, 0))
        return [self._results[cell.id] for cell in self._plan.cells if cell.id in self._results]

    def _settled(self, unit: Unit, number: str) -> bool:
        """Whether nothing is left to be done of a unit; does it now if that is possible."""
        return self._scored(unit, number) if unit.kind == "cell" else self._trained(unit, number)

    def _trained(self, unit: Unit, number: str) -> bool:
        training = self._plan.training_of[unit.id]
        if finished(training, self._out) is not None:
            return True
        with claimed(self._out, unit.id, f"training {training.what}") as claim:
            if claim is None:
                return False
            cells = [cell for cell in self._cells_of(unit.id) if not self._has(cell)]
            if not cells:  # another process has failed to train
                return True
            runner = self._numbered(claim, number)
            try:
                runner.train(unit.id)
            except PluginError as failure:
                for cell in cells:
                    self._results[cell.id] = runner.score(cell.id, training_failure=str(failure))
                    self._scored_here += 1
            return True

    def _scored(self, unit: Unit, number: str) -> bool:
        cell = self._plan.cell_of[unit.id]
        if self._has(cell):
            return True
        if cell.training is not None and finished(cell.training, self._out) is None:
            return False
        with claimed(self._out, unit.id, cell.what) as claim:
            if claim is None:
                return False
            if not self._has(cell):  # nor has another process computed it meanwhile
                self._results[unit.id] = self._numbered(claim, number).score(unit.id)
                self._scored_here += 1
            return True

    def _numbered(self, claim: Claim, number: str) -> "Runner":
        """A runner whose progress says which unit it is of, and others see it."""
        context = claim.telling(self._runner.context)
        return replace(self._runner, context=_prefixed(context, number))

    def _has(self, cell: CellPlan) -> bool:
        """Whether there is a result of a cell; a failure that is to be tried again is none."""
        if cell.id not in self._results:
            result = self._runner.stored(cell)
            if result is None or self._is_to_be_retried(result):
                return False
            self._results[cell.id] = result
        return True

    def _is_to_be_retried(self, result: CellResult) -> bool:
        if result.error is None or result.cell not in self._failed_before:
            return False
        return self._failed_before[result.cell] == self._written(result.cell)

    def _failures(self) -> dict[str, int]:
        """When each failed cell was written, if it is there."""
        return {
            cell.id: self._written(cell.id)
            for cell in self._plan.cells
            if cell_path(self._out, cell.id).exists()
            and read_cell(cell_path(self._out, cell.id)).error is not None
        }

    def _written(self, cell: str) -> int:
        return cell_path(self._out, cell).stat().st_mtime_ns

    def _cells_of(self, training: str) -> list[CellPlan]:
        return [c for c in self._plan.cells if c.training and c.training.id == training]

    def _tell_of_incomplete(self, missing: list[CellPlan]) -> None:
        """Name the results that are computed again for lack of scores."""
        for cell in missing:
            path = cell_path(self._out, cell.id)
            if path.exists() and lacks_scores(read_cell(path), cell):
                text = f"{path} lacks scores: it is computed again"
                self._runner.context.progress(Progress(text, 0, 0))

    def _wait(self, units: list[Unit], said: str) -> str:
        """Look again in a moment.  Says once what is waited for, and returns that."""
        needed = {id_ for unit in units for id_ in (unit.id, *unit.needs)}
        text = waiting_text(living(self._out, needed))
        if text != said:
            self._runner.context.progress(Progress(text, 0, 0))
        time.sleep(LOOK_S * (0.5 + secrets.randbelow(1000) / 1000))
        return text


def _prefixed(context: Context, number: str) -> Context:
    if number == "1/1":
        return context

    def tell(progress: Progress) -> None:
        shown = (
            replace(progress, what=f"[{number}] {progress.what}") if progress.total else progress
        )
        context.progress(shown)

    return replace(context, progress=tell)
