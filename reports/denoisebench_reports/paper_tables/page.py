"""A table of a paper with our figures beside the paper's, as a page of GitHub's Markdown.

Every figure and every reason on the page is computed from stored results and from the published
figures; which table it is says a file of this folder (see `definition`).
"""

import math
from collections.abc import Mapping, Sequence

from denoisebench.results.results import Results
from denoisebench_reports.paper_tables.cells import (
    Entry,
    FilledTable,
    TableCell,
    fill,
    read_paper,
    signed,
)
from denoisebench_reports.paper_tables.definition import FRESH, Column, definition
from denoisebench_reports.paper_tables.gap import Gap, gaps
from denoisebench_reports.paper_tables.reasons import TAKES, TIMES, Reasons, reasons
from denoisebench_reports.paper_tables.shortfalls import shortfall_section
from denoisebench_reports.paper_tables.summary import summary
from denoisebench_reports.paper_tables.trainings import (
    commands,
    numbered,
    protocol_option,
    training_table,
)
from denoisebench_reports.tables.grid import narrow
from denoisebench_reports.tables.layout import NONE
from denoisebench_reports.tables.markdown import escaped, pipe_table


def render_paper_table(name: str, results: Results) -> str:
    """The page of stored results.  name: of the table's file."""
    filled = fill(read_paper(definition(name), results.published, results.protocols), results)
    why = reasons(filled)
    between = list(gaps(filled))
    used = [*filled.chosen, *(measured for gap in between for measured in (gap.one, gap.reference))]
    parts = [
        f"# {filled.paper.defined.title}",
        _what(filled),
        *filled.paper.defined.notes,
        *summary(filled, between),
        *_tables(filled, why, numbered(used)),
        *_missing(why),
        *_gaps(filled, between, numbered(used)),
        *shortfall_section(filled),
        *_trainings(used),
        *_commands(filled, used),
    ]
    return "\n\n".join(parts) + "\n"


def _what(filled: FilledTable) -> str:
    paper = filled.paper
    rules = f" The protocol: {escaped(paper.protocol.summary)}." if paper.protocol else ""
    return (
        "This page is generated; the command stands at its end. It has the figures of"
        f" {paper.source}, beside those measured here: PSNR in dB, mean over the images of"
        f" a set. Ours are under protocol {paper.defined.protocol}, of seed {paper.defined.seed},"
        " trained on one noisy copy of each training image, drawn once. No training image is a test"
        f" image.{rules}"
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
        header = ["", *map(_head, columns)]
        parts += [f"### {filled.paper.defined.title_of(noise)}", pipe_table(header, body)]
    return parts


def _head(column: Column) -> str:
    """The head of a column: its method, what is known, and fresh draws."""
    drawn = [f"{FRESH} draws"] if column.draws == FRESH else []
    return "<br>".join([*narrow(column.method), *drawn, column.parameters])


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
    """The reference of a figure or a dash, in the same line whatever the width."""
    return f"\N{NO-BREAK SPACE}<sup>{label}</sup>"


def _missing(why: Reasons) -> list[str]:
    if not why.texts:
        return []
    reasons = "\n".join(f"- {label}: {text}." for label, text in why.texts.items())
    told = [TIMES] if any(TAKES in text for text in why.texts.values()) else []
    return ["## Why figures are missing", reasons, *told]


def _gaps(filled: FilledTable, between: Sequence[Gap], numbers: Mapping[str, int]) -> list[str]:
    """A row for each noise and kind of parameters, a column for each image set."""
    if not between:
        return []
    rows: dict[tuple[str, str], dict[str, Gap]] = {}
    for gap in between:
        place = gap.one.place
        noise = filled.paper.defined.title_of(place.noise)
        rows.setdefault((noise, place.parameters), {})[place.dataset] = gap
    body = [
        [noise, parameters, *(_gap_text(its.get(d), numbers) for d in filled.paper.datasets)]
        for (noise, parameters), its in rows.items()
    ]
    return [
        f"## {' less '.join(filled.paper.defined.gap)}",
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
    shared = [f"All trainings share: {escaped(common)}."] if common else []
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
    told = "trained without levels, and given them in the cells of known parameters"
    return [f"{', '.join(found)}: {told}."] if found else []


def _versions(used: Sequence[Entry]) -> list[str]:
    found = dict.fromkeys(measured.version for measured in used if measured.version)
    return [f"Scored by {escaped('; '.join(found))}."] if found else []


def _commands(filled: FilledTable, used: Sequence[Entry]) -> list[str]:
    page = f"{filled.results}.md"
    name = filled.paper.defined.report
    this = f"bench report --results {filled.results} --format {name} --out {page}"
    made = commands(used, str(filled.results), protocol_option(filled.paper))
    whole = f"bench table {name} --out {filled.results}"
    parts = ["## The commands", "This page:", f"    {this}"]
    parts += ["All cells, those without a result too:", f"    {whole}"]
    if made:
        parts += ["The results it shows:", "\n".join(f"    {line}" for line in made)]
    return parts
