"""Claims of a paper on its table, each judged cell by cell on what is measured here.

A claim says that one column is better than others, or at most some dB below them.  A cell's
verdict is of the 95 % interval of the difference, paired by image.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product

from denoisebench.scoring.paired import Difference, paired_difference
from denoisebench_reports.paper_tables.cells import Entry, FilledTable, TableCell
from denoisebench_reports.paper_tables.definition import Claim
from denoisebench_reports.paper_tables.gap import is_shorter

HOLDS, FAILS, OPEN, UNEQUAL = "holds", "fails", "open", "unequal"
"""The interval is above the claim's bound; below it; has it within.  UNEQUAL: it holds for the
network with the longer training, or fails for the one with the shorter."""


@dataclass(frozen=True, slots=True)
class Judged:
    """A cell of a claim.  paper_db: the paper's difference; NaN where a figure is in doubt."""

    one: Entry
    other: Entry
    between: Difference
    paper_db: float
    verdict: str


@dataclass(frozen=True, slots=True)
class JudgedClaim:
    """A claim with its cells.  unmeasured: how many more the paper has sound figures of."""

    claim: Claim
    cells: tuple[Judged, ...]
    unmeasured: int

    def count(self, verdict: str) -> int:
        return sum(cell.verdict == verdict for cell in self.cells)

    @property
    def verdict(self) -> str:
        """Of the claim as a whole."""
        holds, fails = self.count(HOLDS), self.count(FAILS)
        if not holds + fails:
            return "open"
        if not fails:
            return "holds wherever it is decided"
        return "holds in part" if holds else "does not hold"


def judge(filled: FilledTable, claim: Claim) -> JudgedClaim:
    """A claim on every cell of the table that it speaks of."""
    cells, unmeasured = [], 0
    for place, other in _places(filled, claim):
        paper_db = filled.paper.sound(place) - filled.paper.sound(other)
        pair = _pair(filled, place, other)
        if pair:
            cells.append(_judged(*pair, paper_db, claim.within_db))
        else:
            unmeasured += not math.isnan(paper_db)
    return JudgedClaim(claim, tuple(cells), unmeasured)


def _places(filled: FilledTable, claim: Claim) -> Iterator[tuple[TableCell, TableCell]]:
    """The cell of `one` and that of each other column that the table has under the same noise."""
    for noise, other, dataset in product(filled.paper.noises, claim.others, filled.paper.datasets):
        columns = filled.paper.columns(noise)
        if claim.one in columns and other in columns:
            yield TableCell(noise, dataset, *claim.one), TableCell(noise, dataset, *other)


def _pair(filled: FilledTable, place: TableCell, other: TableCell) -> tuple[Entry, Entry] | None:
    """A result of each: of equal lengths if there are, else the first one trained no longer than
    the other; the longest first.  Without such a pair, the longest of each."""
    pairs = list(product(filled.candidates.get(place, ()), filled.candidates.get(other, ())))
    return min(pairs, key=lambda pair: _unlike(*pair)) if pairs else None


def _unlike(one: Entry, other: Entry) -> tuple[bool, bool]:
    """How ill a pair compares; the first of equals counts."""
    longer, shorter = is_shorter(other, one), is_shorter(one, other)
    return longer, shorter


def _judged(one: Entry, other: Entry, paper_db: float, within_db: float) -> Judged:
    between = paired_difference(one.line.psnr_of_image, other.line.psnr_of_image)
    verdict = OPEN
    if between.low > -within_db:
        verdict = UNEQUAL if is_shorter(other, one) else HOLDS
    elif between.high < -within_db:
        verdict = UNEQUAL if is_shorter(one, other) else FAILS
    return Judged(one, other, between, paper_db, verdict)
