"""The claims of a paper on its table, with a verdict each, as a page of GitHub's Markdown."""

import math
from collections.abc import Mapping, Sequence

from denoisebench.results.results import Results
from denoisebench_reports.paper_tables.cells import FilledTable, fill, read_paper, signed
from denoisebench_reports.paper_tables.claims import (
    FAILS,
    HOLDS,
    OPEN,
    UNEQUAL,
    Judged,
    JudgedClaim,
    judge,
)
from denoisebench_reports.paper_tables.definition import definition
from denoisebench_reports.tables.layout import NONE
from denoisebench_reports.tables.markdown import pipe_table

VERDICTS = (HOLDS, FAILS, OPEN, UNEQUAL)

READ = (
    "In each cell of the tables below: **ours**, the difference in dB, ± half its 95 % interval,"
    " paired by image; the paper's difference; the verdict; and how many gigapixels each of the two"
    " was trained on.",
    "A cell **holds** if the whole interval lies above the bound of the claim, and **fails** if it"
    " lies below. It is **open** if the bound lies within the interval. It is **unequal** if it"
    " holds for the network with the longer training, or fails for the one with the shorter: the"
    " training may be why.",
    "The interval is over the images of a set. Other seeds of training are not in it.",
)


def render_claims(name: str, results: Results) -> str:
    """The page of stored results.  name: of the table's file."""
    filled = fill(read_paper(definition(name), results.published, results.protocols), results)
    defined = filled.paper.defined
    judged = [judge(filled, claim) for claim in defined.claims]
    command = f"bench report --results {filled.results} --format {defined.claims_report}"
    parts = [
        f"# {defined.claims_title}",
        "This page is generated; the command stands at its end. It checks what the paper concludes"
        f" from its table ({filled.paper.source}), in our words, on the results measured here"
        f" under protocol {defined.protocol}, of seed {defined.seed}.",
        "## In short",
        pipe_table(("claim", *VERDICTS, "not measured", "verdict"), map(_row, judged)),
        *READ,
        *(text for claim in judged for text in _section(filled, claim)),
        "## The command",
        f"    {command} --out {filled.results}-claims.md",
    ]
    return "\n\n".join(parts) + "\n"


def _row(judged: JudgedClaim) -> list[str]:
    counts = [str(judged.count(verdict)) for verdict in VERDICTS]
    return [judged.claim.title, *counts, str(judged.unmeasured), f"**{judged.verdict}**"]


def _section(filled: FilledTable, judged: JudgedClaim) -> list[str]:
    claim = judged.claim
    bound = f"at most {claim.within_db:g} dB below" if claim.within_db else "above"
    parts = [f"## {claim.title}", claim.text]
    if not judged.cells:
        return [*parts, "No cell is measured yet."]
    rows: dict[tuple[str, str], dict[str, Judged]] = {}
    for cell in judged.cells:
        place = cell.other.place
        against = " ".join([place.method, *_unless_known(place.parameters)])
        noise = filled.paper.defined.title_of(place.noise)
        rows.setdefault((noise, against), {})[place.dataset] = cell
    datasets = filled.paper.datasets
    body = [[noise, other, *_cells(its, datasets)] for (noise, other), its in rows.items()]
    one = " ".join([claim.one.method, *_unless_known(claim.one.parameters)])
    return [
        *parts,
        f"Bound: {one} is {bound} the other. **{judged.verdict.capitalize()}**"
        f" ({', '.join(_counted(judged))}).",
        pipe_table(("noise", "against", *datasets), body),
    ]


def _unless_known(parameters: str) -> list[str]:
    return [] if parameters == "known" else [f"({parameters})"]


def _counted(judged: JudgedClaim) -> list[str]:
    counts = {verdict: judged.count(verdict) for verdict in VERDICTS}
    told = [f"{count} {verdict}" for verdict, count in counts.items() if count]
    return [*told, f"{judged.unmeasured} not measured"] if judged.unmeasured else told


def _cells(its: Mapping[str, Judged], datasets: Sequence[str]) -> list[str]:
    return [_text(its[dataset]) if dataset in its else NONE for dataset in datasets]


def _text(cell: Judged) -> str:
    half_db = cell.between.half_width
    half = "" if math.isnan(half_db) else f" ± {half_db:.2f}"
    paper = NONE if math.isnan(cell.paper_db) else signed(cell.paper_db)
    lengths = "; ".join(_length(entry.megapixels) for entry in (cell.one, cell.other))
    return f"**{signed(cell.between.mean)}**{half}<br>{paper}<br>{cell.verdict}<br>{lengths}"


def _length(megapixels: float) -> str:
    return f"{megapixels / 1e3:.3g}" if megapixels else NONE
