"""What stands beneath the table: what its numbers are, why some are missing, how each method was
trained, and how its figures compare with the published ones."""

import math
import textwrap
from collections.abc import Iterable, Sequence

from denoisebench.protocol import PROTOCOLS
from denoisebench_reports.grid import render_grid
from denoisebench_reports.summary import Summary
from denoisebench_reports.verdict import AGREES_WITHIN_DB, TRAINED_LESS

WIDTH = 100
NONE = "–"

TRAINING_HEADERS = {
    "evidence": "evidence",
    "draws": "draws",
    "train_set": "training set",
    "budget": "budget",
    "weights": "weights",
    "seed": "seeds",
}


AGAINST_HEADERS = ("", "noise", "", "", "ours", "published", "diff.", "verdict")

Declined = Iterable[tuple[str, str, str]]  # method, noise and parameters, reason


def legend(
    told: Sequence[tuple[str, Summary]], marks: str, compact: bool, declined: Declined
) -> list[str]:
    """The lines beneath a table.

    told: each summary with the name of its column, in the order of the columns.  marks: what marks
    the best and the second of a row, if any.  compact: whether a row shows one interval.
    """
    lines = [line for _, line in told]
    notes = [*_notes(lines, marks, compact), *_reasons(declined)]
    wrapped = [part for note in notes for part in textwrap.wrap(note, WIDTH)]
    comparison = _against_published(told)
    return [*wrapped, "", *_training(lines), *(["", *comparison] if comparison else [])]


def _notes(lines: Sequence[Summary], marks: str, compact: bool) -> list[str]:
    images = {line.dataset: line.images for line in lines}
    about = {str(protocol): protocol.summary for protocol in PROTOCOLS.values()}
    protocols = dict.fromkeys(line.protocol for line in lines)
    sources = dict.fromkeys(line.published_source for line in lines if line.published_source)
    interval = (
        "half the widest 95 % t-interval in the row"
        if compact
        else "half the 95 % t-interval of it"
    )
    notes = [
        f"PSNR in dB, mean over images (seeds averaged first); ±: {interval}.",
        *([f"{marks}; what is printed equal is marked equal."] if marks else []),
        *(f"Protocol {label}: {about.get(label, 'unknown here')}." for label in protocols),
        f"Images: {', '.join(f'{name} {count}' for name, count in images.items())}.",
    ]
    estimated = [line for line in lines if not math.isnan(line.level_error)]
    if estimated:
        errors = [
            f"{line.method} {line.noise} on {line.dataset} {line.level_error:.1%}"
            for line in estimated
        ]
        notes.append(f"Noise levels estimated, median error over images: {', '.join(errors)}.")
    if sources:
        notes.append(f"(…): published, under each paper's own protocol. {'; '.join(sources)}.")
    return notes


def _training(lines: Sequence[Summary]) -> list[str]:
    """A small table: per method what it saw and was trained with, `/` between what varies."""
    from tabulate import tabulate

    body = []
    for method in dict.fromkeys(line.method for line in lines):
        its = [line for line in lines if line.method == method]
        body.append([method, *(_distinct(its, field) for field in TRAINING_HEADERS)])
    headers = ["method", *TRAINING_HEADERS.values()]
    return tabulate(body, headers, tablefmt="simple", disable_numparse=True).splitlines()


def _distinct(lines: Sequence[Summary], field: str) -> str:
    values = dict.fromkeys(str(getattr(line, field)) for line in lines)
    return " / ".join(value for value in values if value) or NONE


def _reasons(declined: Declined) -> list[str]:
    """Why cells are missing, each reason of a method once."""
    kinds: dict[tuple[str, str], dict[str, list[str]]] = {}
    for method, what, reason in declined:
        noise, _, parameters = what.rpartition(" ")
        kinds.setdefault((method, reason), {}).setdefault(noise, []).append(parameters)
    return [
        f"{NONE}: {method} declines {', '.join(map(_what, noises, noises.values()))}: {reason}."
        for (method, reason), noises in kinds.items()
    ]


def _what(noise: str, parameters: Sequence[str]) -> str:
    """`gaussian:25 unknown`; `gaussian:25` where it is both known and unknown."""
    return noise if len(parameters) > 1 else f"{noise} {parameters[0]}"


def _against_published(told: Sequence[tuple[str, Summary]]) -> list[str]:
    """A line per figure that has a published one, method by method; none where nothing has."""
    body = [
        [
            name,
            line.noise,
            line.parameters,
            line.dataset,
            f"{line.psnr_db:.2f}",
            f"{line.published_psnr_db:.2f}",
            f"{line.published_diff_db:+.2f}",
            line.verdict,
        ]
        for name, line in told
        if line.verdict
    ]
    if not body:
        return []
    note = f"Against the published figures; agrees: within {AGREES_WITHIN_DB:g} dB."
    if any(TRAINED_LESS in line.verdict for _, line in told):
        note += f" {TRAINED_LESS.capitalize()}: on fewer pixels than the paper's network."
    heads, rows = render_grid([""] * len(AGAINST_HEADERS), AGAINST_HEADERS, body)
    rule = "-" * max(map(len, [*heads, *rows]))
    table = [row.rstrip() for row in [*heads, rule, *rows]]
    return [*textwrap.wrap(note, WIDTH), "", *table]
