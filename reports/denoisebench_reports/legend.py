"""What stands beneath the table: what its numbers are, and how each method was trained."""

import math
import textwrap
from collections.abc import Sequence

from denoisebench.protocol import PROTOCOLS
from denoisebench_reports.summary import Summary

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


def legend(lines: Sequence[Summary], marks: str) -> list[str]:
    """The lines beneath a table.  marks: what marks the best and the second of a row, if any."""
    wrapped = [part for note in _notes(lines, marks) for part in textwrap.wrap(note, WIDTH)]
    return [*wrapped, "", *_training(lines)]


def _notes(lines: Sequence[Summary], marks: str) -> list[str]:
    images = {line.dataset: line.images for line in lines}
    about = {str(protocol): protocol.summary for protocol in PROTOCOLS.values()}
    protocols = dict.fromkeys(line.protocol for line in lines)
    sources = dict.fromkeys(line.published_source for line in lines if line.published_source)
    notes = [
        "PSNR in dB, mean over images (seeds averaged first); ±: half the 95 % t-interval of it.",
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
