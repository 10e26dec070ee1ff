"""The suite's own reports: a table beside the published figures, as text, Markdown or LaTeX; CSV,
JSON and a page."""

import functools
from collections.abc import Callable, Iterable, Mapping, Sequence
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

from denoisebench.plugin import Preset, PublishedFigure, PublishedTable, Report, hookimpl
from denoisebench_reports.paper_tables.definition import TABLES, definition

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
    "latex-siunitx": (
        "the same with figures in \\num of siunitx",
        "tables.latex:render_siunitx",
    ),
    "csv": ("one line per method, noise and data set", "tables.export:render_csv"),
    "json": ("the lines of csv, and every image's scores", "tables.export:render_json"),
    "html": ("one offline page: tables, cost, images", "page.page:render_page"),
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
    """The reports of `REPORTS`, and one for each table of a paper."""
    tables = [definition(name) for name in TABLES]
    return [
        *(
            Report(name, summary, _imported_when_called(function), printed=name != "html")
            for name, (summary, function) in REPORTS.items()
        ),
        *(
            Report(
                table.report,
                table.summary,
                _paper_table(table.name),
                runs=functools.partial(_runs, table.name),
            )
            for table in tables
        ),
        *(
            Report(
                table.claims_report,
                f"the claims of {table.report}, each with a verdict, as Markdown",
                functools.partial(_render_claims, table.name),
            )
            for table in tables
            if table.claims
        ),
    ]


@hookimpl
def register_presets() -> Iterable[Preset]:
    """Those of the tables of papers."""
    return [preset for name in TABLES for preset in definition(name).presets]


def _paper_table(name: str) -> "Callable[[Results], str]":
    """The page of a table of a paper."""

    def render(results: "Results") -> str:
        from denoisebench_reports.paper_tables.page import render_paper_table

        return render_paper_table(name, results)

    return render


def _render_claims(name: str, results: "Results") -> str:
    """The page of the claims on a table of a paper."""
    from denoisebench_reports.paper_tables.claims_page import render_claims

    return render_claims(name, results)


def _runs(
    name: str, published: Mapping[str, Sequence[PublishedFigure]]
) -> Sequence[Mapping[str, str]]:
    """The runs that fill a table of a paper."""
    from denoisebench_reports.paper_tables.runs import runs

    return runs(name, published)


def _imported_when_called(function: str) -> "Callable[[Results], str]":
    """A function of a module of this package.  `bench` starts quicker without all of them."""
    module, _, name = function.partition(":")

    def render(results: "Results") -> str:
        text: str = getattr(import_module(f"{__name__}.{module}"), name)(results)
        return text

    return render
