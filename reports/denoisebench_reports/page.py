"""The page: stored results as one HTML file, which a browser shows without any network.

The template, style sheet and script are in `page_parts/`.  What is measured comes from the results,
the images from `OUT/pictures`, where a run saved them, and the curves from `OUT/trainings`.
"""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Any

from denoisebench.protocol import PROTOCOLS
from denoisebench_reports.columns import column_names, is_baseline, name_order
from denoisebench_reports.legend import TRAINING_HEADERS
from denoisebench_reports.page_curves import training_curves
from denoisebench_reports.page_images import Gallery, galleries
from denoisebench_reports.pictures import Album
from denoisebench_reports.plots import Point, cost_plot
from denoisebench_reports.summary import KEYS, Summary, summarise

if TYPE_CHECKING:
    import pandas as pd

WIDE_PX, NARROW_PX = 720, 340
"""Widths of a plot: on a wide screen, and on a phone's."""


@dataclass(frozen=True, slots=True)
class Cost:
    """What the methods cost on one image set.  lines: name of the column, summary."""

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

    rows: name of the column -> image set -> summary.
    """

    key: str
    label: str
    short: str  # as a choice among others
    protocol: str
    rows: Mapping[str, Mapping[str, Summary]]
    datasets: Sequence[str]
    costs: Sequence[Cost]
    galleries: Sequence[Gallery]

    def best(self, dataset: str) -> float:
        """The highest PSNR on an image set, as printed; NaN where none is ranked."""
        lines = [row[dataset] for row in self.rows.values() if dataset in row]
        ranked = [round(line.psnr_db, 2) for line in lines if not is_baseline(line)]
        return max(ranked) if len(ranked) > 1 else math.nan

    @property
    def published(self) -> list[tuple[str, Summary]]:
        """What stands beside a published figure: name of the column, summary."""
        return [
            (name, line) for name, row in self.rows.items() for line in row.values() if line.verdict
        ]


@dataclass(frozen=True, slots=True)
class Provenance:
    """Where results were made.  common: what holds for all, by its name.  groups: what else holds
    for some of them, and which these are, in words."""

    common: Mapping[str, Any]
    groups: Sequence[tuple[Mapping[str, Any], Sequence[str]]]


def render_page(rows: "pd.DataFrame") -> str:
    """The page of result rows, whole.

    Raises UserError for a damaged picture or training under `rows.attrs["results"]`.
    """
    from jinja2 import Environment, StrictUndefined

    results: Path | None = rows.attrs.get("results")
    lines = summarise(rows)
    album = Album()
    conditions = _conditions(rows, lines, results, album)
    parts = {name: _part(name) for name in ("style.css", "script.js")}
    environment = Environment(
        autoescape=True,
        undefined=StrictUndefined,
        keep_trailing_newline=True,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {"number": _number, "si": _si}
    return environment.from_string(_part("template.html")).render(
        style=parts["style.css"],
        script=parts["script.js"],
        lines=lines,
        conditions=conditions,
        baseline=is_baseline,
        training_headers=TRAINING_HEADERS,
        methods=_methods(lines),
        protocols={str(protocol): protocol.summary for protocol in PROTOCOLS.values()},
        curves=training_curves(rows, results),
        provenance=_provenance(rows, results),
        viewer=_viewer(conditions),
        pictures=album.pictures,
    )


def _part(name: str) -> str:
    return (files("denoisebench_reports") / "page_parts" / name).read_text(encoding="utf-8")


def _conditions(
    rows: "pd.DataFrame", lines: Sequence[Summary], results: Path | None, album: Album
) -> list[Condition]:
    names = column_names(lines)
    told = sorted(zip(names, lines, strict=True), key=lambda pair: name_order(lines).index(pair[0]))
    kinds = dict.fromkeys((line.noise, line.parameters, line.protocol) for line in lines)
    conditions = []
    for number, kind in enumerate(kinds):
        its = [(n, x) for n, x in told if (x.noise, x.parameters, x.protocol) == kind]
        datasets = list(dict.fromkeys(x.dataset for x in lines if any(x is y for _, y in its)))
        table: dict[str, dict[str, Summary]] = {}
        for name, line in its:
            table.setdefault(name, {})[line.dataset] = line
        costs, shown = [], []
        for dataset in datasets:
            here = [(name, line) for name, line in its if line.dataset == dataset]
            costs.append(Cost(dataset, [pair for pair in here if not is_baseline(pair[1])]))
            shown.append((dataset, [(name, _rows_of(rows, line)) for name, line in here]))
        noise, parameters, protocol = kind
        under = "" if len({protocol for *_, protocol in kinds}) == 1 else f", {protocol}"
        conditions.append(
            Condition(
                key=f"c{number}",
                label=f"{noise}, parameters {parameters}{under}",
                short=f"{noise}, {parameters}{under}",
                protocol=protocol,
                rows=table,
                datasets=datasets,
                costs=costs,
                galleries=galleries(f"c{number}", shown, results, album),
            )
        )
    return conditions


def _rows_of(rows: "pd.DataFrame", line: Summary) -> "pd.DataFrame":
    """The rows that a summary is of."""
    chosen = rows
    for key in KEYS:
        chosen = chosen[chosen[key] == getattr(line, key)]
    return chosen


def _methods(lines: Sequence[Summary]) -> list[tuple[str, Sequence[str]]]:
    """How each method was trained: its name, and for each of `TRAINING_HEADERS` what there is."""
    table: list[tuple[str, Sequence[str]]] = []
    for method in dict.fromkeys(line.method for line in lines if not is_baseline(line)):
        its = [line for line in lines if line.method == method]
        values = [dict.fromkeys(str(getattr(x, field)) for x in its) for field in TRAINING_HEADERS]
        table.append((method, [" / ".join(filter(None, value)) or "–" for value in values]))
    return table


def _provenance(rows: "pd.DataFrame", results: Path | None) -> Provenance:
    """Where the results were made, read from their files; nothing where they are not stored."""
    from denoisebench.results import read_cells

    made: dict[tuple[tuple[str, Any], ...], list[str]] = {}
    for result in read_cells(results, rows["cell"].unique()) if results else []:
        told = {_MACHINE[key]: result.provenance.get(key) for key in _MACHINE}
        known = tuple((name, value) for name, value in told.items() if value is not None)
        what = f"{result.method} · {result.noise} · {result.dataset} · seed {result.seed}"
        made.setdefault(known, []).append(f"{what} · {result.cell}")
    machines = [dict(known) for known in made]
    first = machines[0] if machines else {}
    common = {k: v for k, v in first.items() if all(machine.get(k) == v for machine in machines)}
    own = [{k: v for k, v in machine.items() if k not in common} for machine in machines]
    return Provenance(common, list(zip(own, made.values(), strict=True)))


_MACHINE = {
    "denoisebench": "denoisebench",
    "git": "commit",
    "torch": "PyTorch",
    "numpy": "NumPy",
    "python": "Python",
    "device": "device",
    "device_name": "processor",
    "threads": "threads",
    "platform": "system",
}
"""What is told of a result's provenance, and how the page calls it."""


def _viewer(conditions: Iterable[Condition]) -> dict[str, Any]:
    """What the page's script is told: the image sets of each condition, and their images."""
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
    """A number with so many digits behind the point; a dash for none."""
    if value is None or math.isnan(value):
        return "–"
    return f"{value:.{digits}f}".replace("-", "−")


def _si(value: float | None) -> str:
    """Three digits of a number: 0.0123, 1.24, 151, 1,270,000 as 1.27 M."""
    if value is None or math.isnan(value):
        return "–"
    for power, letter in ((1e9, " G"), (1e6, " M"), (1e3, " k")):
        if abs(value) >= power:
            return f"{value / power:.3g}{letter}"
    return f"{value:.3g}"
