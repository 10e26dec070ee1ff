"""The interface of a plugin that offers a report."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, slots=True)
class Report:
    """A way to show results.

    render: turns result rows (`denoisebench.results.dataframe.COLUMNS`) into text.
    printed: whether the text is for a terminal, not only for a file to open.

    >>> report = Report("count", "the number of scored images", lambda rows: f"{len(rows)} images")
    >>> report.render([])
    '0 images'
    """

    name: str
    summary: str
    render: Callable[["pd.DataFrame"], str]
    printed: bool = True
