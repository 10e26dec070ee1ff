"""One process's part in a plan: it goes through the work, and leaves to others what they claim."""

import secrets
import time
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager
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
from denoisebench.execution.runner import Runner, lacks_scores
from denoisebench.execution.survey import begin
from denoisebench.execution.train_job import finished
from denoisebench.planning.plan import CellPlan, Unit
from denoisebench.progress import Progress, clock
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
        self._tell_whole: Callable[[], None] = lambda: None

    def run(self, *, wait: bool, only: Collection[str] | None = None) -> list[CellResult]:
        """See `Runner.run`."""
        sweep_claims(self._out)
        missing = [cell for cell in self._plan.cells if cell.id not in self._results]
        self._failed_before = self._failures(missing)
        self._tell_of_incomplete(missing)
        units = self._plan.units(done=self._results.keys())
        pending = [unit for unit in units if only is None or unit.id in only]
        if pending:
            telling = begin(self._plan, pending, self._out, self._runner.context.progress)
            self._tell_whole = telling if wait else self._tell_whole
        waited_for = ""
        while pending:
            left = [unit for unit in pending if not self._settled(unit)]
            if len(left) == len(pending):
                if not wait:
                    break
                waited_for = self._wait(left, waited_for)
            pending = left
        if self._scored_here < len(missing):
            text = f"{self._scored_here} of {len(missing)} cells computed here"
            self._runner.context.progress(Progress(text, 0, 0))
        return [self._results[cell.id] for cell in self._plan.cells if cell.id in self._results]

    def _settled(self, unit: Unit) -> bool:
        """Whether nothing is left to be done of a unit; does it now if that is possible."""
        return self._scored(unit) if unit.kind == "cell" else self._trained(unit)

    def _trained(self, unit: Unit) -> bool:
        training = self._plan.training_of[unit.id]
        if finished(training, self._out) is not None:
            return True
        with claimed(self._out, unit.id, f"training {training.what}") as claim:
            if claim is None:
                return False
            cells = [cell for cell in self._cells_of(unit.id) if not self._has(cell)]
            if not cells:  # another process has failed to train
                return True
            with self._at_work(claim, f"training {training.what}", unit.id) as runner:
                try:
                    runner.train(unit.id)
                except PluginError as failure:
                    for cell in cells:
                        self._results[cell.id] = runner.score(cell.id, training_failure=failure)
                        self._scored_here += 1
            return True

    def _scored(self, unit: Unit) -> bool:
        cell = self._plan.cell_of[unit.id]
        if self._has(cell):
            return True
        if cell.training is not None and finished(cell.training, self._out) is None:
            return False
        with claimed(self._out, unit.id, cell.what) as claim:
            if claim is None:
                return False
            if not self._has(cell):  # nor has another process computed it meanwhile
                with self._at_work(claim, cell.what, unit.id) as runner:
                    self._results[unit.id] = runner.score(unit.id)
                self._scored_here += 1
            return True

    @contextmanager
    def _at_work(self, claim: Claim, what: str, unit: str) -> Iterator[Runner]:
        """A runner for a unit, whose progress others see and which tells how far the whole is."""
        context, begun = claim.telling(self._runner.context), time.monotonic()

        def tell(progress: Progress) -> None:
            context.progress(progress)
            self._tell_whole()

        tell(Progress(f"{unit} begins: {what}", 0, 0, weight="detail"))
        yield replace(self._runner, context=replace(context, progress=tell))
        took = clock(time.monotonic() - begun)
        tell(Progress(f"{unit} ends after {took}: {what}", 0, 0, weight="detail"))

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

    def _failures(self, missing: list[CellPlan]) -> dict[str, int]:
        """When each failure that is tried again was written."""
        there = [cell.id for cell in missing if cell_path(self._out, cell.id).exists()]
        stored = [read_cell(cell_path(self._out, id_)) for id_ in there]
        return {r.cell: self._written(r.cell) for r in stored if self._runner.tries_again(r)}

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
        self._tell_whole()
        time.sleep(LOOK_S * (0.5 + secrets.randbelow(1000) / 1000))
        return text
