"""The cells of a table's first method that are below the paper's, and what bounds them."""

import math
from collections.abc import Iterator
from dataclasses import dataclass

from denoisebench_reports.paper_tables.cells import Entry, FilledTable, signed
from denoisebench_reports.paper_tables.definition import FIXED
from denoisebench_reports.paper_tables.gap import equally_long
from denoisebench_reports.tables.layout import NONE
from denoisebench_reports.tables.markdown import pipe_table

SHORT_DB = 0.1


@dataclass(frozen=True, slots=True)
class Shortfall:
    """A cell below the paper's.  ours_db: the difference, negative.  paper_megapixels: of the
    paper's training; NaN if unknown.  bound_db: the difference from the paper's figure of the
    reference method trained as long as the cell's; NaN without one.
    """

    measured: Entry
    ours_db: float
    paper_megapixels: float
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
        pair = equally_long(filled, place, other)
        same = pair and pair[0] is measured
        bound_db = pair[1].psnr_db - filled.paper.sound(other) if pair and same else math.nan
        yield Shortfall(
            measured, difference_db, filled.paper.figures[place].megapixels, round(bound_db, 2)
        )


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
        )
        for short in found
    ]
    return [
        f"## Cells of {method} below the paper's",
        f"Those more than {SHORT_DB:g} dB below. The last column is {reference}, trained as long as"
        " the cell's network, less the paper's figure of it. If it is as far below, the length of"
        f" the training bounds the cell, not the loss of {method}; a dash if there is no such"
        " training.",
        pipe_table(
            (
                *("noise", "parameters", "", "difference", "gigapixels", "the paper's"),
                f"{reference}, as long",
            ),
            rows,
        ),
    ]


def _length(megapixels: float) -> str:
    return NONE if math.isnan(megapixels) or not megapixels else f"{megapixels / 1e3:.3g}"
