"""The suite's own reports: a table beside the published figures, as text, Markdown or LaTeX; CSV,
JSON and a page."""

from collections.abc import Iterable

from denoisebench.plugin import Report, hookimpl
from denoisebench_reports.noise2score_table2.page import NAME, render_table2
from denoisebench_reports.page.page import render_page
from denoisebench_reports.tables.export import render_csv, render_json
from denoisebench_reports.tables.latex import render_latex
from denoisebench_reports.tables.markdown import render_markdown
from denoisebench_reports.tables.text import render_table


@hookimpl
def register_reports() -> Iterable[Report]:
    """The reports `table`, `markdown`, `latex`, `csv`, `json`, `html` and `noise2score-table2`.

    They import what they need, as pandas, when they render.
    """
    return [
        Report(
            "table", "a text table: a column per method, published figures beside", render_table
        ),
        Report("markdown", "the table of `table`, as GitHub's Markdown", render_markdown),
        Report("latex", "the table of `table`, as LaTeX (booktabs) for a paper", render_latex),
        Report("csv", "one line per method, noise and data set", render_csv),
        Report("json", "the lines of csv, and every image's scores", render_json),
        Report("html", "one offline page: tables, cost, images", render_page, printed=False),
        Report(NAME, "Noise2Score's Table 2, ours beside it, as GitHub's Markdown", render_table2),
    ]
