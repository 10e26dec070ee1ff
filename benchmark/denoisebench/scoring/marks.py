"""Who is best among methods scored on the same images, who is second, and who is tied.

Tied: the interval of the paired difference from the best holds 0.  The intervals are wide enough
to hold for all pairs of the methods together, since the best is picked by its score.
docs/protocols.md says it in words; docs/statistics.md has the simulations.
"""

import math
from collections.abc import Hashable, Iterable, Mapping
from dataclasses import dataclass
from itertools import combinations
from typing import TypeVar

import numpy as np

from denoisebench.scoring.paired import Scores, paired_difference
from denoisebench.scoring.statistics import CONFIDENCE

MethodT = TypeVar("MethodT", bound=Hashable)


@dataclass(frozen=True, slots=True)
class Mark:
    """The marks of a figure.  The best is not tied with itself."""

    best: bool = False
    second: bool = False
    tied: bool = False


def marks(methods: Mapping[MethodT, Scores], decimals: int = 2) -> dict[MethodT, Mark]:
    """The marks of methods by their scores, most being best.  A method alone has none.

    Means that are equal when printed with this number of decimals are marked equal.
    """
    means = comparable_means(methods)
    printed = {method: round(mean, decimals) for method, mean in means.items()}
    if len(printed) < 2:
        return {}
    best, second, *_ = [*sorted(set(printed.values()), reverse=True), math.nan]
    tied = tied_with_best(methods)
    found = {
        method: Mark(best=True)
        if mean == best
        else Mark(second=mean == second, tied=method in tied)
        for method, mean in printed.items()
    }
    return {method: mark for method, mark in found.items() if mark != Mark()}


def tied_with_best(methods: Mapping[MethodT, Scores]) -> set[MethodT]:
    """The methods that are tied with the best one, most being best."""
    means = comparable_means(methods)
    if len(means) < 2:
        return set()
    best = max(means, key=lambda method: means[method])
    confidence = joint_confidence(len(means))
    return {
        method
        for method in means
        if method != best
        and paired_difference(methods[best], methods[method], confidence).holds_zero
    }


def comparable_means(methods: Mapping[MethodT, Scores]) -> dict[MethodT, float]:
    """The means by which methods are compared, over the images on which all of them are finite.

    A mean over other images than another's would rank the images.  Methods without a finite score
    are left aside; where no image is left, all are.
    """
    scored = {m: its for m, its in methods.items() if any(map(math.isfinite, its.values()))}
    if not scored:
        return {}
    first, *others = scored.values()
    common = [
        image
        for image in first
        if all(math.isfinite(its.get(image, math.nan)) for its in (first, *others))
    ]
    if not common:
        return {}
    return {m: float(np.mean([its[image] for image in common])) for m, its in scored.items()}


def joint_confidence(methods: int) -> float:
    """The confidence of each interval, so that the intervals of all pairs of methods hold at 95 %
    together.

    Bonferroni's.  The best is the best by its figure, so that any pair may come to be looked at.
    """
    return 1.0 - (1.0 - CONFIDENCE) / math.comb(methods, 2)


def half_widths(methods: Iterable[Scores]) -> list[float]:
    """Half the 95 % interval of the difference of each pair of methods that has one."""
    halves = [paired_difference(one, other).half_width for one, other in combinations(methods, 2)]
    return [half for half in halves if not math.isnan(half)]
