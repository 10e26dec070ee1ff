"""The interface of a plugin that offers a report."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from denoisebench.errors import UserError
from denoisebench.plugin.preset import check_settings
from denoisebench.plugin.published import PublishedFigure

if TYPE_CHECKING:
    from denoisebench.results.results import Results

Runs = Callable[[Mapping[str, Sequence[PublishedFigure]]], Sequence[Mapping[str, str]]]
"""From the published figures, by the name of their table, to the settings of `bench run` that fill
the table of a report: those of a `Preset`, but no length of a training."""

NEEDED = ("method", "noise", "datasets")
"""The settings of every run of a table."""

RUN_SETTINGS = (*NEEDED, "parameters", "channels", "protocol", "seed", "draws")
"""Those that a run may have: what is computed, not how long is trained for it."""


@dataclass(frozen=True, slots=True)
class Report:
    """A way to show results: `render` turns a `Results` with at least one score into text.

    A report reads four members of `Results`: `frame`, a data frame with a row for each denoised
    image; `cells`, the stored records behind the rows; `declined`, the cells without rows and why;
    `folder`, where pictures and trainings are kept.  printed: whether the text is for a terminal
    too, not only a file to open.  runs: for the table of a paper, what `bench table` computes.

    >>> report = Report("count", "the number of results", lambda results: f"{len(results.cells)}")
    >>> report.printed
    True
    """

    name: str
    summary: str
    render: Callable[["Results"], str]
    printed: bool = True
    runs: Runs | None = None

    def checked_runs(
        self, published: Mapping[str, Sequence[PublishedFigure]]
    ) -> Sequence[Mapping[str, str]]:
        """Its runs.  Raises UserError for one with an option that a run cannot set, or without
        one that it needs."""
        found = () if self.runs is None else self.runs(published)
        for run in found:
            check_settings(f"report {self.name}", run, RUN_SETTINGS)
            for needed in NEEDED:
                if needed not in run:
                    raise UserError(f"report {self.name}: a run has no {needed}: {dict(run)}")
        return found
