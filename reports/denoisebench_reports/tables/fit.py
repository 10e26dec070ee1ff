"""Tables in the width of a terminal: a table that is too wide is printed in parts."""

import textwrap
from collections.abc import Callable, Sequence

from denoisebench_reports.tables.grid import Row, render_grid, visible


def chunks(columns: int, lead: int, fits: Callable[[Sequence[int]], bool]) -> list[list[int]]:
    """Columns in parts that fit, each with the `lead` first ones; a column is never cut.

    >>> chunks(5, 1, lambda columns: len(columns) <= 3)
    [[0, 1, 2], [0, 3, 4]]
    """
    first = list(range(lead))
    parts = [list(first)]
    for column in range(lead, columns):
        if len(parts[-1]) > lead and not fits([*parts[-1], column]):
            parts.append(list(first))
        parts[-1].append(column)
    return parts


def render_parts(
    header: Row,
    body: Sequence[Row],
    gaps: Row,
    titles: Sequence[Row],
    lead: int,
    width: int | None,
) -> list[tuple[list[str], list[str]]]:
    """`render_grid` of a table, in parts of at most `width` characters; None: in one."""

    def part(columns: Sequence[int]) -> tuple[list[str], list[str]]:
        rows = [[row[column] for column in columns] for row in (header, gaps, *titles, *body)]
        return render_grid(rows[0], rows[2 + len(titles) :], rows[1], rows[2 : 2 + len(titles)])

    def fits(columns: Sequence[int]) -> bool:
        return width is None or max(visible(x) for some in part(columns) for x in some) <= width

    return [part(columns) for columns in chunks(len(header), lead, fits)]


def simple_table(heads: Row, rows: Sequence[Row], width: int | None) -> list[str]:
    """A table under a rule.  Where it is wider than `width`, columns that are the same in all rows
    go into a line above it, and what is still too wide is printed in parts."""
    if _wide(_tabulated(heads, rows), width) and len(rows) > 1:
        same = [c for c in range(1, len(heads)) if len({row[c] for row in rows}) == 1]
        kept = [c for c in range(len(heads)) if c not in same]
        line = "for all: " + ", ".join(f"{heads[c]} {rows[0][c]}" for c in same)
        if same:
            return [
                *textwrap.wrap(line, width or len(line)),
                "",
                *_in_parts(heads, rows, kept, width),
            ]
    return _in_parts(heads, rows, range(len(heads)), width)


def _in_parts(
    heads: Row, rows: Sequence[Row], columns: Sequence[int], width: int | None
) -> list[str]:
    def part(chosen: Sequence[int]) -> list[str]:
        places = [columns[c] for c in chosen]
        return _tabulated([heads[c] for c in places], [[row[c] for c in places] for row in rows])

    parts = chunks(len(columns), 1, lambda chosen: not _wide(part(chosen), width))
    lines: list[str] = []
    for number, chosen in enumerate(parts):
        lines += [*([""] if number else []), *part(chosen)]
    return lines


def _wide(lines: Sequence[str], width: int | None) -> bool:
    return width is not None and max(map(visible, lines), default=0) > width


def _tabulated(heads: Row, rows: Sequence[Row]) -> list[str]:
    from tabulate import tabulate

    return tabulate(rows, heads, tablefmt="simple", disable_numparse=True).splitlines()
