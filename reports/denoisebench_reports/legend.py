"""What stands beneath the table: what its numbers are, why some are missing, how each method was
trained, and how its figures compare with the published ones."""

import math
import textwrap
from collections.abc import Iterable, Sequence

from denoisebench.protocol import labelled
from denoisebench_reports.grid import render_grid
from denoisebench_reports.summary import Summary
from denoisebench_reports.verdict import AGREES_WITHIN_DB, OTHER_PROTOCOL, TRAINED_LESS

WIDTH = 100
VERDICT_WIDTH = 34  # a longer one goes on in the next line
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
    repeated = any(line.repeats > 1 for line in lines)
    first = "repeats and seeds" if repeated else "seeds"
    protocols = dict.fromkeys(line.protocol for line in lines)
    sources = dict.fromkeys(map(_source, (line for line in lines if line.published_source)))
    interval = (
        "half the widest 95 % t-interval in the row"
        if compact
        else "half the 95 % t-interval of it"
    )
    notes = [
        f"PSNR in dB, mean over images ({first} averaged first); ±: {interval}.",
        *([f"{marks}; what is printed equal is marked equal."] if marks else []),
        *(f"Protocol {label}: {_about(label)}." for label in protocols),
        f"Images: {', '.join(dict.fromkeys(map(_images, lines)))}.",
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


def _about(label: str) -> str:
    protocol = labelled(label)
    return protocol.summary if protocol else "unknown here"


def _images(line: Summary) -> str:
    """`set14 14 ×20`: the images of a data set, and how many noisy copies of each."""
    return f"{line.dataset} {line.images}" + (f" ×{line.repeats}" if line.repeats > 1 else "")


def _source(line: Summary) -> str:
    protocol = f" ({line.published_protocol})" if line.published_protocol else ""
    return f"{line.published_source}{protocol}"


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


def _comparison(name: str, line: Summary, mixed: bool) -> list[list[str]]:
    """A row, and more beneath where the verdict is long.  mixed: whether it tells its protocol."""
    figures = [line.psnr_db, line.published_psnr_db]
    first, *rest = textwrap.wrap(line.verdict, VERDICT_WIDTH)
    row = [
        *(name, line.noise, line.parameters),
        f"{line.dataset} {line.protocol}" if mixed else line.dataset,
        *(f"{psnr_db:.2f}" for psnr_db in figures),
        f"{line.published_diff_db:+.2f}",
    ]
    return [[*row, first], *([*("" for _ in row), more] for more in rest)]


def _against_published(told: Sequence[tuple[str, Summary]]) -> list[str]:
    """What our figures are beside the published ones, method by method; empty where none is."""
    mixed = len({line.protocol for _, line in told}) > 1
    body = [row for name, line in told if line.verdict for row in _comparison(name, line, mixed)]
    if not body:
        return []
    note = f"Against the published figures; agrees: within {AGREES_WITHIN_DB:g} dB."
    if any(TRAINED_LESS in line.verdict for _, line in told):
        note += f" {TRAINED_LESS.capitalize()}: on fewer pixels than the paper's network."
    theirs = [line.published_protocol for _, line in told if OTHER_PROTOCOL in line.verdict]
    if theirs:
        labels = ", ".join(dict.fromkeys(theirs))
        note += f" {OTHER_PROTOCOL.capitalize()}: the published figure is under {labels}, ours not."
    heads, rows = render_grid([""] * len(AGAINST_HEADERS), AGAINST_HEADERS, body)
    rule = "-" * max(map(len, [*heads, *rows]))
    table = [row.rstrip() for row in [*heads, rule, *rows]]
    return [*textwrap.wrap(note, WIDTH), "", *table]
