"""How far the figures measured here are from those of a published table, in short."""

import math
from collections import defaultdict
from collections.abc import Sequence
from statistics import mean, median

import numpy as np

from denoisebench_reports.paper_tables.cells import FilledTable, TableCell, signed
from denoisebench_reports.paper_tables.definition import FIXED, FRESH, Column
from denoisebench_reports.paper_tables.gap import Gap
from denoisebench_reports.tables.layout import NONE
from denoisebench_reports.tables.markdown import pipe_table


def summary(filled: FilledTable, between: Sequence[Gap]) -> list[str]:
    """A paragraph each, under a heading."""
    sound = [place for place in filled.places if not math.isnan(filled.paper.sound(place))]
    count = sum(not math.isnan(filled.difference_db(place)) for place in sound)
    doubtful = len(filled.paper.figures) - len(sound)
    notes = [
        *_gap_notes(filled, between),
        *_paper_notes(filled),
        *_error_notes(filled),
        "Where several results fit one cell, the one trained longest stands there.",
        *_left_out(filled),
    ]
    return [
        "## In short",
        f"Of the paper's figures {len(sound)} are sound and {doubtful} in doubt. Beside {count} of"
        " the sound ones stand ours; their differences from them, in dB:",
        pipe_table(
            ("method", "parameters", "cells", "mean difference", "from", "to", "gigapixels"),
            [_method_row(filled, sound, column) for column in filled.paper.columns()],
        ),
        "\n".join(f"- {note}" for note in notes),
    ]


def _method_row(filled: FilledTable, sound: Sequence[TableCell], column: Column) -> list[str]:
    """A column of the paper's: how many of its cells are filled, and how far ours are off."""
    places = [p for p in sound if p.column == column]
    there = [p for p in places if not math.isnan(filled.difference_db(p))]
    found = [filled.difference_db(p) for p in there]
    told = [signed(mean(found)), signed(min(found)), signed(max(found))] if found else [NONE] * 3
    lengths = sorted({m.megapixels for p in there if (m := filled.counts(p))})
    trained = " / ".join(f"{length / 1e3:.3g}" for length in lengths if length)
    drawn = f" ({FRESH} draws)" if column.draws == FRESH else ""
    method = f"{column.method}{drawn}"
    return [method, column.parameters, f"{len(there)} of {len(places)}", *told, trained or NONE]


def _gap_notes(filled: FilledTable, between: Sequence[Gap]) -> list[str]:
    """The mean loss of the first method of the table's gap to the second, in the cells where
    the paper has both too."""
    both = [gap for gap in between if not math.isnan(gap.paper_db)]
    if not both:
        return []
    ours, papers = mean(gap.ours_db for gap in both), mean(gap.paper_db for gap in both)
    return [
        f"{' less '.join(filled.paper.defined.gap)}, trained equally long, mean over {len(both)}"
        " cells: ours"
        f" {signed(ours)}, the paper's {signed(papers)} dB (each cell below)."
    ]


def _paper_notes(filled: FilledTable) -> list[str]:
    """How long the paper's networks were trained, and on what draws, where it says so."""
    told = []
    figures = filled.paper.figures
    for column in filled.paper.columns():
        theirs = next((f for place, f in figures.items() if place.column == column), None)
        if theirs and column.draws == FIXED and not math.isnan(theirs.megapixels):
            length = f"{theirs.megapixels / 1e3:.3g} gigapixels"
            told.append(f"{column.method} ({column.parameters}) on {length}, {theirs.draws} draws")
    return [f"The paper trained {'; '.join(told)}."] if told else []


def _error_notes(filled: FilledTable) -> list[str]:
    """The standard error over the images of each set, which says little of a difference."""
    errors: defaultdict[str, list[float]] = defaultdict(list)
    for measured in filled.chosen:
        psnr_db = measured.line.psnr_of_image.values()
        values = np.array([value for value in psnr_db if math.isfinite(value)])
        if len(values) > 1:
            errors[measured.line.dataset].append(float(values.std(ddof=1)) / math.sqrt(len(values)))
    if not errors:
        return []
    found = ", ".join(f"{d} {median(errors[d]):.2f}" for d in filled.paper.datasets if d in errors)
    return [
        f"Standard error of a figure over the images of its set (median over cells): {found} dB."
        " The paper's figure is of the same images, so most of it is not in the difference; what"
        " other noise draws and other seeds of training change is not in it either."
    ]


def _left_out(filled: FilledTable) -> list[str]:
    told = "; ".join(f"{count} {reason}" for reason, count in filled.left_out.items())
    return [f"Stored results that are not used: {told}."] if told else []
