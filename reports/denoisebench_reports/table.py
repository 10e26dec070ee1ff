"""The text table, in the style of Noise2Score's Table 2: a block per noise, a column per method."""

import math
import os
import re
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from denoisebench.specs import parse_spec
from denoisebench_reports.columns import column_names
from denoisebench_reports.legend import legend
from denoisebench_reports.summary import Summary, summarise

if TYPE_CHECKING:
    import pandas as pd

MISSING = "–"
BASELINE = "identity"  # the noisy image itself: shown, never ranked


@dataclass(frozen=True, slots=True)
class Style:
    """How the best and the second of a row look: formats of `29.52` that show as six characters."""

    best: str
    second: str
    legend: str


PLAIN = Style("{}*", "{}_", "*: best, _: second")
ANSI = Style("\x1b[1m{}\x1b[0m ", "\x1b[4m{}\x1b[0m ", "bold: best, underlined: second")
_ANSI_CODE = re.compile(r"\x1b\[\d+m")

Cells = dict[str, Summary]  # of one data set, by column


def render_table(rows: "pd.DataFrame") -> str:
    """The table and its legend, as wide as its methods need: 100 columns hold four.

    Best and second are bold and underlined on a terminal (unless NO_COLOR is set), else marked by
    characters.
    """
    lines = summarise(rows)
    if not lines:
        return "No results.\n"
    style = ANSI if sys.stdout.isatty() and not os.environ.get("NO_COLOR") else PLAIN
    ranked = {line.method for line in lines if not _is_baseline(line)}
    marks = style.legend if len(ranked) > 1 else ""
    return "\n".join([*_table(lines, style), "", *legend(lines, marks)]) + "\n"


def _table(lines: Sequence[Summary], style: Style) -> list[str]:
    """Under one header, a titled block per noise, parameters and protocol."""
    from tabulate import tabulate

    columns = column_names(lines)
    methods = list(dict.fromkeys(columns))
    with_noisy = not any(map(_is_baseline, lines))
    body: list[list[str]] = []
    titles: dict[int, str] = {}  # above which row of the body
    for title, datasets in _blocks(lines, columns).items():
        titles[len(body)] = title
        for dataset, cells in datasets.items():
            noisy = [f"{next(iter(cells.values())).noisy_psnr_db:.2f}"] if with_noisy else []
            texts = _texts(cells, style)
            body.append([dataset, *noisy, *(texts.get(method, MISSING) for method in methods)])

    header = ["", *(["noisy"] if with_noisy else []), *(m.replace(":", "\n:") for m in methods)]
    # The header as a row: tabulate would set it two characters wider.
    text = tabulate([header, *body], tablefmt="plain", disable_numparse=True).splitlines()
    shown = [*text[: -len(body)], "-" * max(len(_ANSI_CODE.sub("", row)) for row in text)]
    for number, row in enumerate(text[-len(body) :]):
        if number in titles:
            shown += [*([""] if number else []), titles[number]]
        shown.append(row)
    return [row.rstrip() for row in shown]


def _blocks(lines: Sequence[Summary], columns: Sequence[str]) -> dict[str, dict[str, Cells]]:
    """The summaries by block title, data set and column."""
    one_protocol = len({line.protocol for line in lines}) == 1
    blocks: dict[str, dict[str, Cells]] = {}
    for line, column in zip(lines, columns, strict=True):
        title = f"{line.noise}, parameters {line.parameters}"
        title += "" if one_protocol else f", protocol {line.protocol}"
        blocks.setdefault(title, {}).setdefault(line.dataset, {})[column] = line
    return blocks


def _texts(cells: Cells, style: Style) -> Mapping[str, str]:
    """The texts of one data set's cells: `29.52*±0.85 (30.13)`.  Equal texts are marked equal."""
    ranked = {
        column: round(line.psnr_db, 2)
        for column, line in cells.items()
        if not _is_baseline(line) and not math.isnan(line.psnr_db)
    }
    best = sorted(set(ranked.values()), reverse=True) if len(ranked) > 1 else []
    looks = dict(zip(best, (style.best, style.second), strict=False))
    return {
        column: _text(line, looks[ranked[column]] if ranked.get(column) in looks else "{} ")
        for column, line in cells.items()
    }


def _text(line: Summary, look: str) -> str:
    psnr_db = f"{line.psnr_db:.2f}"
    if _is_baseline(line):
        return psnr_db
    half = line.psnr_high - line.psnr_db
    interval = "" if math.isnan(half) else f"±{half:.2f}"
    published = "" if math.isnan(line.published_psnr_db) else f" ({line.published_psnr_db:.2f})"
    return look.format(psnr_db) + interval + published


def _is_baseline(line: Summary) -> bool:
    return parse_spec(line.method).name == BASELINE
