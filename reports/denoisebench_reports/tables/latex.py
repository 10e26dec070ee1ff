"""The table as LaTeX for a paper: tables of the package booktabs, to be pasted as they are."""

import re
from collections.abc import Callable, Iterable, Sequence
from itertools import groupby

from denoisebench.results.results import Results
from denoisebench.scoring.marks import Mark
from denoisebench_reports.tables.citations import citation_key, key_comments
from denoisebench_reports.tables.columns import Column, is_baseline, is_of_baseline
from denoisebench_reports.tables.layout import (
    NONE,
    Board,
    Row,
    half_text,
    make_board,
    psnr_text,
)
from denoisebench_reports.tables.notes import TRAINING_HEADERS, notes, trainings
from denoisebench_reports.tables.published_table import HEADERS, published_table

MARKS = "bold: best, ~: tied with the best, underlined: second"
PREAMBLE = r"% In the preamble: \usepackage{booktabs}"
PREAMBLE_SIUNITX = r"% and, for bold figures too: \usepackage[detect-all]{siunitx}"
_DECIMAL = re.compile(r"(?<![\w.:=])(?:\$-\$|[-+])?\d+\.\d+(?![\w.])")
TIED = r"\textasciitilde{}"
_ESCAPES = {
    "\\": r"\textbackslash{}",
    "~": TIED,
    "^": r"\textasciicircum{}",
    **{character: f"\\{character}" for character in "_%&#${}"},
    "<": r"\textless{}",
    ">": r"\textgreater{}",
    "|": r"\textbar{}",
    "±": r"$\pm$",
    "×": r"$\times$",
    "σ": r"$\sigma$",
    "²": r"\textsuperscript{2}",
    "–": "--",
    "−": "$-$",
    "≤": r"$\leq$",
    "≥": r"$\geq$",
    "→": r"$\to$",
    "≈": r"$\approx$",
    "·": r"$\cdot$",
    "μ": r"$\mu$",
    "…": r"\dots{}",
}
_SPECIAL = re.compile("|".join(map(re.escape, _ESCAPES)))


def render_latex(results: Results) -> str:
    """Three floats: the figures, how methods were trained, the comparison with what is published.

    Every row of a tabular has as many columns as its head says, spans counted.  Each float has a
    label and a short caption; published figures have a key to cite their paper by.
    """
    return _render(make_board(results), [PREAMBLE], str)


def render_siunitx(results: Results) -> str:
    r"""The same with each decibel figure in `\num` of the package siunitx."""
    return _render(make_board(results), [PREAMBLE, PREAMBLE_SIUNITX], _in_num)


def _render(board: Board, preamble: Sequence[str], numbers: Callable[[str], str]) -> str:
    """The floats.  numbers: what becomes of the figures of a tabular."""
    methods = sum(not is_of_baseline(column.name) for column in board.columns)
    counted = f"{methods} methods" if methods != 1 else "1 method"
    sets = dict.fromkeys(row.dataset for block in board.blocks for row in block.rows)
    short = f"PSNR in dB of {counted} on {', '.join(sets)}"
    figures = _float(
        numbers(_tabular(board)),
        escaped(" ".join(notes(board, MARKS))),
        ("figures", short),
        small=board.compact,
    )
    trained = [[f"\\texttt{{{escaped(name)}}}", *map(escaped, rest)] for name, *rest in
               trainings(board)]  # fmt: skip
    trained_float = _float(
        _plain(TRAINING_HEADERS, trained),
        "How methods were trained.",
        ("training", "Training of the methods"),
    )
    floats = [figures, trained_float]
    published = published_table(board)
    if published:
        body = [[escaped(_signed(cell)) for cell in row] for row in published.rows]
        said = " ".join([escaped(published.note), *map(_cited, published.papers)])
        short = "Comparison with published figures"
        floats.append(_float(numbers(_plain(HEADERS, body)), said, ("published", short)))
        floats += key_comments(paper.partition(" ")[2] for paper in published.papers)
    return "\n\n".join(["\n".join(preamble), *floats]) + "\n"


def _cited(paper: str) -> str:
    """A paper, `[1] Noise2Score ...`, with its key."""
    key = citation_key(paper.partition(" ")[2])
    return escaped(paper) + (f" \\cite{{{key}}}." if key else ".")


def _in_num(tabular: str) -> str:
    """Each number with decimals in `\\num`; those of a spec, as poisson:0.01, stay."""
    return _DECIMAL.sub(lambda n: f"\\num{{{n[0].replace('$-$', '-')}}}", tabular)


