"""The plans in a folder of results, as `bench status` reads them: `OUT/plans/ID.json`.

Whoever begins to carry a plan out writes it down, or touches it where it is there.  So the time of
the file is when that began, by the clock of its drive.
"""

import os
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Literal

from denoisebench.documents import read_json
from denoisebench.files import told_of_writing, write_whole
from denoisebench.planning.estimates import cell_s, training_s
from denoisebench.planning.ids import CELL_VERSION, hash_of
from denoisebench.planning.plan import CellPlan, Plan, TrainingPlan
from denoisebench.results.store import cell_path, weights_path
from denoisebench.results.strict_json import json_text, parse, stored

_FOLDER = "plans"
_OF_CONTENT = ("source", "version", "train_digest", "clean_digest", "start")
"""The parts of a recipe about code and images, which the user does not name."""


@dataclass(frozen=True, slots=True)
class PlannedUnit:
    """A unit of work.  what: in words.  asked: equal where the same is asked for in the same words,
    by whatever code and of whatever images.  code: hash of what computes it.

    about_s: see `estimates`.  needs: trainings that come before it.  paces: what it is as fast as,
    the nearest first.
    """

    kind: Literal["training", "cell"]
    id: str
    what: str
    asked: str
    code: str
    about_s: float
    needs: tuple[str, ...]
    paces: tuple[str, ...]

    def path(self, out: Path) -> Path:
        """The file that exists once the unit is done."""
        return (weights_path if self.kind == "training" else cell_path)(out, self.id)


@dataclass(frozen=True, slots=True)
class PlanRecord:
    """All units of a plan, done or not."""

    plan: str
    units: tuple[PlannedUnit, ...]

    def path(self, out: Path) -> Path:
        """Where it is kept."""
        return out / _FOLDER / f"{self.plan}.json"


def record_of(plan: Plan) -> PlanRecord:
    """The record of a plan."""
    return PlanRecord(
        plan.id,
        tuple(
            _of_training(plan.training_of[unit.id])
            if unit.kind == "training"
            else _of_cell(plan.cell_of[unit.id], unit.needs)
            for unit in plan.units()
        ),
    )


def keep(record: PlanRecord, out: Path) -> None:
    """Write down that it is carried out from now on.  Raises UserError where that is impossible."""
    path = record.path(out)
    if path.exists():
        with told_of_writing(path):
            os.utime(path)
    else:
        write_whole(path, json_text(stored(asdict(record)), indent=None).encode())


def read_records(out: Path) -> tuple[list[PlanRecord], list[Path]]:
    """The plans that are known in a folder, the one that was begun last first, and the files that
    cannot be read."""
    records, damaged = [], []
    for path in sorted((out / _FOLDER).glob("*.json"), key=lambda p: -p.stat().st_mtime):
        try:
            records.append(parse(PlanRecord, read_json(path)))
        except (OSError, ValueError):
            damaged.append(path)
    return records, damaged


def made_otherwise(
    record: PlanRecord, others: Iterable[PlanRecord], out: Path
) -> Iterator[tuple[PlannedUnit, PlannedUnit]]:
    """Units of a plan that are not there, each with one that is, of another plan, which was asked
    for in the same words: of other code or other images."""
    there = {
        (unit.kind, unit.asked): unit
        for other in others
        for unit in other.units
        if unit.path(out).exists()
    }
    for unit in record.units:
        twin = there.get((unit.kind, unit.asked))
        if twin is not None and twin.id != unit.id and not unit.path(out).exists():
            yield unit, twin


def _code_of(training: TrainingPlan) -> str:
    return hash_of({"source": training.recipe.source, "version": training.recipe.version})


def _of_training(training: TrainingPlan) -> PlannedUnit:
    recipe = training.recipe.to_json()
    named = {key: value for key, value in recipe.items() if key not in _OF_CONTENT}
    return PlannedUnit(
        kind="training",
        id=training.id,
        what=training.what,
        asked=hash_of(named),
        code=_code_of(training),
        about_s=training_s(training),
        needs=(),
        paces=(f"training {training.recipe.method}", "trainings", "networks"),
    )


def _of_cell(cell: CellPlan, needs: tuple[str, ...]) -> PlannedUnit:
    named = {
        "method": cell.method_label,
        "noise": str(cell.noise),
        "parameters": cell.parameters,
        "images": cell.image_set.spec,
        "protocol": str(cell.protocol),
        "seed": cell.seed,
        "precision": cell.precision,
        "labels": dict(cell.labels),
    }
    learns = cell.training is not None or cell.given is not None
    return PlannedUnit(
        kind="cell",
        id=cell.id,
        what=cell.what,
        asked=hash_of(named),
        code=hash_of(
            {
                "source": cell.source,
                "version": CELL_VERSION,
                "training": _code_of(cell.training) if cell.training else None,
            }
        ),
        about_s=cell_s(cell),
        needs=needs,
        paces=(
            f"{cell.method_label}, {cell.parameters}",
            *(("cells of networks", "networks") if learns else ()),
        ),
    )
