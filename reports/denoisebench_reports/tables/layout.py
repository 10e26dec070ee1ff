"""A table before it is printed: its columns, its rows in blocks, and the marks of its figures."""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from denoisebench.results.results import Results
from denoisebench.results.summary import Summary
from denoisebench.scoring.marks import Mark
from denoisebench_reports.published.figures import Figures, sound_figures
from denoisebench_reports.published.verdict import Comparison, comparisons
from denoisebench_reports.tables.columns import Column, column_names, is_baseline, table_columns
from denoisebench_reports.tables.ranked import Cells, row_marks

NONE = "–"
"""A cell without a figure."""

FULL_COLUMNS = 4
"""With more methods than this a cell is the figure alone; intervals and published figures move."""


@dataclass(frozen=True, slots=True)
class Row:
    """A data set's figures under one noise."""

    dataset: str
    cells: Cells
    marks: dict[Column, Mark]

    @property
    def noisy_text(self) -> str:
        """The noisy images' figure, as `psnr_text`."""
        first = next(iter(self.cells.values()))
        return _text_of_mean(first.noisy_psnr_db, first.noisy_psnr_of_image)


@dataclass(frozen=True, slots=True)
class Block:
    """The rows under one noise (parameters, protocol), which the title names."""

    title: str
    rows: Sequence[Row]


@dataclass(frozen=True, slots=True)
class Board:
    """A table with at least one figure.

    summaries: with the names of their columns, in the order of the columns.  declined: (method,
    noise and parameters, reason) for cells that are missing.  rules: says what the protocol with a
    label does.  published: the figures of papers.
    """

    columns: Sequence[Column]
    blocks: Sequence[Block]
    summaries: Sequence[tuple[str, Summary]]
    declined: Sequence[tuple[str, str, str]]
    rules: Callable[[str], str]
    published: Figures

    @property
    def with_noisy(self) -> bool:
        """Whether the noisy images' figure has a column, there being none of the baseline."""
        return not any(is_baseline(line) for _, line in self.summaries)

    @property
    def has_published(self) -> bool:
        """Whether a paper has one of the figures."""
        return any(self.comparisons(line) for _, line in self.summaries)

    def comparisons(self, line: Summary) -> list[Comparison]:
        """Every published figure of a line, next to ours."""
        return comparisons(line, self.published)

    def published_text(self, line: Summary) -> str:
        """The first published figure, `(30.13)`; empty where there is none."""
        return "".join(f"({first.figure.psnr_db:.2f})" for first in self.comparisons(line)[:1])

    @property
    def lead_heads(self) -> list[str]:
        """The heads of the columns before the methods': the data set, noisy images, interval."""
        noisy, interval = ["noisy"] * self.with_noisy, ["±"] * self.compact
        return ["", *noisy, *interval]

    def lead_cells(self, row: Row) -> list[str]:
        """The cells under `lead_heads`."""
        noisy, interval = [row.noisy_text] * self.with_noisy, [widest_interval(row.cells)]
        return [row.dataset, *noisy, *interval * self.compact]

    def published_cells(self, row: Row) -> list[str]:
        """The line below a row of a compact table, with published figures; empty without any."""
        found = [self.published_text(row.cells[c]) if c in row.cells else "" for c in self.columns]
        shown = self.compact and any(found)
        return [*("" for _ in self.lead_heads), *found] if shown else []

    @property
    def methods(self) -> list[Column]:
        """The columns without the baseline's."""
        return [column for column in self.columns if column.evidence]

    @property
    def compact(self) -> bool:
        return len(self.methods) > FULL_COLUMNS

    @property
    def has_groups(self) -> bool:
        return any(column.group for column in self.columns)

    @property
    def has_evidences(self) -> bool:
        """Whether the methods are of more than one evidence."""
        return len({column.evidence for column in self.methods}) > 1

    @property
    def has_marks(self) -> bool:
        return any(row.marks for block in self.blocks for row in block.rows)

    def starts_group(self, number: int) -> bool:
        """Whether a line stands before this column: its parameters or its evidence are others."""
        column, before = self.columns[number], self.columns[number - 1] if number else None
        if before is None or not before.evidence:
            return bool(column.group)
        return before[:2] != column[:2]


def make_board(results: Results) -> Board:
    """The table of results."""
    lines = results.summaries
    columns, places = table_columns(lines)
    order = list(dict.fromkeys(column.name for column in columns))
    summaries = sorted(
        zip(column_names(lines), lines, strict=True), key=lambda pair: order.index(pair[0])
    )
    return Board(
        columns,
        _blocks(lines, places),
        summaries,
        results.declined,
        results.rules,
        sound_figures(results.published),
    )


def _blocks(lines: Sequence[Summary], places: Sequence[Column]) -> list[Block]:
    one_protocol = len({line.protocol for line in lines}) == 1
    grouped = any(place.group for place in places)
    cells: dict[str, dict[str, dict[Column, Summary]]] = {}  # by title and data set
    for line, place in zip(lines, places, strict=True):
        title = line.noise + ("" if grouped else f", parameters {line.parameters}")
        title += "" if one_protocol else f", protocol {line.protocol}"
        cells.setdefault(title, {}).setdefault(line.dataset, {})[place] = line
    return [
        Block(title, [Row(dataset, its, row_marks(its)) for dataset, its in datasets.items()])
        for title, datasets in cells.items()
    ]


def psnr_text(line: Summary) -> str:
    """`29.52`; without a finite image `exact` or `nan`."""
    return _text_of_mean(line.psnr_db, line.psnr_of_image)


def _text_of_mean(psnr_db: float, of_image: Mapping[str, float]) -> str:
    if not math.isnan(psnr_db):
        return f"{psnr_db:.2f}"
    return "exact" if all(map(math.isinf, of_image.values())) else "nan"


def half_text(line: Summary) -> str:
    """Half the interval of a mean, `0.85`; empty where there is none."""
    half = line.psnr_high - line.psnr_db
    return "" if math.isnan(half) else f"{half:.2f}"


def widest_interval(cells: Cells) -> str:
    """The widest of a row, as `half_text`."""
    texts = [half_text(line) for line in cells.values() if not is_baseline(line)]
    return max(filter(None, texts), key=float, default="")
