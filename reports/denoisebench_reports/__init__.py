"""The suite's own reports: a table beside the published figures, as text, Markdown or LaTeX; CSV,
JSON and a page."""

from collections.abc import Callable, Iterable
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

from denoisebench.plugin import PublishedTable, Report, hookimpl

if TYPE_CHECKING:
    from denoisebench.results.results import Results

REPORTS = {
    "table": (
        "a text table: a column per method, published figures beside",
        "tables.text:render_table",
    ),
    "markdown": (
        "the table of `table`, as GitHub's Markdown",
        "tables.markdown:render_markdown",
    ),
    "latex": (
        "the table of `table`, as LaTeX (booktabs) for a paper",
        "tables.latex:render_latex",
    ),
    "csv": ("one line per method, noise and data set", "tables.export:render_csv"),
    "json": ("the lines of csv, and every image's scores", "tables.export:render_json"),
    "html": ("one offline page: tables, cost, images", "page.page:render_page"),
    "noise2score-table2": (
        "Noise2Score's Table 2, ours beside it, as GitHub's Markdown",
        "noise2score_table2.page:render_table2",
    ),
}
"""Name -> summary, and the module and function that render it."""


PUBLISHED = (
    "noise2score_table2",
    "noise2noise_official",
    "dbsn_tables",
    "blindspot_official",
    "noise2noise_keras",
    "neighbor2neighbor_tables",
    "neighbor2neighbor_fixed_noise",
    "neighbor2neighbor_paddle",
    "blind2unblind_tables",
    "promptsid_tables",
)
"""The tables of `published/`.  If several have a figure, a table's cell shows the first."""


@hookimpl
def register_published() -> Iterable[PublishedTable]:
    """The tables of `PUBLISHED`."""
    folder = Path(__file__).parent / "published"
    return [PublishedTable(name, folder / f"{name}.csv") for name in PUBLISHED]


@hookimpl
def register_reports() -> Iterable[Report]:
    """The reports of `REPORTS`."""
    return [
        Report(name, summary, _imported_when_called(function), printed=name != "html")
        for name, (summary, function) in REPORTS.items()
    ]


def _imported_when_called(function: str) -> "Callable[[Results], str]":
    """A function of a module of this package.  `bench` starts quicker without all of them."""
    module, _, name = function.partition(":")

    def render(results: "Results") -> str:
        text: str = getattr(import_module(f"{__name__}.{module}"), name)(results)
        return text

    return render
