"""Noise2Score's Table 2 with our figures beside the paper's, as a page of GitHub's Markdown.

Kim and Ye, "Noise2Score: Tweedie's approach to self-supervised image denoising without clean
images", NeurIPS 2021.  Every figure and every reason on the page is computed from stored results
and from the published figures.
"""

import math
from collections.abc import Mapping, Sequence

from denoisebench.results.results import Results
from denoisebench_reports.noise2score_table2.cells import (
    PROTOCOL,
    SEED,
    Entry,
    FilledTable,
    TableCell,
    fill,
    read_paper,
    signed,
)
from denoisebench_reports.noise2score_table2.gap import METHOD, REFERENCE, Gap, gaps
from denoisebench_reports.noise2score_table2.reasons import TIMES, Reasons, reasons
from denoisebench_reports.noise2score_table2.summary import summary
from denoisebench_reports.noise2score_table2.trainings import commands, numbered, training_table
from denoisebench_reports.tables.grid import narrow
from denoisebench_reports.tables.layout import NONE
from denoisebench_reports.tables.markdown import escaped, pipe_table

TABLE = "noise2score_table2"
NAME = "noise2score-table2"


def render_table2(results: Results) -> str:
    """The page of stored results."""
    filled = fill(read_paper(results.published[TABLE]), results)
    why = reasons(filled)
    between = list(gaps(filled))
    used = [*filled.chosen, *(measured for gap in between for measured in (gap.one, gap.reference))]
    parts = [
        "# Table 2 of Noise2Score, measured here",
        _what(filled),
        *summary(filled, between),
        *_tables(filled, why, numbered(used)),
        *_missing(why),
        *_beside_supervised(filled, between, numbered(used)),
        *_trainings(used),
        *_commands(filled, used),
    ]
    return "\n\n".join(parts) + "\n"


def _what(filled: FilledTable) -> str:
    return (
        "This page is generated; the command stands at its end. It has the figures of"
        f" {filled.paper.source}, beside those measured here: PSNR in dB, mean over the images of"
        f" a set. Ours are under protocol {PROTOCOL} ({escaped(PROTOCOL.summary)}), of seed {SEED},"
        " trained on one noisy copy of each training image, drawn once; no training image is a test"
        " image."
    )


def _tables(filled: FilledTable, why: Reasons, numbers: Mapping[str, int]) -> list[str]:
    """A table for each noise.  numbers: of the trainings."""
    parts = [
        "## The table",
        "In each cell: **ours**, with the number of its training; below, the paper's figure; and"
        " ours less the paper's. A dash has the number of its reason, listed below.",
    ]
    for noise in filled.paper.noises:
        columns = filled.paper.columns(noise)
        body = [
            [dataset]
            + [
                _cell(filled, why, numbers, TableCell(noise, dataset, *column))
                for column in columns
            ]
            for dataset in filled.paper.datasets
        ]
        header = ["", *("<br>".join([*narrow(method), known]) for known, method in columns)]
        parts += [f"### {noise}", pipe_table(header, body)]
    return parts


def _cell(filled: FilledTable, why: Reasons, numbers: Mapping[str, int], place: TableCell) -> str:
    ours, paper = filled.counts(place), filled.paper.sound(place)
    lines = [
        f"**{ours.psnr_db:.2f}**{_mark(f't{numbers[ours.training]}')}"
        if ours
        else NONE + _mark(why.ours[place]),
        NONE + _mark(why.papers[place]) if math.isnan(paper) else f"{paper:.2f}",
    ]
    difference_db = filled.difference_db(place)
    lines += [] if math.isnan(difference_db) else [signed(difference_db)]
    return "<br>".join(lines)


def _mark(label: str) -> str:
    """What a figure or a dash refers to, in the same line whatever the width."""
    return f"\N{NO-BREAK SPACE}<sup>{label}</sup>"


def _missing(why: Reasons) -> list[str]:
    if not why.texts:
        return []
    reasons = "\n".join(f"- {label}: {text}." for label, text in why.texts.items())
    return ["## Why figures are missing", reasons, TIMES]


def _beside_supervised(
    filled: FilledTable, between: Sequence[Gap], numbers: Mapping[str, int]
) -> list[str]:
    """A row for each noise and kind of parameters, a column for each image set."""
    if not between:
        return []
    rows: dict[tuple[str, str], dict[str, Gap]] = {}
    for gap in between:
        place = gap.one.place
        rows.setdefault((place.noise, place.parameters), {})[place.dataset] = gap
    body = [
        [noise, parameters, *(_gap_text(its.get(d), numbers) for d in filled.paper.datasets)]
        for (noise, parameters), its in rows.items()
    ]
    return [
        f"## {METHOD} less {REFERENCE}",
        "In each cell: **ours** ± half the 95 % interval of the difference, paired by image;"
        " below, the paper's; and how long both of ours were trained, the longest length that both"
        " have. Other seeds of training are not in the interval.",
        pipe_table(("noise", "parameters", *filled.paper.datasets), body),
    ]


def _gap_text(gap: Gap | None, numbers: Mapping[str, int]) -> str:
    if gap is None:
        return NONE
    half = "" if math.isnan(gap.half_db) else f" ± {gap.half_db:.2f}"
    paper = NONE if math.isnan(gap.paper_db) else signed(gap.paper_db)
    pair = ", ".join(f"t{numbers[measured.training]}" for measured in (gap.one, gap.reference))
    length = f"{gap.one.megapixels / 1e3:.3g} gigapixels{_mark(pair)}"
    return f"**{signed(gap.ours_db)}**{half}<br>{paper}<br>{length}"


def _trainings(used: Sequence[Entry]) -> list[str]:
    if not used:
        return []
    rows, common = training_table(used)
    header, *body = [[escaped(text) for text in row] for row in rows]
    shared = [f"Of all that is trained: {escaped(common)}."] if common else []
    notes = [*shared, *_levels_given_later(used), *_versions(used)]
    noted = ["\n".join(f"- {note}" for note in notes)] if notes else []
    return ["## What was trained", pipe_table(header, body), *noted]


def _levels_given_later(used: Sequence[Entry]) -> list[str]:
    """Trainings without levels whose networks are given them in cells of known parameters."""
    numbers = numbered(used)
    found = dict.fromkeys(
        f"t{numbers[measured.training]}"
        for measured in used
        if measured.line.parameters == "known" and measured.recipe.get("parameters") == "unknown"
    )
    known = "in the cells of known parameters the network, trained without levels, is given them"
    return [f"Of {', '.join(found)}: {known}."] if found else []


def _versions(used: Sequence[Entry]) -> list[str]:
    found = dict.fromkeys(measured.version for measured in used if measured.version)
    return [f"Scored by {escaped('; '.join(found))}."] if found else []


def _commands(filled: FilledTable, used: Sequence[Entry]) -> list[str]:
    page = f"{filled.results}.md"
    this = f"bench report --results {filled.results} --format {NAME} --out {page}"
    made = commands(used, str(filled.results))
    parts = ["## The commands", "This page:", f"    {this}"]
    if made:
        parts += ["The results it shows:", "\n".join(f"    {line}" for line in made)]
    return parts
