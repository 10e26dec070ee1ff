"""Who is best in a row of a table, who is second, and who is tied with the best."""

import math
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import combinations

import numpy as np

from denoisebench.scoring.paired import difference_interval
from denoisebench.scoring.statistics import CONFIDENCE
from denoisebench_reports.summary.summary import Summary
from denoisebench_reports.tables.columns import Column, is_baseline

Cells = Mapping[Column, Summary]  # of one data set and noise


@dataclass(frozen=True, slots=True)
class Mark:
    """What is marked of a figure.

    tied: its difference from the best one has an interval that holds 0.  The best is not tied with
    itself.
    """

    best: bool = False
    second: bool = False
    tied: bool = False


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


def marks(cells: Cells) -> dict[Column, Mark]:
    """The marks of a row, in each of its groups by itself.  A figure alone has none.

    Figures that are printed equal are marked equal.  The intervals that tell ties are wide enough
    for all pairs of a group together (`joint_confidence`).
    """
    found: dict[Column, Mark] = {}
    for group in ranked(cells).values():
        printed = {column: round(line.psnr_db, 2) for column, line in group.items()}
        if len(printed) < 2:
            continue
        best, second, *_ = [*sorted(set(printed.values()), reverse=True), math.nan]
        confidence = joint_confidence(len(group))
        leader = max(group.values(), key=lambda line: line.psnr_db)
        for column, line in group.items():
            if printed[column] == best:
                found[column] = Mark(best=True)
            else:
                low, high = paired_interval(leader, line, confidence)
                found[column] = Mark(second=printed[column] == second, tied=low <= 0.0 <= high)
    return {column: mark for column, mark in found.items() if mark != Mark()}


def joint_confidence(methods: int) -> float:
    """Of each interval, so that those of all pairs of so many methods hold at 95 % together.

    Bonferroni's.  The best is the best by its figure, so that any pair may come to be looked at.
    """
    return 1.0 - (1.0 - CONFIDENCE) / math.comb(methods, 2)


def paired_interval(
    one: Summary, other: Summary, confidence: float = CONFIDENCE
) -> tuple[float, float]:
    """The interval of `one`'s mean PSNR less `other`'s, dB, over the images that both have."""
    images = one.psnr_of_image.keys() & other.psnr_of_image.keys()
    pairs = np.array([(one.psnr_of_image[i], other.psnr_of_image[i]) for i in sorted(images)])
    with np.errstate(invalid="ignore"):  # inf less inf is NaN, and has no interval
        differences = pairs[:, 0] - pairs[:, 1] if len(pairs) else np.empty(0)
    low, high = difference_interval(differences, confidence)
    return float(low), float(high)


def resolved_db(rows: Iterable[tuple[str, Cells]]) -> dict[str, float]:
    """The smallest difference that each data set resolves, dB; none where no two are ranked.

    That is half the paired interval, the median over all pairs of methods that a row ranks.
    rows: data set, and its cells under one noise.
    """
    split_in_halves: defaultdict[str, list[float]] = defaultdict(list)
    for dataset, cells in rows:
        for group in ranked(cells).values():
            split_in_halves[dataset] += [
                _half_width(*pair) for pair in combinations(group.values(), 2)
            ]
    known = {d: [h for h in its if not math.isnan(h)] for d, its in split_in_halves.items()}
    return {dataset: float(np.median(its)) for dataset, its in known.items() if its}


def _half_width(one: Summary, other: Summary) -> float:
    low, high = paired_interval(one, other)
    return (high - low) / 2.0
