"""Changes between two folders of results as text, CSV and JSON."""

import math
import textwrap
from collections.abc import Sequence
from itertools import groupby
from typing import Any

from denoisebench.results.changes import EQUAL, Change, Changes
from denoisebench.results.csv_text import csv_text
from denoisebench.results.records import CellResult
from denoisebench.results.strict_json import exported, json_text

WIDTH = 80
"""Characters of a line of text."""

HEADERS = ("", "before", "after", "diff.", "95 % interval", "")
KEYS = ("method", "noise", "parameters", "dataset", "protocol", "seed")
COLUMNS = (
    *("change", *KEYS, "images", "psnr_before_db", "psnr_after_db"),
    *("difference_db", "low_db", "high_db", "cell_before", "cell_after", "why"),
)
LEGEND = (
    "PSNR in dB, mean over images.  diff.: after less before, on the same images, with the 95 %"
    " interval of its mean (Hall's).  higher, lower: the interval leaves out 0; of many cells, one"
    " in twenty does so by chance.  rounding: no image differs by more than 0.005 dB."
)


def render_text(changes: Changes, before: str, after: str) -> str:
    """The cells that changed, with the reasons; equal ones are counted.  Ends with a line break."""
    shown = [change for change in changes.pairs if change.verdict != EQUAL]
    equal = [change for change in changes.pairs if change.verdict == EQUAL]
    notes = {why: n for n, why in enumerate(dict.fromkeys(c.why for c in shown if c.why), start=1)}
    lines = [f"before: {before}", f"after:  {after}", ""]
    if equal:
        what = "1 cell is" if len(equal) == 1 else f"{len(equal)} cells are"
        lines += [f"{what} equal, image by image.", ""]
    for heading, group in groupby(shown, key=_heading):
        lines += [heading, _table(list(group), notes), ""]
    lines += [
        textwrap.fill(f"[{n}] {'; '.join(why)}", WIDTH, subsequent_indent="    ")
        for why, n in notes.items()
    ]
    lines += [""] * bool(notes)
    if shown:
        lines += [textwrap.fill(LEGEND, WIDTH), ""]
    lines += _listed("Only after", changes.added) + _listed("Only before", changes.removed)
    return "\n".join(lines).rstrip() + "\n"


def _heading(change: Change) -> str:
    cell = change.after
    return f"{cell.noise}, parameters {cell.parameters}, {cell.dataset}, {cell.protocol}"


def _table(changes: Sequence[Change], notes: dict[tuple[str, ...], int]) -> str:
    from tabulate import tabulate

    rows = [
        (
            f"  {_name(change.after)}",
            f"{change.psnr_before_db:.2f}",
            f"{change.psnr_after_db:.2f}",
            _signed(change.difference.mean),
            _interval(change),
            f"{change.verdict} [{notes[change.why]}]" if change.why else change.verdict,
        )
        for change in changes
    ]
    sides = ("left", *["right"] * 3, "right", "left")
    return tabulate(rows, HEADERS, "plain", disable_numparse=True, colalign=sides)


def _name(cell: CellResult) -> str:
    return cell.method if cell.seed == 0 else f"{cell.method}, seed {cell.seed}"


def _interval(change: Change) -> str:
    low, high = change.difference.low, change.difference.high
    return "–" if math.isnan(low) else f"{_signed(low)} .. {_signed(high)}"


def _signed(db: float) -> str:
    return f"{round(db, 2) + 0.0:+.2f}"  # no -0.00


def _listed(heading: str, cells: Sequence[CellResult]) -> list[str]:
    """The cells of one folder alone, one a line."""
    if not cells:
        return []
    lines = [
        f"  {_name(c)}: {c.noise}, parameters {c.parameters}, {c.dataset}, {c.protocol}, {c.budget}"
        for c in cells
    ]
    return [f"{heading} ({len(cells)}):", *(line.removesuffix(", ") for line in lines), ""]


def render_csv(changes: Changes, before: str, after: str) -> str:
    """A line for each cell of either folder, header first."""
    del before, after
    rows = [r | {"why": "; ".join(r["why"] or ())} for r in _records(changes)]
    return csv_text([COLUMNS, *([row[column] for column in COLUMNS] for row in rows)])


def render_json(changes: Changes, before: str, after: str) -> str:
    """`{"before": ..., "after": ..., "cells": [...]}`; a missing number is null."""
    return json_text(exported({"before": before, "after": after, "cells": _records(changes)}))


def _records(changes: Changes) -> list[dict[str, Any]]:
    """The cells of both folders, then the added and the removed ones, by `COLUMNS`."""
    made = [_record(change) for change in changes.pairs]
    for what, cells in (("added", changes.added), ("removed", changes.removed)):
        side = "cell_after" if what == "added" else "cell_before"
        for cell in cells:
            known = {key: getattr(cell, key) for key in KEYS}
            made.append(dict.fromkeys(COLUMNS) | known | {"change": what, side: cell.cell})
    return made


def _record(change: Change) -> dict[str, Any]:
    numbers = {
        "psnr_before_db": change.psnr_before_db,
        "psnr_after_db": change.psnr_after_db,
        "difference_db": change.difference.mean,
        "low_db": change.difference.low,
        "high_db": change.difference.high,
    }
    return {
        "change": change.verdict,
        **{key: getattr(change.after, key) for key in KEYS},
        "images": change.images,
        **{key: None if math.isnan(v) else round(v, 4) for key, v in numbers.items()},
        "cell_before": change.before.cell,
        "cell_after": change.after.cell,
        "why": list(change.why),
    }


FORMATS = {"table": render_text, "csv": render_csv, "json": render_json}
"""Name of a report -> the function that renders changes so."""
