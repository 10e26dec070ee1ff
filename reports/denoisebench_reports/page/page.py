"""The page: stored results as one HTML file, which a browser shows without any network.

The template, style sheet and script are in `parts/`. Measurements come from the results, images
from `OUT/pictures`, if a run saved them, and curves from `OUT/trainings`.
"""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Any

from denoisebench.results.results import Results
from denoisebench.results.summary import KEYS, Summary, summarise
from denoisebench.scoring.marks import Mark
from denoisebench_reports.page.curves import training_curves
from denoisebench_reports.page.galleries import Gallery, galleries, within
from denoisebench_reports.page.pictures import Album
from denoisebench_reports.page.plots import NARROW_PX, WIDE_PX, Point, cost_plot
from denoisebench_reports.page.provenance import provenance
from denoisebench_reports.published.verdict import Comparison
from denoisebench_reports.tables.cautions import cautions
from denoisebench_reports.tables.columns import is_baseline, knowledge_of, table_columns
from denoisebench_reports.tables.layout import Board, make_board
from denoisebench_reports.tables.notes import ORACLE_NOTES, TRAINING_HEADERS, trainings
from denoisebench_reports.tables.ranked import resolved_db, row_marks

if TYPE_CHECKING:
    import pandas as pd

PICTURES_MB = 20.0
"""All pictures of a page together, so that the page stays below 25 MB."""


@dataclass(frozen=True, slots=True)
class Cost:
    """The cost of the methods on one image set.  lines: name of the column, summary."""

    dataset: str
    lines: Sequence[tuple[str, Summary]]

    @property
    def plots(self) -> list[str]:
        """Quality against cost, wide and narrow; none with fewer than two methods to compare."""
        points = [
            Point(name, line.denoise_s_per_mpx, line.psnr_db)
            for name, line in self.lines
            if math.isfinite(line.psnr_db) and line.denoise_s_per_mpx > 0
        ]
        if len(points) < 2:
            return []
        return [cost_plot(points, WIDE_PX, "wide"), cost_plot(points, NARROW_PX, "narrow")]


@dataclass(frozen=True, slots=True)
class Condition:
    """Results that may be compared: of one noise, what was known of it, and one protocol.

    rows: name of the column -> image set -> summary.  marks: image set -> name of the column -> who
    is best, second or tied.  resolved_db: image set -> the smallest difference it resolves.
    oracle: what clean images picked, if they did, so that no one is best.  cautions: a sentence
    each.  published: papers' figures with the names of their columns and our summaries.
    """

    key: str
    label: str
    short: str  # as a choice among others
    protocol: str
    rows: Mapping[str, Mapping[str, Summary]]
    marks: Mapping[str, Mapping[str, Mark]]
    resolved_db: Mapping[str, float]
    datasets: Sequence[str]
    costs: Sequence[Cost]
    oracle: str
    cautions: Sequence[str]
    galleries: Sequence[Gallery]
    published: Sequence[tuple[str, Summary, Comparison]]


