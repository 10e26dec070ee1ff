"""The origin of the cells of a published table: the trainings, and the commands that make them."""

import math
from collections.abc import Iterable, Mapping, Sequence
from pathlib import PurePath

from denoisebench.budgets import BUDGETS
from denoisebench.scoring.protocols import FLOAT
from denoisebench_reports.paper_tables.cells import Entry, Paper
from denoisebench_reports.paper_tables.definition import FRESH
from denoisebench_reports.tables.layout import NONE

HEADERS = (
    *("", "method", "learned", "gigapixels", "training set", "draws", "weights", "hardware"),
    *("precision", "time"),
)
SHARED = ("training set", "draws", "hardware", "precision")
"""Columns that are one line if all trainings have the same."""

KINDS = {1: "gray", 3: "colour"}


def numbered(chosen: Iterable[Entry]) -> Mapping[str, int]:
    """A number for each training, from 1, in the order in which the table comes to them."""
    return {name: n for n, name in enumerate(dict.fromkeys(m.training for m in chosen), start=1)}


def training_table(chosen: Sequence[Entry]) -> tuple[list[list[str]], str]:
    """A header and a row for each training, what is not known being a dash; and what all of them
    have in common, which has no column: `training set cbsd399, draws fixed`."""
    by_name = {measured.training: measured for measured in reversed(chosen)}
    numbers = numbered(chosen)
    firsts = [by_name[name] for name in numbers]
    rows = [[f"t{numbers[m.training]}", *_row(m, numbers)] for m in firsts]
    trained = [row for row, measured in zip(rows, firsts, strict=True) if measured.is_trained]
    common = {
        number: trained[0][number]
        for number, header in enumerate(HEADERS)
        if header in SHARED and len({row[number] for row in trained}) == 1
    }
    kept = [[text for number, text in enumerate(row) if number not in common] for row in rows]
    header = [text for number, text in enumerate(HEADERS) if number not in common]
    shared = [f"{HEADERS[number]} {text}" for number, text in common.items() if text != NONE]
    return [header, *kept], ", ".join(shared)


def _row(measured: Entry, numbers: Mapping[str, int]) -> list[str]:
    line, outcome = measured.line, measured.outcome
    if not measured.is_trained:
        return [line.method, "nothing", *[NONE] * (len(HEADERS) - 3)]
    return [
        line.method,
        _learned(measured),
        f"{measured.megapixels / 1e3:.3g}" if measured.megapixels else NONE,
        line.train_set or NONE,
        line.draws or NONE,
        _weights(measured, numbers),
        _device(measured) or NONE,
        outcome.get("precision") or NONE,
        _duration(line.train_s),
    ]


def _learned(measured: Entry) -> str:
    """`gaussian:5..55, level not given, gray`."""
    recipe, line = measured.recipe, measured.line
    given = recipe.get("parameters", line.parameters) == "known"
    kind = KINDS.get(recipe.get("channels", 0), "")
    said = [recipe.get("noise", line.noise), "" if given else "level not given", kind]
    return ", ".join(filter(None, said))


def _weights(measured: Entry, numbers: Mapping[str, int]) -> str:
    """`weights_text`, with the number of the training that was begun from if it is in the table."""
    begun = measured.begun_from
    text = weights_text(measured.line.weights)
    return text.replace(begun, f"t{numbers[begun]}") if begun in numbers else text


def weights_text(label: str) -> str:
    """Where weights come from; of a file its name alone, wherever it lay."""
    if label.startswith("zoo:"):
        return f"zoo: {label.removeprefix('zoo:')}"
    own = label.removeprefix("trained")
    return f"own training{own}" if own != label else PurePath(label).name


def _device(measured: Entry) -> str:
    outcome = measured.outcome
    threads = outcome.get("threads")
    with_threads = f"{threads} thread{'s' if threads != 1 else ''}"
    on_cpu = outcome.get("device") == "cpu" and threads
    said = [outcome.get("device_name") or outcome.get("device"), with_threads if on_cpu else ""]
    return ", ".join(filter(None, said))


def _duration(seconds: float) -> str:
    """`35 s`, `7 min`, `2.5 h`."""
    if math.isnan(seconds):
        return NONE
    if seconds < 90.0:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 5400.0 else f"{seconds / 3600:.1f} h"


def commands(chosen: Sequence[Entry], out: str, protocol: str) -> list[str]:
    """The commands that compute these results anew, into the folder `out`.  protocol: as
    `protocol_option` writes it."""
    sets: dict[tuple[str, str, str], dict[str, list[str]]] = {}  # by method, parameters, settings
    for measured in chosen:
        line = measured.line
        key = (line.method, line.parameters, _settings(measured, out))
        its = sets.setdefault(key, {}).setdefault(line.noise, [])
        its += [line.dataset] if line.dataset not in its else []
    return [
        run_command(method, noises, parameters, datasets, f"{settings}{protocol}", out)
        for (method, parameters, settings), of in sets.items()
        for datasets, noises in by_datasets(of)
    ]


def by_datasets(of: Mapping[str, Sequence[str]]) -> list[tuple[tuple[str, ...], list[str]]]:
    """Noises that have the same data sets together.  of: noise -> data sets."""
    found: dict[tuple[str, ...], list[str]] = {}
    for noise, datasets in of.items():
        found.setdefault(tuple(datasets), []).append(noise)
    return list(found.items())


def run_command(
    method: str,
    noises: Sequence[str],
    parameters: str,
    datasets: Sequence[str],
    settings: str,
    out: str,
) -> str:
    """A `bench run` as it is typed."""
    return (
        f"bench run --method {method} --noise {','.join(noises)} --parameters {parameters}"
        f" --datasets {','.join(datasets)}{settings} --out {out}"
    )


def protocol_option(paper: Paper) -> str:
    """` --protocol nvlabs`; nothing for the one that is used if none is asked for."""
    label = paper.defined.protocol
    return "" if label == str(FLOAT) else f" --protocol {label.rpartition('-')[0]}"


def draws_option(draws: str) -> str:
    """` --draws fresh`; nothing for the draws that are usual."""
    return f" --draws {FRESH}" if draws == FRESH else ""


def _settings(measured: Entry, out: str) -> str:
    """The options that choose a result's weights.  out: the folder that the result is stored in."""
    line, budget = measured.line, measured.budget
    if not measured.is_trained:
        return ""
    train_set = f" --train-set {line.train_set}" if line.train_set else ""
    train_set += draws_option(measured.place.draws)
    if line.weights.startswith("zoo:"):
        return train_set
    if not line.weights.startswith("trained"):
        path = PurePath(line.weights)
        return f"{train_set} --weights {path.name if path.is_absolute() else path}"
    of = f"{out}/trainings/" if measured.begun_from_training else ""
    begun = f" --start {of}{measured.begun_from}" if measured.begun_from else ""
    if budget is None or (line.budget in BUDGETS and not begun):
        return f"{train_set} --budget {line.budget}"
    length = f"--steps {budget.steps} --batch {budget.batch} --crop {budget.crop_px}"
    return f"{train_set}{begun} {length}"
