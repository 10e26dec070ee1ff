"""The results of a run, for Python: rows, tables, files."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from denoisebench.errors import PluginError, UserError, plugin_code, unknown_name
from denoisebench.plugin.report import Report
from denoisebench.results.dataframe import frame
from denoisebench.results.records import CellResult

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, slots=True)
class Results:
    """The results of cells, stored under `folder`.

    declined: method, noise and parameters, and the reason, of each cell that a method declines.
    reports: the ways to show results, by name.
    """

    cells: tuple[CellResult, ...]
    declined: tuple[tuple[str, str, str], ...]
    folder: Path
    reports: Mapping[str, Report]

    @property
    def errors(self) -> Sequence[CellResult]:
        """The cells whose method failed; each says why in `error`."""
        return tuple(cell for cell in self.cells if cell.error)

    @property
    def doubts(self) -> Sequence[str]:
        """What the noisy images of a set contradict of the noise that was told, in a line each."""
        told = (cell.provenance.get("doubt") for cell in self.cells)
        return tuple(dict.fromkeys(doubt for doubt in told if doubt))

    @property
    def frame(self) -> "pd.DataFrame":
        """A row for each denoised image: see `dataframe.COLUMNS`.

        Raises UserError where no cell has a score.
        """
        rows = frame([cell for cell in self.cells if not cell.error], self.declined)
        if rows.empty:
            reasons = [
                f"{method} declines {what}: {why}" for method, what, why in rows.attrs["declined"]
            ]
            failures = [f"{c.method} on {c.dataset}: {c.error}" for c in self.errors]
            raise UserError(f"nothing to show: {'; '.join((*reasons, *failures))}")
        rows.attrs["results"] = self.folder
        return rows

    def render(self, report: str) -> str:
        """The results as a report of `bench list reports` shows them.

        Raises UserError for an unknown report and for one that fails.
        """
        if report not in self.reports:
            raise unknown_name("report", report, self.reports)
        try:
            with plugin_code(f"report {report}"):
                return self.reports[report].render(self.frame)
        except PluginError as error:
            raise UserError(str(error)) from error

    def table(self) -> str:
        """The table that `bench compare` prints."""
        return self.render("table")

    def to_latex(self) -> str:
        """The table in LaTeX."""
        return self.render("latex")

    def to_markdown(self) -> str:
        """The table in Markdown."""
        return self.render("markdown")
