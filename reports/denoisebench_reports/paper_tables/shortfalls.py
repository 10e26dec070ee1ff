"""The cells of a table's first method that are below the paper's, and what bounds them."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from denoisebench_reports.paper_tables.cells import Entry, FilledTable, signed
from denoisebench_reports.paper_tables.definition import FIXED
from denoisebench_reports.tables.layout import NONE
from denoisebench_reports.tables.markdown import pipe_table

SHORT_DB = 0.1


@dataclass(frozen=True, slots=True)
class Shortfall:
    """A cell below the paper's.  ours_db: the difference, negative.  paper_megapixels: of the
    paper's training; NaN if unknown.  bound: the result of the reference method that was trained
    most nearly as long.  bound_db: its difference from the paper's figure of it; NaN without one.
    """

    measured: Entry
    ours_db: float
    paper_megapixels: float
    bound: Entry | None
    bound_db: float


def shortfalls(filled: FilledTable) -> Iterator[Shortfall]:
    """Those more than SHORT_DB below, in the order of the table."""
    method, reference = filled.paper.defined.gap
    for place in filled.places:
        difference_db, measured = filled.difference_db(place), filled.counts(place)
        if measured is None or place.method != method or place.draws != FIXED:
            continue
        if not difference_db < -SHORT_DB:
            continue
        other = place._replace(method=reference)
        bound = _nearest(measured, filled.candidates.get(other, ()))
        bound_db = math.nan if bound is None else bound.psnr_db - filled.paper.sound(other)
        yield Shortfall(
            measured, difference_db, filled.paper.figures[place].megapixels, bound, bound_db
        )


def _nearest(measured: Entry, references: Sequence[Entry]) -> Entry | None:
    """The reference whose length of training is nearest by its ratio; None if none is known."""
    told = [one for one in references if one.megapixels and measured.megapixels]
    if not told:
        return None
    return min(told, key=lambda one: abs(math.log(one.megapixels / measured.megapixels)))


def shortfall_section(filled: FilledTable) -> list[str]:
    """A table of them, with how to read it."""
    method, reference = filled.paper.defined.gap
    found = list(shortfalls(filled))
    if not found:
        return []
    rows = [
        (
            filled.paper.defined.title_of(short.measured.place.noise),
            short.measured.place.parameters,
            short.measured.place.dataset,
            signed(short.ours_db),
            _length(short.measured.megapixels),
            _length(short.paper_megapixels),
            NONE if math.isnan(short.bound_db) else signed(short.bound_db),
            NONE if short.bound is None else _length(short.bound.megapixels),
        )
        for short in found
    ]
    return [
        f"## Cells of {method} below the paper's",
        f"Those more than {SHORT_DB:g} dB below. The last two columns are {reference}, less the"
        " paper's figure of it, and its length: of all its results the one trained most nearly as"
        " long as the cell's network. If it is as far below at such a length, the length of the"
        f" training bounds the cell, not the loss of {method}.",
        pipe_table(
            (
                *("noise", "parameters", "", "difference", "gigapixels", "the paper's"),
                *(reference, "its gigapixels"),
            ),
            rows,
        ),
    ]


def _length(megapixels: float) -> str:
    return NONE if math.isnan(megapixels) or not megapixels else f"{megapixels / 1e3:.3g}"
