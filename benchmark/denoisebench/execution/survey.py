"""How far a plan is: its units done of all, those in hand, and the time that is left.

All of it is read from the folder of results, so every process that looks there tells the same.
Time left is what the estimates of a plan say, scaled by what units took since it was begun.
"""

import os
import time
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from copy import deepcopy
from pathlib import Path

from denoisebench.documents import read_json
from denoisebench.execution.claims import Found, Holder, living
from denoisebench.execution.plan_record import PlannedUnit, PlanRecord, keep, record_of
from denoisebench.execution.process_marks import machine
from denoisebench.planning.plan import Plan, Unit
from denoisebench.progress import ProgressCallback, Whole, about
from denoisebench.training.weights_file import read_header

EVERY_S = 1.0
"""How often the folder is looked at, at most."""
SHARE = 0.01
"""Looks take no more of the time than that."""
MEASURED = 5
"""This number of units tells how fast others like them are."""
UNTOLD = 0.2
"""With a larger share of unknown pace, the time left is unknown."""
_WORDS = {"training": "training", "cell": "scoring"}


class Survey:
    """Looks at what is done of a plan.  again: ids of cells to be computed though they are there.

    Raises OSError where the plan was not written down.
    """

    def __init__(self, record: PlanRecord, out: Path, again: Iterable[str] = ()) -> None:
        self._out, self._total = out, len(record.units)
        self._pending = {unit.id: unit for unit in record.units}
        self._begun = record.path(out).stat().st_mtime
        self._before = {id_: _written(self._pending[id_].path(out)) for id_ in again}
        self._paces = _Paces()

    def look(self) -> Whole:
        """How far it is now."""
        claims = {claim.unit: claim for claim in living(self._out, self._pending)}
        self._leave_out_done(claims)
        holders = {id_: c.holder for id_, c in claims.items() if id_ in self._pending and c.holder}
        kinds = Counter[str](self._pending[id_].kind for id_ in holders)
        parts = [f"{kinds[kind]} {word}" for kind, word in _WORDS.items() if kinds[kind]]
        if self._pending:
            left_s = self._left_s(holders)
            parts.append("time left unknown" if left_s is None else f"{about(left_s)} left")
        others = sorted(_line(holder) for holder in holders.values() if not _is_ours(holder))
        done = self._total - len(self._pending)
        return Whole("units", done, self._total, ", ".join(parts), others=tuple(others))

    def _leave_out_done(self, claims: Mapping[str, Found]) -> None:
        """Forget what is done, and the trainings that no cell needs any more."""
        for unit in [unit for unit in self._pending.values() if unit.id not in claims]:
            written = _written(unit.path(self._out))
            if written > self._before.get(unit.id, 0.0):
                del self._pending[unit.id]
                self._measure(unit, written)
        needed = {id_ for unit in self._pending.values() for id_ in (unit.id, *unit.needs)
                  if unit.kind == "cell"}  # fmt: skip
        for id_ in self._pending.keys() - needed - claims.keys():
            del self._pending[id_]

    def _measure(self, unit: PlannedUnit, written: float) -> None:
        """Learn from what is new how long units like it take."""
        if written >= self._begun and not self._paces.suffice(unit):
            took_s = _took_s(unit, self._out)
            if took_s is not None:
                self._paces.add(unit, took_s)

    def _left_s(self, holders: Mapping[str, Holder]) -> float | None:
        """None where too little is known to say."""
        paces = deepcopy(self._paces)
        told = {id_: holder.left_s for id_, holder in holders.items() if holder.pace_s}
        for id_ in told:
            paces.add(self._pending[id_], holders[id_].pace_s * holders[id_].total)
        rest = [unit for id_, unit in self._pending.items() if id_ not in told]
        scaled = [paces.scaled_s(unit) for unit in rest]
        known_s = sum(told.values()) + sum(s for s in scaled if s is not None)
        unknown = [unit for unit, s in zip(rest, scaled, strict=True) if s is None]
        share = _sum_s(unknown) / _sum_s(self._pending.values())
        if share > UNTOLD:
            return None
        work_s = known_s / (1.0 - share)
        return max([work_s / max(1, len(holders)), *told.values()])


class Telling:
    """Tells how far a plan is, as often as it may be asked, but only now and then."""

    def __init__(self, survey: Survey, progress: ProgressCallback) -> None:
        self._survey, self._progress = survey, progress
        self._next = 0.0

    def __call__(self) -> None:
        begun = time.monotonic()
        if begun >= self._next:
            self._progress(self._survey.look())
            ended = time.monotonic()
            self._next = ended + max(EVERY_S, (ended - begun) / SHARE)


def begin(plan: Plan, units: Iterable[Unit], out: Path, progress: ProgressCallback) -> Telling:
    """Write a plan and its unfinished units to a file.  Returns what tells how far it is.

    Raises UserError when the folder cannot be written.
    """
    record = record_of(plan)
    keep(record, out)
    return Telling(Survey(record, out, [unit.id for unit in units]), progress)


class _Paces:
    """Measured and estimated durations, summed for each pace."""

    def __init__(self) -> None:
        self._units = Counter[str]()
        self._took_s, self._about_s = defaultdict[str, float](float), defaultdict[str, float](float)

    def suffice(self, unit: PlannedUnit) -> bool:
        """Whether enough units like this one were measured."""
        return self._units[unit.paces[0]] >= MEASURED

    def add(self, unit: PlannedUnit, took_s: float) -> None:
        for pace in unit.paces:
            self._units[pace] += 1
            self._took_s[pace] += took_s
            self._about_s[pace] += unit.about_s

    def scaled_s(self, unit: PlannedUnit) -> float | None:
        """The duration of a unit, from the most similar ones; None if there are none."""
        for pace in unit.paces:
            if self._units[pace]:
                return unit.about_s * self._took_s[pace] / self._about_s[pace]
        return None


def _took_s(unit: PlannedUnit, out: Path) -> float | None:
    """The duration of a finished unit; None if it failed or has no record."""
    try:
        if unit.kind == "training":
            return float(read_header(unit.path(out)).outcome["train_s"])
        result = read_json(unit.path(out))
        return None if result["error"] else float(result["provenance"]["took_s"])
    except (OSError, ValueError, KeyError, TypeError):  # gone or damaged, which others tell
        return None


def _written(path: Path) -> float:
    """When a file was written; 0 if it is not there."""
    try:
        return path.stat().st_mtime
    except OSError:
        return 0.0


def _is_ours(holder: Holder) -> bool:
    return holder.machine == machine() and holder.pid == os.getpid()


def _line(holder: Holder) -> str:
    """The work of a process: its name first, for it does not change."""
    at = f"{holder.done}/{holder.total}, " if holder.total else ""
    return f"{holder.process}: {at}{holder.what}"


def _sum_s(units: Iterable[PlannedUnit]) -> float:
    """The estimated duration of units."""
    return sum(unit.about_s for unit in units)
