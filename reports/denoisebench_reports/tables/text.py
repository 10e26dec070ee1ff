"""The text table, in the style of Noise2Score's Table 2: a block per noise, a column per method,
by what methods see, known and unknown parameters side by side."""

import os
import sys
import textwrap
from collections.abc import Sequence
from dataclasses import dataclass

from denoisebench.results.results import Results
from denoisebench.scoring.marks import Mark
from denoisebench_reports.tables.columns import Column, is_baseline
from denoisebench_reports.tables.fit import render_parts, simple_table
from denoisebench_reports.tables.grid import BAR, GAP, narrow, render_grid, visible
from denoisebench_reports.tables.layout import (
    NONE,
    Board,
    Row,
    half_text,
    make_board,
    psnr_text,
)
from denoisebench_reports.tables.notes import TRAINING_HEADERS, notes, trainings
from denoisebench_reports.tables.published_table import HEADERS, PublishedPart, published_table

WIDTH = 100
VERDICT_WIDTH = 34  # a longer one goes on in the next line
DIVIDER, NARROW_DIVIDER = " ‖ ", " ‖"
"""The divider before the methods that see clean images; the second in a compact table."""


@dataclass(frozen=True, slots=True)
class Style:
    """How a marked figure looks: formats of `29.52` that show as six characters."""

    best: str
    second: str
    tied: str
    tied_second: str
    legend: str

    def of(self, mark: Mark) -> str:
        if mark.best:
            return self.best
        if mark.tied:
            return self.tied_second if mark.second else self.tied
        return self.second if mark.second else "{} "


PLAIN = Style("{}*", "{}_", "{}~", "{}~", "*: best, ~: tied with the best, _: second")
ANSI = Style(
    "\x1b[1m{}\x1b[0m ",
    "\x1b[4m{}\x1b[0m ",
    "{}~",
    "\x1b[4m{}\x1b[0m~",
    "bold: best, ~: tied with the best, underlined: second",
)


def render_table(results: Results) -> str:
    """The table and what is to be known of it: 100 characters hold four methods, 160 Table 2.

    The best, the second and those tied with the best are marked: bold and underlined on a terminal
    (unless NO_COLOR is set), else by characters.
    """
    board, width = make_board(results), results.width
    style = ANSI if sys.stdout.isatty() and not os.environ.get("NO_COLOR") else PLAIN
    remarks = _wrapped(notes(board, style.legend), width)
    parts = [_table(board, style, width), remarks, _trainings(board, width)]
    published = published_table(board)
    if published:
        parts.append(_against(published, width))
    return "\n\n".join("\n".join(part) for part in parts) + "\n"


def _table(board: Board, style: Style, width: int | None) -> list[str]:
    """Under one header, a titled block per noise (parameters, protocol); in parts if too wide."""
    body: list[list[str]] = []
    titles: dict[int, str] = {}  # above which row of the body
    for block in board.blocks:
        titles[len(body)] = block.title
        for row in block.rows:
            body += _lines(row, board, style)
    header = [*board.lead_heads, *(_broken(c.name, board.compact) for c in board.columns)]
    gaps = [*(GAP for _ in board.lead_heads), *(_gap(board, i) for i in range(len(board.columns)))]
    parts = render_parts(header, body, gaps, _titles(board), len(board.lead_heads), width)
    shown: list[str] = []
    for heads, rows in parts:
        shown += [*([""] if shown else []), *heads, "-" * max(map(visible, [*heads, *rows]))]
        for number, line in enumerate(rows):
            if number in titles:
                shown += [*([""] if number else []), titles[number]]
            shown.append(line)
    if len(parts) > 1:
        shown += ["", f"In {len(parts)} parts to fit {width} columns; --wide prints it whole."]
    return [line.rstrip() for line in shown]


def _titles(board: Board) -> list[list[str]]:
    """The rows above the names of methods: parameters, evidence, where there are several."""
    blank = [""] * (len(board.lead_heads) - 1)
    titles = []
    if board.has_groups:
        names = [c.heading for c in board.columns]
        titles.append(["", *blank, *names])
    if board.has_evidences:
        names = [column.evidence.removeprefix("noisy-") for column in board.columns]  # pairs
        titles.append(["sees", *blank, *names])
    return titles


def _gap(board: Board, number: int) -> str:
    if not board.starts_group(number):
        return GAP
    column, before = board.columns[number], board.columns[number - 1] if number else None
    behind = before is not None and before.group == column.group and before.evidence
    if not (column.saw_clean and behind):
        return BAR
    return NARROW_DIVIDER if board.compact else DIVIDER


def _broken(name: str, compact: bool) -> str:
    """A method's name over the lines of the header: narrow where there are many columns."""
    if not compact:
        return name.replace(":", "\n:")
    return "\n".join(narrow(name))


def _lines(row: Row, board: Board, style: Style) -> list[list[str]]:
    """The row of a data set and, in a compact table, one below it with published figures."""
    figures = [_text(row, column, style, board) for column in board.columns]
    published = board.published_cells(row)
    return [[*board.lead_cells(row), *figures], *([published] if published else [])]


def _text(row: Row, column: Column, style: Style, board: Board) -> str:
    """A cell: `29.52*±0.85 (30.13)`, in a compact table `29.52*`."""
    if column not in row.cells:
        return NONE
    line = row.cells[column]
    if is_baseline(line):
        return psnr_text(line)
    figure = style.of(row.marks.get(column, Mark())).format(psnr_text(line))
    if board.compact:
        return figure.rstrip()
    half = half_text(line)
    published = board.published_text(line)
    return (figure + (f"±{half}" if half else "") + (f" {published}" if published else "")).rstrip()


def _wrapped(paragraphs: Sequence[str], width: int | None) -> list[str]:
    most = min(width or WIDTH, WIDTH)
    return [part for text in paragraphs for part in textwrap.wrap(text, most)]


def _trainings(board: Board, width: int | None) -> list[str]:
    return simple_table(TRAINING_HEADERS, trainings(board), width)


def _against(published: PublishedPart, width: int | None) -> list[str]:
    """Our figures next to the published ones, method by method."""
    body: list[Sequence[str]] = []
    others = zip(HEADERS[:-1], *(row[:-1] for row in published.rows), strict=True)
    taken = sum(max(map(len, column)) + len(GAP) for column in others)
    most = VERDICT_WIDTH if width is None else max(12, min(VERDICT_WIDTH, width - taken))
    for *row, verdict in published.rows:
        first, *rest = textwrap.wrap(verdict, most)
        body += [[*row, first], *([*("" for _ in row), more] for more in rest)]
    heads, lines = render_grid(HEADERS, body)
    rule = "-" * max(map(len, [*heads, *lines]))
    table = [line.rstrip() for line in [*heads, rule, *lines]]
    return [*_wrapped([published.note, *published.papers], width), "", *table]
