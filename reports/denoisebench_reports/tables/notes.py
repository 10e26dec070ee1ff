"""The notes of a table: what its numbers are, why some are missing, and how methods were trained.
Reports print them in their own way."""

import math
from collections.abc import Iterable, Sequence

from denoisebench.budgets import BUDGETS, megapixel_label
from denoisebench.plugin import (
    LEVELS,
    ORACLE,
    ORACLE_CHECKPOINT,
    ORIENTATIONS,
    SELF_ENSEMBLED,
    without_ensemble,
)
from denoisebench.results.summary import Summary
from denoisebench_reports.tables.cautions import cautions
from denoisebench_reports.tables.columns import is_baseline, knowledge_of
from denoisebench_reports.tables.layout import NONE, Board
from denoisebench_reports.tables.ranked import resolved_db

TRAINING_HEADERS = (
    *("method", "evidence", "draws", "level", "training set", "budget", "weights", "seeds"),
)

ORACLE_NOTE = (
    f"Oracle: trained as for unknown levels; of {LEVELS} levels over the noise's blind range, tried"
    " from coarse to fine, each image is given the one with the highest PSNR against its clean"
    " image; not ranked."
)

CHECKPOINT_NOTE = (
    "Oracle checkpoint: of each training the weights with the highest PSNR on held-out clean"
    " images; not ranked."
)
ORACLE_NOTES = {ORACLE: ORACLE_NOTE, ORACLE_CHECKPOINT: CHECKPOINT_NOTE}
"""By what is known (`columns.knowledge_of`)."""

ENSEMBLE_NOTE = (
    f"{SELF_ENSEMBLED.strip()}: the method denoises each image in its {len(ORIENTATIONS)}"
    " orientations, and the mean is scored; not compared with published figures."
)

Declined = Iterable[tuple[str, str, str]]  # method, noise and parameters, reason


def notes(board: Board, marks: str) -> list[str]:
    """A paragraph each.  marks: how the best, the tied and the second look."""
    lines = [line for _, line in board.summaries]
    protocols = dict.fromkeys(line.protocol for line in lines)
    return [
        f"PSNR in dB, mean over images ({_averaged(lines)} averaged first);"
        f" ±: {_interval(board.compact)}.",
        *cautions(row.cells for block in board.blocks for row in block.rows),
        *(_marks(marks) if board.has_marks else []),
        *_supervised(board),
        *(ORACLE_NOTES[k] for k in dict.fromkeys(map(knowledge_of, lines)) if k in ORACLE_NOTES),
        *([ENSEMBLE_NOTE] if any(without_ensemble(x.method)[1] for x in lines) else []),
        *_resolved(board),
        *_seeds(board),
        *(f"Protocol {label}: {board.rules(label)}." for label in protocols),
        f"Images: {', '.join(dict.fromkeys(map(_images, lines)))}.",
        *_levels(lines),
        *_fits(lines),
        *(["(…): published; compared below."] if board.has_published else []),
        *_reasons(board.declined),
    ]


def _averaged(lines: Sequence[Summary]) -> str:
    return "repeats and seeds" if any(line.repeats > 1 for line in lines) else "seeds"


def _interval(compact: bool) -> str:
    return (
        "half the widest 95 % t-interval in the row"
        if compact
        else "half the 95 % t-interval of it"
    )


def _marks(marks: str) -> list[str]:
    return [
        f"{marks}; what is printed equal is marked equal. Tied: the paired difference over the same"
        " images has an interval that holds 0, of 95 % for all pairs of methods in a row together."
    ]


def _supervised(board: Board) -> list[str]:
    if board.has_evidences and any(column.saw_clean for column in board.columns):
        return ["Methods that see clean images are not ranked, as in Table 2 of Noise2Score."]
    return []


def _resolved(board: Board) -> list[str]:
    rows = [(row.dataset, row.cells) for block in board.blocks for row in block.rows]
    found = [f"{dataset} {least_db:.2f}" for dataset, least_db in resolved_db(rows).items()]
    what = "half the paired 95 % interval of one pair, median over pairs of ranked methods"
    return [f"Smallest difference resolved ({what}): {', '.join(found)} dB."] if found else []


def _seeds(board: Board) -> list[str]:
    """The largest spread of each method between its seeds, where it has several."""
    spreads: dict[str, float] = {}
    for name, line in board.summaries:
        if not (math.isnan(line.seed_sd_db) or is_baseline(line)):
            spreads[name] = max(spreads.get(name, 0.0), line.seed_sd_db)
    found = ", ".join(f"{name} {spread_db:.2f}" for name, spread_db in spreads.items())
    what = "standard deviation of a set's mean, the largest of a method"
    note = f"Spread between seeds ({what}): {found} dB; it is in no interval."
    return [note] if found else []


def _images(line: Summary) -> str:
    """`set14 14 ×20`: the images of a data set, and how many noisy copies of each."""
    return f"{line.dataset} {line.images}" + (f" ×{line.repeats}" if line.repeats > 1 else "")


def _levels(lines: Sequence[Summary]) -> list[str]:
    errors = [
        f"{line.method} {line.noise} on {line.dataset} {line.level_error:.1%}"
        for line in lines
        if not math.isnan(line.level_error)
    ]
    if not errors:
        return []
    return [f"Noise levels estimated, median error over images: {', '.join(errors)}."]


def _fits(lines: Sequence[Summary]) -> list[str]:
    """The steps and the time of learning on an image."""
    found = [
        f"{line.method} {line.noise} on {line.dataset} {line.steps:.0f} steps in"
        f" {_seconds(line.denoise_s)}"
        for line in lines
        if not math.isnan(line.steps)
    ]
    what = "Learned on each image while denoising it, mean over images"
    return [f"{what}: {', '.join(found)}."] if found else []


def _seconds(seconds: float) -> str:
    """`84 s`, `0.31 s`."""
    return f"{seconds:.0f} s" if seconds >= 10.0 else f"{seconds:.2g} s"


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
    """`gaussian:25 unknown and oracle`; `gaussian:25` where it is both known and unknown."""
    return noise if {"known", "unknown"} <= {*parameters} else f"{noise} {' and '.join(parameters)}"


def trainings(board: Board) -> list[list[str]]:
    """A row per method: what it saw, knew and was trained with, `/` between what varies."""
    body = []
    for method in dict.fromkeys(line.method for _, line in board.summaries):
        its = [line for _, line in board.summaries if line.method == method]
        cells = (
            (line.evidence, line.draws, _level(line), line.train_set, _length(line), line.weights)
            for line in its
        )
        columns = [*zip(*cells, strict=True), [line.seed for line in its]]
        body.append([method, *map(_distinct, columns)])
    return body


def _level(line: Summary) -> str:
    """A method's knowledge of the noise level."""
    if is_baseline(line):
        return ""
    if line.parameters == ORACLE:
        return ORACLE
    if line.parameters == "known":
        return "given, estimated" if line.level_estimated else "given"
    return "estimated" if line.level_estimated else "not used"


def _length(line: Summary) -> str:
    """`quick (131 Mpx)`: the name tells nothing beside the length of a training without one."""
    if line.budget not in BUDGETS:
        return line.budget
    return f"{line.budget} ({megapixel_label(BUDGETS[line.budget].megapixels)})"


def _distinct(values: Iterable[str]) -> str:
    return " / ".join(value for value in dict.fromkeys(values) if value) or NONE
