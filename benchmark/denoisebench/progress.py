"""Progress of long work."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

Weight = Literal["detail", "usual", "warning"]


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a long job is: `done` of `total`; total 0 if it is unknown.

    weight: the audience: `detail` is for a user who asked for all; `warning` even for one who asked
    for quiet, since it may explain a wrong number.

    >>> print(Progress("downloading kodak", done=3, total=24, note="2.1 MB"))
    downloading kodak 3/24, 2.1 MB
    """

    what: str
    done: int
    total: int
    note: str = ""
    weight: Weight = "usual"

    def __str__(self) -> str:
        counted = f"{self.what} {self.done}/{self.total}" if self.total else self.what
        return f"{counted}, {self.note}" if self.note else counted


@dataclass(frozen=True, slots=True)
class Whole(Progress):
    """The state of a plan; a `Progress` reports a part of it.  done, total: in units of work.

    others: the units in hand of other processes, a line for each.

    >>> print(Whole("units", done=12, total=48, note="3 training, 1:10 h left"))
    12/48 units, 3 training, 1:10 h left
    """

    others: tuple[str, ...] = ()

    def __str__(self) -> str:
        counted = f"{self.done}/{self.total} {self.what}"
        return f"{counted}, {self.note}" if self.note else counted


ProgressCallback = Callable[[Progress], None]
"""A function that long work calls now and then; the command line shows its text.

>>> def show(at: Progress) -> None:
...     print(at.what, at.done, "of", at.total)
>>> show(Progress("packing", 1, 2))
packing 1 of 2
"""


def clock(seconds: float) -> str:
    """A time that passed, to the second.

    >>> clock(8.2), clock(4210)
    ('0:08', '1:10:10')
    """
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


def about(seconds: float) -> str:
    """A time that is expected, no finer than it can be.

    >>> about(8.2), about(130), about(4210)
    ('8 s', '2 min', '1:10 h')
    """
    minutes = round(seconds / 60)
    if minutes >= 60:
        return f"{minutes // 60}:{minutes % 60:02} h"
    return f"{minutes} min" if seconds >= 90 else f"{max(1, round(seconds))} s"
