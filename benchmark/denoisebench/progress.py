"""Progress of long work, for whoever shows it."""

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a long job is: shown by the command line, made by whoever works."""

    what: str
    done: int
    total: int
    note: str = ""


ProgressCallback = Callable[[Progress], None]
