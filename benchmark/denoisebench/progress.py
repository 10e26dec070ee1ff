"""Progress of long work."""

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a long job is: `done` of `total`; total 0 if it is unknown.

    >>> Progress("downloading kodak", done=3, total=24, note="2.1 MB")
    Progress(what='downloading kodak', done=3, total=24, note='2.1 MB')
    """

    what: str
    done: int
    total: int
    note: str = ""


ProgressCallback = Callable[[Progress], None]
"""What long work calls now and then; the command line shows it.

>>> def show(at: Progress) -> None:
...     print(at.what, at.done, "of", at.total)
>>> show(Progress("packing", 1, 2))
packing 1 of 2
"""