def render_page(results: Results) -> str:
    """The page of results, whole.

    A training that cannot be read has no curve, and a line that says so.  Raises UserError for a
    damaged picture in their folder.
    """
    from jinja2 import Environment, StrictUndefined

    rows = results.frame
    lines, board = summarise(rows), make_board(results)
    curves, unreadable = training_curves(results)
    album = Album()
    conditions, left_out = _fitted(_conditions(rows, lines, results.folder, album, board), album)
    parts = {name: _part(name) for name in ("style.css", "script.js")}
    environment = Environment(
        autoescape=True,
        undefined=StrictUndefined,
        keep_trailing_newline=True,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {"number": _number, "si": _si, "comparisons": board.comparisons}
    return environment.from_string(_part("template.html")).render(
        style=parts["style.css"],
        script=parts["script.js"],
        lines=lines,
        compared=len({line.method for line in lines if not is_baseline(line)}),
        conditions=conditions,
        baseline=is_baseline,
        training_headers=TRAINING_HEADERS,
        trainings=trainings(board),
        about=results.rules,
        curves=curves,
        unreadable=unreadable,
        provenance=provenance(results.scored),
        viewer=_viewer(conditions),
        pictures=album.pictures,
        left_out=left_out,
    )


def _fitted(conditions: Sequence[Condition], album: Album) -> tuple[list[Condition], int]:
    """The conditions with as many pictures as a page may have, and the number left out."""
    shown, left_out = within(
        [gallery for condition in conditions for gallery in condition.galleries],
        album,
        int(PICTURES_MB * 1e6),
    )
    rest = iter(shown)
    fitted = [replace(c, galleries=[next(rest) for _ in c.galleries]) for c in conditions]
    return fitted, left_out


def _part(name: str) -> str:
    return (files("denoisebench_reports.page") / "parts" / name).read_text(encoding="utf-8")


def _conditions(
    rows: "pd.DataFrame", lines: Sequence[Summary], folder: Path, album: Album, board: Board
) -> list[Condition]:
    columns, places = table_columns(lines)
    named = sorted(zip(places, lines, strict=True), key=lambda pair: columns.index(pair[0]))
    kinds = dict.fromkeys((line.noise, knowledge_of(line), line.protocol) for line in lines)
    conditions = []
    for number, kind in enumerate(kinds):
        its = [(c, x) for c, x in named if (x.noise, knowledge_of(x), x.protocol) == kind]
        datasets = list(dict.fromkeys(x.dataset for x in lines if any(x is y for _, y in its)))
        table: dict[str, dict[str, Summary]] = {}
        for column, line in its:
            table.setdefault(column.name, {})[line.dataset] = line
        cells = {d: {c: line for c, line in its if line.dataset == d} for d in datasets}
        marked = {d: {c.name: m for c, m in row_marks(of).items()} for d, of in cells.items()}
        costs, shown = [], []
        for dataset, of in cells.items():
            here = [(column.name, line) for column, line in of.items()]
            costs.append(Cost(dataset, [pair for pair in here if not is_baseline(pair[1])]))
            shown.append((dataset, [(name, _rows_of(rows, line)) for name, line in here]))
        noise, known, protocol = kind
        oracle = ORACLE_NOTES.get(known, "")
        under = "" if len({protocol for *_, protocol in kinds}) == 1 else f", {protocol}"
        conditions.append(
            Condition(
                key=f"c{number}",
                label=f"{noise}, {'' if oracle else 'parameters '}{known}{under}",
                short=f"{noise}, {known}{under}",
                protocol=protocol,
                rows=table,
                marks=marked,
                resolved_db=resolved_db(cells.items()),
                datasets=datasets,
                costs=costs,
                oracle=oracle,
                cautions=cautions(cells.values()),
                galleries=galleries(f"c{number}", shown, folder, album),
                published=[(c.name, x, beside) for c, x in its for beside in board.comparisons(x)],
            )
        )
    return conditions


def _rows_of(rows: "pd.DataFrame", line: Summary) -> "pd.DataFrame":
    """The rows that a summary is of."""
    chosen = rows
    for key in KEYS:
        chosen = chosen[chosen[key] == getattr(line, key)]
    return chosen


def _viewer(conditions: Iterable[Condition]) -> dict[str, Any]:
    """The data of the page's script: the image sets of each condition, and their images."""
    return {
        condition.key: {
            "sets": [
                {"key": gallery.key, "name": gallery.dataset, **gallery.data}
                for gallery in condition.galleries
            ]
        }
        for condition in conditions
    }


def _number(value: float | None, digits: int = 2) -> str:
    """A number with this many digits after the point; a dash for none."""
    if value is None or math.isnan(value):
        return "–"
    if math.isinf(value):
        return "∞"
    return f"{value:.{digits}f}".replace("-", "−")


def _si(value: float | None) -> str:
    """Three digits of a number: 0.0123, 1.24, 151, 1,270,000 as 1.27 M."""
    if value is None or math.isnan(value):
        return "–"
    for power, letter in ((1e9, " G"), (1e6, " M"), (1e3, " k")):
        if abs(value) >= power:
            return f"{value / power:.3g}{letter}"
    return f"{value:.3g}"
