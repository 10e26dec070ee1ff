"""What a method that sees no clean image loses to the supervised one, as measured and printed."""

import math
from collections.abc import Iterator
from dataclasses import dataclass

from denoisebench_reports.noise2score_table2.cells import Entry, FilledTable, TableCell
from denoisebench_reports.summary.marks import paired_interval

METHOD, REFERENCE = "noise2score", "supervised"


@dataclass(frozen=True, slots=True)
class Gap:
    """METHOD less REFERENCE on one data set, dB, both trained equally long.

    half_db: half the paired 95 % interval over images.  paper_db: NaN where a figure is in doubt.
    """

    one: Entry
    reference: Entry
    half_db: float
    paper_db: float

    @property
    def ours_db(self) -> float:
        return self.one.line.psnr_db - self.reference.line.psnr_db


def gaps(filled: FilledTable) -> Iterator[Gap]:
    """Each cell of METHOD with one of REFERENCE at an equal budget, the largest that both have."""
    for place in filled.places:
        if place.method != METHOD:
            continue
        other = place._replace(method=REFERENCE)
        pair = _equally_long(filled, place, other)
        if pair is None:
            continue
        one, reference = pair
        low, high = paired_interval(one.line, reference.line)
        paper_db = filled.paper.sound(place) - filled.paper.sound(other)
        yield Gap(one, reference, (high - low) / 2.0, paper_db)


def _equally_long(
    filled: FilledTable, place: TableCell, other: TableCell
) -> tuple[Entry, Entry] | None:
    """The first result of each that was trained as long as one of the other's."""
    for one in filled.candidates.get(place, ()):
        for reference in filled.candidates.get(other, ()):
            if math.isclose(one.megapixels, reference.megapixels, abs_tol=0.5):
                return one, reference
    return None
