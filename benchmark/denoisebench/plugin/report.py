"""The interface of a plugin that offers a report."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from denoisebench.results.results import Results


@dataclass(frozen=True, slots=True)
class Report:
    """A way to show results: `render` turns a `Results` with at least one score into text.

    A report reads four members of `Results`: `frame`, a data frame with a row for each denoised
    image; `cells`, the stored records behind the rows; `declined`, the cells without rows and why;
    `folder`, where pictures and trainings are kept.  printed: whether the text is for a terminal
    too, not only a file to open.

    >>> report = Report("count", "the number of results", lambda results: f"{len(results.cells)}")
    >>> report.printed
    True
    """

    name: str
    summary: str
    render: Callable[["Results"], str]
    printed: bool = True
