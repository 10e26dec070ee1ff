"""The table as GitHub-flavoured Markdown."""

import re
from collections.abc import Iterable, Sequence

from denoisebench.results.results import Results
from denoisebench.scoring.marks import Mark
from denoisebench_reports.tables.columns import Column, is_baseline
from denoisebench_reports.tables.layout import (
    NONE,
    Block,
    Board,
    Row,
    half_text,
    make_board,
    psnr_text,
)
from denoisebench_reports.tables.notes import TRAINING_HEADERS, notes, trainings
from denoisebench_reports.tables.published_table import HEADERS, published_table

MARKS = "bold: best, ~: tied with the best, underlined: second"
DIVIDER = "‖"
"""A column of these stands before the methods that see clean images."""
_SPECIAL = re.compile(r"([\\`*_<>|~\[\]#])")


def render_markdown(results: Results) -> str:
    """A table per noise, then notes, trainings and published figures, as beneath the text table."""
    board = make_board(results)
    parts = [part for block in board.blocks for part in _block(block, board)]
    parts.append("\n".join(f"- {escaped(note)}" for note in notes(board, MARKS)))
    parts.append(pipe_table(TRAINING_HEADERS, map(_escaped_all, trainings(board))))
    published = published_table(board)
    if published:
        parts.append(escaped(published.note))
        parts.append("\n".join(f"- {escaped(paper)}" for paper in published.papers))
        parts.append(pipe_table(HEADERS, map(_escaped_all, published.rows)))
    return "\n\n".join(parts) + "\n"


def escaped(text: str) -> str:
    """`text` with everything that Markdown would read as a mark escaped."""
    return _SPECIAL.sub(r"\\\1", text)


def _escaped_all(texts: Sequence[str]) -> list[str]:
    return [escaped(text) for text in texts]


def _block(block: Block, board: Board) -> list[str]:
    header = [
        *board.lead_heads,
        *_with_dividers([_heading(c, board) for c in board.columns], board),
    ]
    return [
        f"**{escaped(block.title)}**",
        pipe_table(header, (_row(row, board) for row in block.rows)),
    ]


def _heading(column: Column, board: Board) -> str:
    """A method's name, under it what it sees and knows where that differs between columns."""
    said = [column.heading] if column.heading else []
    said += [column.evidence] if board.has_evidences and column.evidence else []
    return "<br>".join([escaped(column.name).replace(":", "<br>:"), *said])


def _row(row: Row, board: Board) -> list[str]:
    figures = [_figure(row, column, board) for column in board.columns]
    return [*map(escaped, board.lead_cells(row)), *_with_dividers(figures, board)]


def _figure(row: Row, column: Column, board: Board) -> str:
    if column not in row.cells:
        return NONE
    line, mark = row.cells[column], row.marks.get(column, Mark())
    figure = psnr_text(line)
    if is_baseline(line):
        return figure
    figure = f"**{figure}**" if mark.best else f"<u>{figure}</u>" if mark.second else figure
    figure += escaped("~") if mark.tied else ""
    half = "" if board.compact else half_text(line)
    return " ".join(filter(None, [figure, half and f"± {half}", board.published_text(line)]))


def _with_dividers(cells: Sequence[str], board: Board) -> list[str]:
    divided = []
    for number, cell in enumerate(cells):
        if number and board.starts_group(number) and board.columns[number].saw_clean:
            divided.append(DIVIDER)
        divided.append(cell)
    return divided


def pipe_table(header: Sequence[str], body: Iterable[Sequence[str]]) -> str:
    """The lines of a table; what its cells hold is Markdown already."""
    rule = ["---"] * len(header)
    return "\n".join(f"| {' | '.join(row)} |" for row in [header, rule, *body])
