"""The text table, in the style of Noise2Score's Table 2: a block per noise, a column per method,
known and unknown parameters side by side."""

import math
import os
import re
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from denoisebench_reports.columns import (
    Column,
    column_names,
    is_baseline,
    name_order,
    table_columns,
)
from denoisebench_reports.grid import render_grid, visible
from denoisebench_reports.legend import legend
from denoisebench_reports.summary import Summary, summarise

if TYPE_CHECKING:
    import pandas as pd

MISSING = "–"
FULL_COLUMNS = 4
"""With more methods than this a cell is the figure alone; intervals and published figures move."""
_NAME_BREAKS = re.compile(r"(?=[:-])|(?<=\d)(?=[a-z]{3})")


@dataclass(frozen=True, slots=True)
class Style:
    """How the best and the second of a row look: formats of `29.52` that show as six characters."""

    best: str
    second: str
    legend: str


PLAIN = Style("{}*", "{}_", "*: best, _: second")
ANSI = Style("\x1b[1m{}\x1b[0m ", "\x1b[4m{}\x1b[0m ", "bold: best, underlined: second")

Cells = Mapping[Column, Summary]  # of one data set


@dataclass(frozen=True, slots=True)
class Layout:
    """What all rows of a table share."""

    columns: Sequence[Column]
    style: Style
    compact: bool
    with_noisy: bool

    @property
    def groups(self) -> list[str]:
        """The named groups, or one without a name: best and second are found in each by itself."""
        return list(dict.fromkeys(c.group for c in self.columns if c.group)) or [""]


def render_table(rows: "pd.DataFrame") -> str:
    """The table and its legend: 100 characters hold four methods, 160 all of Table 2.

    Best and second are bold and underlined on a terminal (unless NO_COLOR is set), else marked by
    characters.  `rows.attrs["declined"]`, a sequence of (method, noise and parameters, reason), is
    told beneath where it is given: it says why a cell is missing.
    """
    lines = summarise(rows)
    if not lines:
        return "No results.\n"
    style = ANSI if sys.stdout.isatty() and not os.environ.get("NO_COLOR") else PLAIN
    columns, places = table_columns(lines)
    baselines = {place for place, line in zip(places, lines, strict=True) if is_baseline(line)}
    ranked = [column for column in columns if column not in baselines]
    layout = Layout(columns, style, len(ranked) > FULL_COLUMNS, not baselines)
    marks = style.legend if len({column.name for column in ranked}) > 1 else ""
    order = name_order(lines)
    told = sorted(
        zip(column_names(lines), lines, strict=True), key=lambda pair: order.index(pair[0])
    )
    beneath = legend(told, marks, layout.compact, rows.attrs.get("declined", ()))
    return "\n".join([*_table(lines, places, layout), "", *beneath]) + "\n"


def _table(lines: Sequence[Summary], places: Sequence[Column], layout: Layout) -> list[str]:
    """Under one header, a titled block per noise (parameters, protocol)."""
    body: list[list[str]] = []
    titles: dict[int, str] = {}  # above which row of the body
    for title, datasets in _blocks(lines, places).items():
        titles[len(body)] = title
        for dataset, cells in datasets.items():
            body += _rows(dataset, cells, layout)
    extra = [*(["noisy"] if layout.with_noisy else []), *(["±"] if layout.compact else [])]
    groups = ["", *("" for _ in extra), *map(_heading, layout.columns)]
    header = ["", *extra, *(_broken(column.name, layout) for column in layout.columns)]
    heads, rows = render_grid(groups, header, body)
    shown = [*heads, "-" * max(map(visible, [*heads, *rows]))]
    for number, row in enumerate(rows):
        if number in titles:
            shown += [*([""] if number else []), titles[number]]
        shown.append(row)
    return [row.rstrip() for row in shown]


def _heading(column: Column) -> str:
    return f"parameters {column.group}" if column.group else ""


def _broken(name: str, layout: Layout) -> str:
    """A method's name over the lines of the header: narrow where there are many columns."""
    if not layout.compact:
        return name.replace(":", "\n:")
    return "\n".join(part for part in _NAME_BREAKS.split(name) if part)


def _blocks(
    lines: Sequence[Summary], places: Sequence[Column]
) -> dict[str, dict[str, dict[Column, Summary]]]:
    """The summaries by block title, data set and column."""
    one_protocol = len({line.protocol for line in lines}) == 1
    grouped = any(place.group for place in places)
    blocks: dict[str, dict[str, dict[Column, Summary]]] = {}
    for line, place in zip(lines, places, strict=True):
        title = line.noise + ("" if grouped else f", parameters {line.parameters}")
        title += "" if one_protocol else f", protocol {line.protocol}"
        blocks.setdefault(title, {}).setdefault(line.dataset, {})[place] = line
    return blocks


def _rows(dataset: str, cells: Cells, layout: Layout) -> list[list[str]]:
    """The row of a data set and, in a compact table, one beneath it with published figures."""
    looks = _looks(cells, layout)
    noisy = [f"{next(iter(cells.values())).noisy_psnr_db:.2f}"] if layout.with_noisy else []
    texts = {c: _text(line, looks.get(c, "{} "), layout.compact) for c, line in cells.items()}
    figures = [texts.get(column, MISSING) for column in layout.columns]
    if not layout.compact:
        return [[dataset, *noisy, *figures]]
    widest = _widest_interval(cells)
    first = [dataset, *noisy, widest, *figures]
    published = [_published(cells[c]) if c in cells else "" for c in layout.columns]
    beneath = ["", *("" for _ in noisy), "", *published]
    return [first, beneath] if any(published) else [first]


def _looks(cells: Cells, layout: Layout) -> dict[Column, str]:
    """How the best and the second of each group look.  Figures printed equal are marked equal."""
    looks: dict[Column, str] = {}
    for group in layout.groups:
        ranked = {
            column: round(line.psnr_db, 2)
            for column, line in cells.items()
            if column.group == group and not is_baseline(line) and not math.isnan(line.psnr_db)
        }
        best = sorted(set(ranked.values()), reverse=True) if len(ranked) > 1 else []
        marks = dict(zip(best, (layout.style.best, layout.style.second), strict=False))
        looks |= {column: marks[value] for column, value in ranked.items() if value in marks}
    return looks


def _text(line: Summary, look: str, compact: bool) -> str:
    """A cell: `29.52*±0.85 (30.13)`, in a compact table `29.52*`."""
    psnr_db = f"{line.psnr_db:.2f}"
    if is_baseline(line):
        return psnr_db
    if compact:
        return look.format(psnr_db).rstrip()
    half = line.psnr_high - line.psnr_db
    interval = "" if math.isnan(half) else f"±{half:.2f}"
    published = _published(line)
    return (look.format(psnr_db) + interval + (f" {published}" if published else "")).rstrip()


def _published(line: Summary) -> str:
    return "" if math.isnan(line.published_psnr_db) else f"({line.published_psnr_db:.2f})"


def _widest_interval(cells: Cells) -> str:
    halves = [line.psnr_high - line.psnr_db for line in cells.values() if not is_baseline(line)]
    known = [half for half in halves if not math.isnan(half)]
    return f"{max(known):.2f}" if known else ""
