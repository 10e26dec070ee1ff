"""The table below a table: our figures next to the published ones."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from denoisebench.plugin import PublishedFigure
from denoisebench_reports.published import verdict
from denoisebench_reports.published.verdict import AGREES_WITHIN_DB
from denoisebench_reports.tables.layout import NONE, Board, psnr_text

HEADERS = ("", "noise", "", "", "ours", "published", "diff.", "verdict")

REASONS = {
    verdict.TRAINED_LESS: "on fewer pixels than the paper's network",
    verdict.TRAINED_MORE: "on more pixels than the paper's network",
    verdict.FRESH_THERE: "theirs saw new noise on the clean image at every step, ours one noisy"
    " copy",
    verdict.FRESH_HERE: "ours saw new noise on the clean image at every step, theirs one noisy"
    " copy",
    verdict.OTHER_PROTOCOL: "theirs is under {protocols}",
    verdict.OTHER_IMAGES: "theirs are {images}",
    verdict.OTHER_SPREAD: "theirs draws other levels from the range, {noises}",
}
"""The meaning of each reason that a verdict gives."""


@dataclass(frozen=True, slots=True)
class PublishedPart:
    """The comparison.  note: what the verdicts mean.  papers: `[1] Noise2Score …`.  rows: under
    HEADERS, a paper by its number."""

    note: str
    papers: Sequence[str]
    rows: Sequence[Sequence[str]]


def published_table(board: Board) -> PublishedPart | None:
    """The comparison of a table's figures; None where none is published."""
    if not board.has_published:
        return None
    figures = [beside.figure for _, line in board.summaries for beside in board.comparisons(line)]
    sources = dict.fromkeys(map(_source, figures))
    numbers = {source: f"[{number}]" for number, source in enumerate(sources, start=1)}
    papers = [f"{number} {source}" for source, number in numbers.items()]
    return PublishedPart(_note(board), papers, _rows(board, numbers))


def _source(figure: PublishedFigure) -> str:
    return figure.source + (f" ({figure.protocol})" if figure.protocol else "")


def _rows(board: Board, numbers: Mapping[str, str]) -> list[list[str]]:
    """A row for each of our figures and paper.

    Where several papers have a figure, the later rows leave ours out.
    """
    mixed = len({line.protocol for _, line in board.summaries}) > 1
    body = []
    for name, line in board.summaries:
        where = f"{line.dataset} {line.protocol}" if mixed else line.dataset
        ours = [name, line.noise, line.parameters, where, psnr_text(line)]
        for beside in board.comparisons(line):
            figure = f"{beside.figure.psnr_db:.2f} {numbers[_source(beside.figure)]}"
            diff = NONE if math.isnan(beside.diff_db) else f"{beside.diff_db:+.2f}"
            body.append([*ours, figure, diff, beside.verdict or NONE])
            ours = [""] * len(ours)
    return body


def _note(board: Board) -> str:
    """The meaning of the comparison's verdicts."""
    besides = [beside for _, line in board.summaries for beside in board.comparisons(line)]
    note = f"Against the published figures; agrees: within {AGREES_WITHIN_DB:g} dB."
    for reason, meaning in REASONS.items():
        of_it = [beside.figure for beside in besides if reason in beside.verdict]
        if of_it:
            protocols = ", ".join(dict.fromkeys(figure.protocol for figure in of_it))
            images = ", ".join(dict.fromkeys(figure.images for figure in of_it))
            noises = ", ".join(dict.fromkeys(figure.noise for figure in of_it))
            text = meaning.format(protocols=protocols, images=images, noises=noises)
            note += f" {reason.capitalize()}: {text}."
    return note
