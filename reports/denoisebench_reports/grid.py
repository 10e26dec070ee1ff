"""Lines of text from cells: columns of equal width, in groups that bars keep apart."""

import re
from collections.abc import Sequence

GAP = "  "
BAR = " | "
_ANSI_CODE = re.compile(r"\x1b\[\d+m")

Row = Sequence[str]


def visible(text: str) -> int:
    """How many characters of `text` a terminal shows."""
    return len(_ANSI_CODE.sub("", text))


def render_grid(groups: Row, header: Row, body: Sequence[Row]) -> tuple[list[str], list[str]]:
    """The lines of the header, and a line per row of the body.

    groups: the group of each column; a bar stands before one with a name, and the name above it.
    A cell of the header may have several lines.
    """
    heads = _split_lines(header)
    widths = [max(map(visible, column)) for column in zip(*heads, *body, strict=True)]
    starts = [i for i, group in enumerate(groups) if i == 0 or group != groups[i - 1]]
    spans = list(zip(starts, [*starts[1:], len(groups)], strict=True))
    for start, end in spans:
        widths[end - 1] += max(0, len(groups[start]) - _width(widths[start:end]))
    gaps = [BAR if i in starts and group else GAP for i, group in enumerate(groups)]

    lines = [_line(row, widths, gaps) for row in [*heads, *body]]
    if any(groups):
        titles = [groups[start] for start in starts]
        spread = [_width(widths[start:end]) for start, end in spans]
        lines.insert(0, _line(titles, spread, [gaps[start] for start in starts]))
    return lines[: -len(body)], lines[-len(body) :]


def _split_lines(header: Row) -> list[list[str]]:
    """A header with cells of several lines as rows of cells; each begins in the first row."""
    cells = [cell.split("\n") for cell in header]
    depth = max(map(len, cells))
    return [[cell[row] if row < len(cell) else "" for cell in cells] for row in range(depth)]


def _width(widths: Sequence[int]) -> int:
    """Of neighbouring columns with the gaps between them."""
    return sum(widths) + len(GAP) * (len(widths) - 1)


def _line(cells: Row, widths: Sequence[int], gaps: Row) -> str:
    """gaps: what stands before each cell; before the first, nothing."""
    padded = [cell + " " * (w - visible(cell)) for cell, w in zip(cells, widths, strict=True)]
    return "".join(
        [padded[0], *(gap + cell for gap, cell in zip(gaps[1:], padded[1:], strict=True))]
    )
