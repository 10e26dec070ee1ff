"""Which figures of a row of a table are ranked, their marks, and what a set resolves."""

import math
from collections import defaultdict
from collections.abc import Iterable, Mapping

import numpy as np

from denoisebench.results.summary import Summary
from denoisebench.scoring.marks import Mark, half_widths, marks
from denoisebench_reports.tables.columns import Column, is_baseline

Cells = Mapping[Column, Summary]  # of one data set and noise


def ranked(cells: Cells) -> dict[str, dict[Column, Summary]]:
    """The figures that are compared, by group: neither the baseline's, a supervised method's nor an
    oracle's.

    Supervised figures are what the others are measured by, not rivals: Table 2 of Noise2Score
    leaves them aside too.
    """
    groups: defaultdict[str, dict[Column, Summary]] = defaultdict(dict)
    for column, line in cells.items():
        unranked = is_baseline(line) or column.saw_clean or column.is_oracle
        if not (unranked or math.isnan(line.psnr_db)):
            groups[column.group][column] = line
    return groups


def row_marks(cells: Cells) -> dict[Column, Mark]:
    """The marks of a row, in each of its groups by itself."""
    found: dict[Column, Mark] = {}
    for group in ranked(cells).values():
        found |= marks({column: line.psnr_of_image for column, line in group.items()})
    return found


def resolved_db(rows: Iterable[tuple[str, Cells]]) -> dict[str, float]:
    """The smallest difference that each data set resolves, dB; none where no two are ranked.

    That is half the paired interval, the median over all pairs of methods that a row ranks.
    rows: data set, and its cells under one noise.
    """
    halves: defaultdict[str, list[float]] = defaultdict(list)
    for dataset, cells in rows:
        for group in ranked(cells).values():
            halves[dataset] += half_widths(line.psnr_of_image for line in group.values())
    return {dataset: float(np.median(its)) for dataset, its in halves.items() if its}
