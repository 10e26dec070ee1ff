"""Changes between two folders of results: cells that are in both, image by image."""

import math
from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable, Sequence
from dataclasses import dataclass
from operator import attrgetter

from denoisebench.results.records import CellResult
from denoisebench.results.selection import made_alike
from denoisebench.results.why_changed import reasons
from denoisebench.scoring.average import psnr_of_images
from denoisebench.scoring.paired import Difference, paired_difference
from denoisebench.scoring.statistics import finite_mean

EQUAL, ROUNDING, HIGHER, LOWER, UNDECIDED = "equal", "rounding", "higher", "lower", "undecided"

ROUNDING_DB = 0.005
"""Differences of PSNR up to this, in every image, are called rounding: none shows in a table."""

asked = attrgetter("method", "noise", "parameters", "dataset", "protocol", "seed")
"""The question that a cell answers, whatever it was trained with."""


@dataclass(frozen=True, slots=True)
class Change:
    """A cell of both folders.

    difference: of the PSNR, after less before, paired by image.  images: those scored in both.
    verdict: `equal` and `rounding` of every image, `higher` and `lower` if the interval leaves out
    0, else `undecided`.  why: known differences of how the two were made.
    """

    before: CellResult
    after: CellResult
    psnr_before_db: float
    psnr_after_db: float
    difference: Difference
    images: int
    verdict: str
    why: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Changes:
    """The cells of both folders, and those of one alone, each in the order of its folder."""

    pairs: tuple[Change, ...]
    added: tuple[CellResult, ...]
    removed: tuple[CellResult, ...]


def compare(before: Sequence[CellResult], after: Sequence[CellResult]) -> Changes:
    """Pair the cells of two folders, none of them twice there (`selection.choose`).

    First those of one request in all; then those that differ in training or weights alone, where
    each folder has one.
    """
    pairs = _pairs(before, after, made_alike)
    old, new = {one.cell for one, _ in pairs}, {other.cell for _, other in pairs}
    pairs += _pairs(
        [cell for cell in before if cell.cell not in old],
        [cell for cell in after if cell.cell not in new],
        asked,
    )
    old, new = {one.cell for one, _ in pairs}, {other.cell for _, other in pairs}
    place = {cell.cell: number for number, cell in enumerate(after)}
    pairs.sort(key=lambda pair: place[pair[1].cell])
    return Changes(
        tuple(_change(*pair) for pair in pairs),
        tuple(cell for cell in after if cell.cell not in new),
        tuple(cell for cell in before if cell.cell not in old),
    )


def _pairs(
    before: Iterable[CellResult],
    after: Iterable[CellResult],
    key: Callable[[CellResult], Hashable],
) -> list[tuple[CellResult, CellResult]]:
    """The cells that are alone with their key in both folders."""
    sides: tuple[defaultdict[Hashable, list[CellResult]], ...] = (
        defaultdict(list),
        defaultdict(list),
    )
    for side, cells in zip(sides, (before, after), strict=True):
        for cell in cells:
            side[key(cell)].append(cell)
    old, new = sides
    return [
        (old[name][0], cells[0])
        for name, cells in new.items()
        if len(cells) == 1 and len(old.get(name, ())) == 1
    ]


def _change(before: CellResult, after: CellResult) -> Change:
    one, other = (_psnr_of_image(cell) for cell in (before, after))
    common = [image for image in other if image in one]
    difference = paired_difference(other, one)
    largest = max((_apart(one[image], other[image]) for image in common), default=math.inf)
    verdict = UNDECIDED
    if largest == 0.0:
        verdict = EQUAL
    elif largest <= ROUNDING_DB:
        verdict = ROUNDING
    elif difference.low > 0.0:
        verdict = HIGHER
    elif difference.high < 0.0:
        verdict = LOWER
    return Change(
        before,
        after,
        finite_mean(one.values()),
        finite_mean(other.values()),
        difference,
        len(common),
        verdict,
        tuple(reasons(before, after)),
    )


def _psnr_of_image(cell: CellResult) -> dict[str, float]:
    return psnr_of_images(((s.image, s.psnr_db) for s in cell.scores), cell.protocol)


def _apart(one: float, other: float) -> float:
    """How far two PSNRs are apart, dB; two that are both infinite or both NaN are equal."""
    if one == other or (math.isnan(one) and math.isnan(other)):
        return 0.0
    gap = abs(one - other)
    return math.inf if math.isnan(gap) else gap
