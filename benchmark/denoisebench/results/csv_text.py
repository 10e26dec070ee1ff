"""CSV that a spreadsheet shows and does not run.

Names of images, folders and plugins come from anywhere, and a spreadsheet takes a cell that begins
with one of `FORMULA` for a formula.  Such a text gets an apostrophe in front, which spreadsheets
read as "this is text"; numbers stay as they are.
"""

import csv
import io
from collections.abc import Iterable, Sequence

Cell = str | float | None

FORMULA = ("=", "+", "-", "@", "\t")
"""The first characters of a formula."""


def csv_text(rows: Iterable[Sequence[Cell]]) -> str:
    """Rows as CSV, each line ending with a line break; None is an empty cell."""
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows(map(_guarded, row) for row in rows)
    return text.getvalue()


def csv_rows(text: str) -> list[list[str]]:
    """The cells that `csv_text` was given, as texts; empty lines are left out."""
    return [[_unguarded(cell) for cell in row] for row in csv.reader(io.StringIO(text)) if row]


def _guarded(cell: Cell) -> Cell:
    is_text = isinstance(cell, str) and not _is_number(cell)
    return f"'{cell}" if is_text and str(cell).startswith(FORMULA) else cell


def _unguarded(cell: str) -> str:
    return cell[1:] if cell.startswith("'") and cell[1:].startswith(FORMULA) else cell


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True
