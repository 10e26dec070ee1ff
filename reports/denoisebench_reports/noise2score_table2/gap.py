"""What a method that sees no clean image loses to the supervised one, as measured and printed."""

import math
from collections.abc import Iterator
from dataclasses import dataclass

from denoisebench.scoring.paired import paired_difference
from denoisebench_reports.noise2score_table2.cells import Entry, FilledTable, TableCell

METHOD, REFERENCE = "noise2score", "supervised"


@dataclass(frozen=True, slots=True)
class Gap:
    """METHOD less REFERENCE on one data set, dB, both trained equally long.

    ours_db: over the images that are finite in both.  half_db: half its paired 95 % interval over
    images.  paper_db: NaN where a figure is in doubt.
    """

    one: Entry
    reference: Entry
    ours_db: float
    half_db: float
    paper_db: float


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
        between = paired_difference(one.line.psnr_of_image, reference.line.psnr_of_image)
        paper_db = filled.paper.sound(place) - filled.paper.sound(other)
        yield Gap(one, reference, between.mean, between.half_width, paper_db)


def _equally_long(
    filled: FilledTable, place: TableCell, other: TableCell
) -> tuple[Entry, Entry] | None:
    """The first result of each that was trained as long as one of the other's."""
    for one in filled.candidates.get(place, ()):
        for reference in filled.candidates.get(other, ()):
            if math.isclose(one.megapixels, reference.megapixels, abs_tol=0.5):
                return one, reference
    return None
