"""The results of a run, for Python: rows, tables, files."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from denoisebench.errors import PluginError, UserError, plugin_code, unknown_name
from denoisebench.plugin.published import PublishedFigure
from denoisebench.plugin.report import Report
from denoisebench.registry.moved import new_argument
from denoisebench.registry.registries import Registries
from denoisebench.results.dataframe import frame
from denoisebench.results.records import CellResult
from denoisebench.scoring.protocol import Protocol
from denoisebench.scoring.protocols import labelled

if TYPE_CHECKING:
    import pandas as pd

    from denoisebench.results.summary import Summary


@dataclass(frozen=True, slots=True)
class Results:
    """The results of cells, stored under `folder`: what Python gets, and what a report is made of.

    unplanned: method, noise and parameters, and the reason, of each cell that a plan left out.
    reports: the ways to show results, by name.  protocols: those that plugins offer, by name.
    published: the figures of papers, by the name of their table.  width: the characters of a line
    of the terminal that a text is for; None for any.
    """

    cells: tuple[CellResult, ...]
    unplanned: tuple[tuple[str, str, str], ...]
    folder: Path
    reports: Mapping[str, Report]
    protocols: Mapping[str, Protocol]
    published: Mapping[str, Sequence[PublishedFigure]]
    width: int | None = None

    @classmethod
    def of(
        cls,
        cells: Iterable[CellResult],
        unplanned: tuple[tuple[str, str, str], ...],
        folder: Path,
        registries: Registries,
    ) -> "Results":
        """Results, with all that the plugins offer to show them."""
        return cls(
            tuple(cells),
            unplanned,
            folder,
            registries.reports,
            registries.protocols,
            registries.published_figures,
        )

    @property
    def errors(self) -> Sequence[CellResult]:
        """The cells whose method failed; each says why in `error`."""
        return tuple(cell for cell in self.cells if cell.error)

    @property
    def doubts(self) -> Sequence[str]:
        """Contradictions between the given noise and the noisy images of a set, in a line each."""
        told = (cell.provenance.get("doubt") for cell in self.cells)
        return tuple(dict.fromkeys(doubt for doubt in told if doubt))

    @property
    def scored(self) -> Sequence[CellResult]:
        """The cells with scores to show: those that neither failed nor decline."""
        return tuple(cell for cell in self.cells if not cell.error and cell.declines is None)

    @property
    def declined(self) -> Sequence[tuple[str, str, str]]:
        """Method, noise and parameters, and the reason, of each cell that a method declines."""
        found = (cell.declines for cell in self.cells)
        return tuple(dict.fromkeys((*self.unplanned, *filter(None, found))))

    @property
    def frame(self) -> "pd.DataFrame":
        """A row for each denoised image: see `dataframe.COLUMNS`.

        Raises UserError where no cell has a score.
        """
        self._refuse_empty()
        return frame(self.scored)

    @property
    def summaries(self) -> "Sequence[Summary]":
        """The means over images that a table shows: `summary.summarise` of the frame.

        Raises UserError where no cell has a score.
        """
        from denoisebench.results.summary import summarise_cells

        self._refuse_empty()
        return summarise_cells(self.scored)

    def _refuse_empty(self) -> None:
        if not self.scored:
            reasons = [f"{method} declines {what}: {why}" for method, what, why in self.declined]
            failures = [f"{c.method} on {c.dataset}: {c.error}" for c in self.errors]
            raise UserError(f"nothing to show: {'; '.join((*reasons, *failures))}")

    def rules(self, protocol: str) -> str:
        """The rules of the protocol with this label, in words."""
        known = labelled(protocol, self.protocols)
        return known.summary if known else "unknown here"

    def render(self, report: str) -> str:
        """The results as a report of `bench list reports` shows them.

        Raises UserError for an unknown report, for a report that fails, and if no cell has a score.
        """
        if report not in self.reports:
            raise unknown_name("report", report, self.reports)
        try:
            with plugin_code(f"report {report}"):
                return self.reports[report].render(self)
        except PluginError as error:
            raise UserError(new_argument(error) or str(error)) from error

    def table(self) -> str:
        """The table that `bench compare` prints."""
        return self.render("table")

    def to_latex(self) -> str:
        """The table in LaTeX."""
        return self.render("latex")

    def to_markdown(self) -> str:
        """The table in Markdown."""
        return self.render("markdown")
