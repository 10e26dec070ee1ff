"""A plan's work, cut for machines that do not see the folder of results."""

from collections.abc import Sequence
from pathlib import Path

from denoisebench.execution.train_job import finished
from denoisebench.planning.plan import Plan, Unit
from denoisebench.plugin.executor import Parcel
from denoisebench.results.store import weights_path


def parcels_of(plan: Plan, missing: Sequence[Unit], out: Path) -> tuple[Parcel, ...]:
    """A training and all of its cells in one parcel, so that no weights travel twice.  Each other
    cell is a parcel.

    A parcel brings what is there of its training: the weights, or a checkpoint.
    """
    cells = [unit for unit in missing if unit.kind == "cell"]
    learned = dict.fromkeys(training for unit in cells for training in unit.needs)
    of_trainings = [
        Parcel(
            (training, *(unit.id for unit in cells if training in unit.needs)),
            _there(plan, training, out),
        )
        for training in learned
    ]
    return (*of_trainings, *(Parcel((unit.id,)) for unit in cells if not unit.needs))


def _there(plan: Plan, training: str, out: Path) -> tuple[Path, ...]:
    finished(plan.training_of[training], out)  # removes what a process killed at its end left
    folder = weights_path(out, training).parent
    files = sorted(path for path in folder.glob("*") if path.is_file())
    return tuple(path.relative_to(out) for path in files if not path.name.startswith("."))
