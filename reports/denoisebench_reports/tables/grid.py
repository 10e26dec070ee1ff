"""Lines of text from cells: columns of equal width, under titles, with bars between groups."""

import re
from collections.abc import Iterator, Sequence

GAP = "  "
BAR = " | "
_ANSI_CODE = re.compile(r"\x1b\[\d+m")
_NAME_BREAKS = re.compile(r"(?=[:-])|(?<=\d)(?=[a-z]{3})")

Row = Sequence[str]


def visible(text: str) -> int:
    """How many characters of `text` a terminal shows."""
    return len(_ANSI_CODE.sub("", text))


def narrow(name: str) -> list[str]:
    """A method's name in the parts that a narrow column has beneath each other."""
    return [part for part in _NAME_BREAKS.split(name) if part]


def render_grid(
    header: Row, body: Sequence[Row], gaps: Row = (), titles: Sequence[Row] = ()
) -> tuple[list[str], list[str]]:
    """The lines of the header, and a line per row of the body.

    A cell of the header may have several lines.  gaps: what stands before each column (the first
    one's is not shown); by default two spaces.  titles: rows above the header, outermost first,
    with a title for each column; neighbours with equal titles stand under one.
    """
    heads = _split_lines(header)
    gaps = gaps or [GAP] * len(header)
    widths = [max(map(visible, column)) for column in zip(*heads, *body, strict=True)]
    above = [(row, list(_spans(titles[: level + 1]))) for level, row in enumerate(titles)]
    for row, spans in reversed(above):
        for start, end in spans:
            widths[end - 1] += max(0, len(row[start]) - _width(widths, gaps, start, end))
    lines = [_line(row, widths, gaps) for row in [*heads, *body]]
    over = [
        _line(
            [row[start] for start, _ in spans],
            [_width(widths, gaps, start, end) for start, end in spans],
            [gaps[start] for start, _ in spans],
        )
        for row, spans in above
    ]
    return [*over, *lines[: -len(body)]], lines[-len(body) :]


def _spans(titles: Sequence[Row]) -> Iterator[tuple[int, int]]:
    """The columns, start to end, that stand under one title in all of these rows."""
    stacked = list(zip(*titles, strict=True))
    start = 0
    for end in range(1, len(stacked) + 1):
        if end == len(stacked) or stacked[end] != stacked[start]:
            yield start, end
            start = end


def _split_lines(header: Row) -> list[list[str]]:
    """A header with cells of several lines as rows of cells; each begins in the first row."""
    cells = [cell.split("\n") for cell in header]
    depth = max(map(len, cells))
    return [[cell[row] if row < len(cell) else "" for cell in cells] for row in range(depth)]


def _width(widths: Sequence[int], gaps: Row, start: int, end: int) -> int:
    """Of neighbouring columns with the gaps between them."""
    return sum(widths[start:end]) + sum(map(len, gaps[start + 1 : end]))


def _line(cells: Row, widths: Sequence[int], gaps: Row) -> str:
    padded = [cell + " " * (w - visible(cell)) for cell, w in zip(cells, widths, strict=True)]
    return "".join(
        [padded[0], *(gap + cell for gap, cell in zip(gaps[1:], padded[1:], strict=True))]
    )