def escaped(text: str) -> str:
    """`text` with every character that LaTeX reads as a command written out."""
    return _SPECIAL.sub(lambda found: _ESCAPES[found[0]], text)


def _signed(cell: str) -> str:
    """A negative number with a minus sign in place of a hyphen."""
    return re.sub(r"^-(?=\d)", "−", cell)


def _float(tabular: str, caption: str, known_as: tuple[str, str], small: bool = False) -> str:
    """known_as: the end of its label, and its caption in a list of tables."""
    name, short = known_as
    size = "\\scriptsize\\setlength{\\tabcolsep}{3pt}" if small else "\\small"
    lines = ["\\begin{table}", f"\\centering{size}", tabular]
    lines += [
        f"\\caption[{{{escaped(short)}}}]{{{caption}}}",
        f"\\label{{tab:denoisebench-{name}}}",
    ]
    return "\n".join([*lines, "\\end{table}"])


def _environment(columns: str, lines: Iterable[str]) -> str:
    return "\n".join([f"\\begin{{tabular}}{{{columns}}}", *lines, "\\end{tabular}"])


def _plain(header: Sequence[str], body: Sequence[Sequence[str]]) -> str:
    rows = [_line(row) for row in body]
    head = _line(list(map(escaped, header)))
    return _environment("l" * len(header), ["\\toprule", head, "\\midrule", *rows, "\\bottomrule"])


def _line(cells: Sequence[str]) -> str:
    return " & ".join(cells) + r" \\"


def _tabular(board: Board) -> str:
    lead = len(board.lead_heads)
    names = [f"\\texttt{{{escaped(column.name)}}}" for column in board.columns]
    lines = ["\\toprule", *_titles(board, lead), _line([*map(escaped, board.lead_heads), *names])]
    for block in board.blocks:
        span = lead + len(board.columns)
        lines += ["\\midrule", _line([_spanning(span, "l", f"\\emph{{{escaped(block.title)}}}")])]
        lines += [_line(cells) for row in block.rows for cells in _rows(row, board)]
    bars = ["|" if _divides(board, i) else "" for i in range(len(board.columns))]
    columns = "l" + "r" * (lead - 1) + "".join(f"{bar}l" for bar in bars)
    return _environment(columns, [*lines, "\\bottomrule"])


def _divides(board: Board, number: int) -> bool:
    """Whether a bar stands before a column: of supervised methods, after others."""
    return bool(number) and board.starts_group(number) and board.columns[number].saw_clean


def _titles(board: Board, lead: int) -> list[str]:
    """Rows of parameters and of evidence above the methods, where there are several."""
    lines: list[str] = []
    if board.has_groups:
        names = [c.heading for c in board.columns]
        lines += _title(lead, names, [c.group for c in board.columns])
    if board.has_evidences:
        names = [column.evidence for column in board.columns]
        lines += _title(lead, names, [column[:2] for column in board.columns])
    return lines


def _title(lead: int, names: Sequence[str], spans: Sequence[object]) -> list[str]:
    """A row of titles over equal neighbours of `spans`, and the rules beneath them."""
    cells, rules, first = [""] * lead, [], lead + 1
    for _, its in groupby(range(len(names)), key=lambda number: spans[number]):
        count, name = len(list(its)), names[first - lead - 1]
        cells.append(_spanning(count, "c", escaped(name)))
        rules += [f"\\cmidrule(lr){{{first}-{first + count - 1}}}"] if name else []
        first += count
    return [_line(cells), "".join(rules)]


def _spanning(columns: int, align: str, text: str) -> str:
    return f"\\multicolumn{{{columns}}}{{{align}}}{{{text}}}"


def _rows(row: Row, board: Board) -> list[list[str]]:
    """The row of a data set and, in a compact table, one below it with published figures."""
    figures = [_figure(row, column, board) for column in board.columns]
    published = board.published_cells(row)
    return [[*map(escaped, board.lead_cells(row)), *figures], *([published] if published else [])]


def _figure(row: Row, column: Column, board: Board) -> str:
    if column not in row.cells:
        return escaped(NONE)
    line, mark = row.cells[column], row.marks.get(column, Mark())
    figure = psnr_text(line)
    if is_baseline(line):
        return figure
    look = "\\textbf{%s}" if mark.best else "\\underline{%s}" if mark.second else "%s"
    figure = look % figure + (TIED if mark.tied else "")
    if board.compact:
        return figure
    small = [f"$\\pm${half_text(line)}" if half_text(line) else "", board.published_text(line)]
    rest = " ".join(filter(None, small))
    return figure + (f" {{\\scriptsize {rest}}}" if rest else "")
