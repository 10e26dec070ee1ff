"""The loss of a method that sees no clean image against the supervised one, as measured and
printed."""

from collections.abc import Iterator
from dataclasses import dataclass

from denoisebench.scoring.paired import paired_difference
from denoisebench_reports.paper_tables.cells import Entry, FilledTable, TableCell
from denoisebench_reports.paper_tables.definition import FIXED

SHORTER = 0.95
"""A training is shorter than another if its length is below this share of the other's."""


@dataclass(frozen=True, slots=True)
class Gap:
    """A method less a reference on one data set, dB, both trained equally long.

    ours_db: over the images that are finite in both.  half_db: half its paired 95 % interval over
    images.  paper_db: NaN where a figure is in doubt.
    """

    one: Entry
    reference: Entry
    ours_db: float
    half_db: float
    paper_db: float


def gaps(filled: FilledTable) -> Iterator[Gap]:
    """Each cell of the table's first method with one of its second at an equal budget, the largest
    that both have."""
    method, reference_method = filled.paper.defined.gap
    for place in filled.places:
        if place.method != method or place.draws != FIXED:
            continue
        other = place._replace(method=reference_method)
        pair = equally_long(filled, place, other)
        if pair is None:
            continue
        one, reference = pair
        between = paired_difference(one.line.psnr_of_image, reference.line.psnr_of_image)
        paper_db = filled.paper.sound(place) - filled.paper.sound(other)
        yield Gap(one, reference, between.mean, between.half_width, paper_db)


def equally_long(
    filled: FilledTable, place: TableCell, other: TableCell
) -> tuple[Entry, Entry] | None:
    """The first result of each that was trained as long as one of the other's."""
    for one in filled.candidates.get(place, ()):
        for reference in filled.candidates.get(other, ()):
            if not (is_shorter(one, reference) or is_shorter(reference, one)):
                return one, reference
    return None


def is_shorter(one: Entry, other: Entry) -> bool:
    """Whether a training is shorter than another; never if one of the methods learns nothing."""
    both = one.megapixels and other.megapixels
    return bool(both) and one.megapixels < SHORTER * other.megapixels
