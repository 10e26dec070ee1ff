"""Why figures of a published table are missing, each reason under a label that cells refer to."""

import csv
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from statistics import median

from denoisebench.budgets import BUDGETS, DENOISE_MPX_PER_S, TRAIN_MPX_PER_S
from denoisebench.plugin import parse_spec
from denoisebench_reports.paper_tables.cells import FilledTable, TableCell
from denoisebench_reports.paper_tables.definition import Column
from denoisebench_reports.paper_tables.trainings import (
    by_datasets,
    draws_option,
    protocol_option,
    run_command,
)
from denoisebench_reports.tables.markdown import escaped

BUDGET = BUDGETS["quick"]
"""The defaults of a command that trains."""

TAKES = "takes about"
"""The words before a time in a reason."""

TIMES = (
    f"Times are of the budget {BUDGET.name} ({BUDGET.megapixels / 1e3:.2g} gigapixels), at the"
    " median rate of the method's trainings on a CPU among the stored results, else at"
    f" {TRAIN_MPX_PER_S:g} megapixels a second, a U-Net's on two cores; less if weights are bundled"
    " with the method."
)
"""How the times in the reasons were estimated."""

IMAGE_MPX = 0.25
"""The size of a photograph, about."""


@dataclass(frozen=True, slots=True)
class Reasons:
    """ours, papers: by place, the label of the reason why that figure is missing, as r1.

    texts: the reasons, by label.
    """

    ours: Mapping[TableCell, str]
    papers: Mapping[TableCell, str]
    texts: Mapping[str, str]


def reasons(filled: FilledTable) -> Reasons:
    """The reasons for every figure that is missing."""
    ours = {place: f"ours: {why}" for place, why in _why_ours(filled).items()}
    papers = {place: f"the paper's: {why}" for place, why in _why_papers(filled).items()}
    texts = list(dict.fromkeys([*ours.values(), *papers.values()]))
    labels = {text: f"r{number}" for number, text in enumerate(texts, start=1)}
    return Reasons(
        {place: labels[text] for place, text in ours.items()},
        {place: labels[text] for place, text in papers.items()},
        {label: text for text, label in labels.items()},
    )


def _why_papers(filled: FilledTable) -> dict[TableCell, str]:
    figures = filled.paper.figures
    return {
        place: figures[place].doubt if place in figures else "the paper has none"
        for place in filled.places
        if math.isnan(filled.paper.sound(place))
    }


def _why_ours(filled: FilledTable) -> dict[TableCell, str]:
    """A text for each place without a result; those that one command computes share one."""
    missing: dict[Column, dict[str, list[str]]] = {}
    found: dict[TableCell, str] = {}
    for place in filled.places:
        if filled.counts(place):
            continue
        declined = _declined(filled, place)
        if declined:
            found[place] = declined
        else:
            of = missing.setdefault(place.column, {})
            of.setdefault(place.noise, []).append(place.dataset)
    for column, of in missing.items():
        for datasets, noises in by_datasets(of):
            text = _not_stored(filled, column, noises, datasets)
            places = [TableCell(n, d, *column) for n in noises for d in datasets]
            found |= dict.fromkeys(places, text)
    return found


def _declined(filled: FilledTable, place: TableCell) -> str:
    """The run's reason for a place that its method declines."""
    return next(
        (
            escaped(f"{method} declines {what}: {reason}")
            for method, what, reason in filled.declined
            if (method, what) == (place.method, f"{place.noise} {place.parameters}")
        ),
        "",
    )


def _not_stored(
    filled: FilledTable, column: Column, noises: Sequence[str], datasets: Sequence[str]
) -> str:
    parameters, method, draws = column
    options = f"{draws_option(draws)}{protocol_option(filled.paper)}"
    command = run_command(method, noises, parameters, datasets, options, str(filled.results))
    needs = _needs().get(method)
    if needs:
        return f"not among the stored results; `{command}` {needs}"
    minutes = _minutes(filled, method, noises, parameters, datasets)
    return f"not among the stored results; `{command}` {TAKES} {minutes:.0f} min"


def _minutes(
    filled: FilledTable,
    method: str,
    noises: Sequence[str],
    parameters: str,
    datasets: Sequence[str],
) -> float:
    """About how long a command takes that trains and denoises.

    Gray and colour sets are trained for each by itself, and so is each noise, or each family where
    the level is not given. The kind and number of images of a set without results are unknown; the
    set is then a separate kind, and its images are not counted.
    """
    stored = [m for its in filled.candidates.values() for m in its if m.line.dataset in datasets]
    counts = {m.line.dataset: m.line.images for m in stored}
    channels = {m.line.dataset: m.recipe["channels"] for m in stored if "channels" in m.recipe}
    kinds = {channels.get(dataset, dataset) for dataset in datasets}
    learned = {n if parameters == "known" else parse_spec(n).name for n in noises}
    train_s = len(kinds) * len(learned) * BUDGET.megapixels / _train_mpx_per_s(filled, method)
    protocol = filled.paper.protocol
    repeats = {dataset: protocol.repeats_of(dataset) if protocol else 1 for dataset in counts}
    images = sum(count * repeats[dataset] for dataset, count in counts.items()) * len(noises)
    return max(1.0, (train_s + images * IMAGE_MPX / DENOISE_MPX_PER_S) / 60.0)


def _train_mpx_per_s(filled: FilledTable, method: str) -> float:
    """How fast a method trains on a CPU."""
    rates = [
        measured.megapixels / measured.line.train_s
        for place, its in filled.candidates.items()
        for measured in its
        if place.method == method
        and measured.outcome.get("device") == "cpu"
        and measured.line.train_s > 0.0
    ]
    return median(rates) if rates else TRAIN_MPX_PER_S


@cache
def _needs() -> Mapping[str, str]:
    """Packages that a method needs and that may be missing, by its name."""
    file = files(__package__) / "notes.csv"
    text = file.read_text(encoding="utf-8")
    rows = csv.DictReader(line for line in text.splitlines() if not line.startswith("#"))
    return {row["method"]: row["needs"] for row in rows}
