"""What a plugin that offers a report defines."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, slots=True)
class Report:
    """A way to show results: `render` turns result rows (see `dataframe.COLUMNS`) into text.
    printed: whether that is for a terminal too, not only a file to open."""

    name: str
    summary: str
    render: Callable[["pd.DataFrame"], str]
    printed: bool = True
