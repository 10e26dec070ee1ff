"""The stored results in the cells of a published table; which are left out, and why."""

import math
import re
from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, NamedTuple

from denoisebench.budgets import Budget
from denoisebench.plugin import (
    ORACLE,
    ORACLE_CHECKPOINT,
    Protocol,
    PublishedFigure,
    parse_spec,
    without_ensemble,
)
from denoisebench.results.dataframe import frame
from denoisebench.results.records import CellResult
from denoisebench.results.results import Results
from denoisebench.results.summary import Summary, summarise
from denoisebench.scoring.protocols import labelled
from denoisebench_reports.paper_tables.definition import FIXED, FRESH, Column, Definition
from denoisebench_reports.published.verdict import megapixels_of
from denoisebench_reports.tables.columns import merged


class TableCell(NamedTuple):
    """A cell of the table."""

    noise: str
    dataset: str
    parameters: str
    method: str
    draws: str = FIXED

    @property
    def column(self) -> Column:
        return Column(self.parameters, self.method, self.draws)


@dataclass(frozen=True, slots=True)
class Paper:
    """A published table.  figures: by place, in the order of its file, those in doubt too.

    protocol: the rules of the results that fill it, where a plugin offers them.
    """

    defined: Definition
    figures: Mapping[TableCell, PublishedFigure]
    protocol: Protocol | None

    @property
    def source(self) -> str:
        return "; ".join(dict.fromkeys(figure.source for figure in self.figures.values()))

    @property
    def noises(self) -> list[str]:
        defined = [noise.noise for noise in self.defined.noises]
        return defined or list(dict.fromkeys(place.noise for place in self.figures))

    @property
    def datasets(self) -> list[str]:
        return list(self.defined.datasets) or list(dict.fromkeys(p.dataset for p in self.figures))

    def columns(self, noise: str = "") -> list[Column]:
        """The columns of a noise, of all noises by default: the known ones first."""
        rows = [self._columns_of(each) for each in ([noise] if noise else self.noises)]
        return sorted(merged(rows), key=lambda column: column.parameters)

    def _columns_of(self, noise: str) -> list[Column]:
        for one in self.defined.noises:
            if one.noise == noise:
                return self.defined.columns_of(one)
        return list(dict.fromkeys(place.column for place in self.figures if place.noise == noise))

    def sound(self, place: TableCell) -> float:
        """The figure at a place, dB; NaN where there is none, or one in doubt."""
        figure = self.figures.get(place)
        return math.nan if figure is None or figure.doubt else figure.psnr_db


def read_paper(
    defined: Definition,
    published: Mapping[str, Sequence[PublishedFigure]],
    protocols: Mapping[str, Protocol],
) -> Paper:
    """A table with its published figures.  published, protocols: those that plugins offer.

    Where it says its columns, it has the figures of these alone, and a column of fresh draws those
    of the fixed ones: what the papers printed.
    """
    found: dict[TableCell, PublishedFigure] = {}
    for name in defined.published:
        for figure in published[name]:
            found.setdefault(
                TableCell(figure.noise, figure.dataset, *figure_column(figure)), figure
            )
    paper = Paper(defined, found, labelled(defined.protocol, protocols))
    if not defined.columns:
        return paper
    places = [(place, place._replace(draws=FIXED)) for place in places_of(paper)]
    return replace(paper, figures={place: found[of] for place, of in places if of in found})


def figure_column(figure: PublishedFigure) -> tuple[str, str]:
    """Parameters and method of a figure."""
    return figure.parameters, figure.method


def places_of(paper: Paper) -> list[TableCell]:
    """Every cell, noise by noise and row by row."""
    return [
        TableCell(noise, dataset, *column)
        for noise in paper.noises
        for dataset in paper.datasets
        for column in paper.columns(noise)
    ]


BEGUN_FROM = "trained from "
"""How the label of weights begins whose training began with others."""


@dataclass(frozen=True, slots=True)
class Entry:
    """A stored result.  recipe, outcome: of its training, empty where they are not known."""

    line: Summary
    cell: str
    training: str
    """The key that distinguishes its weights from others."""
    recipe: Mapping[str, Any] = field(default_factory=dict)
    outcome: Mapping[str, Any] = field(default_factory=dict)
    version: str = ""

    @property
    def place(self) -> TableCell:
        line = self.line
        draws = FRESH if line.draws.startswith(FRESH) else FIXED
        return TableCell(line.noise, line.dataset, line.parameters, line.method, draws)

    @property
    def psnr_db(self) -> float:
        """As it is printed."""
        return round(self.line.psnr_db, 2)

    @property
    def is_trained(self) -> bool:
        return self.line.weights != "none"

    @property
    def begun_from(self) -> str:
        """The name of the bundled weights that its training began with, or the id of an earlier
        training; empty without them, and for a file."""
        named = re.fullmatch(rf"{BEGUN_FROM}([\w-]+/[\w.-]+|[0-9a-f]{{16}})", self.line.weights)
        return named[1] if named else ""

    @property
    def begun_from_training(self) -> bool:
        """Whether its training began with the weights of an earlier one, which are not bundled."""
        return bool(self.begun_from) and "/" not in self.begun_from

    @property
    def budget(self) -> Budget | None:
        """None where nothing was trained, or nothing tells how long."""
        told = self.recipe.get("budget")
        return Budget(**told) if told else None

    @property
    def megapixels(self) -> float:
        """Of its training, with what it began from; 0 where nothing was trained or tells that."""
        label = megapixels_of(self.line.budget)
        known = self.budget.megapixels if self.budget and "start" not in self.recipe else label
        return 0.0 if math.isnan(known) else known

    @property
    def order(self) -> tuple[float, bool, str, str]:
        """The first in this order is shown in a cell: the one trained longest.

        Of equals one that learned the very noise before one that learned a range, then by name.
        """
        learned_it = self.recipe.get("noise") == self.line.noise
        return -self.megapixels, not learned_it, self.line.weights, self.cell


@dataclass(frozen=True, slots=True)
class FilledTable:
    """A table with what is measured.  candidates: by place, the one that counts first.

    left_out: how many results were not used, by reason.  declined: (method, noise and parameters,
    reason).  results: where all of them are stored.
    """

    paper: Paper
    candidates: Mapping[TableCell, Sequence[Entry]]
    left_out: Mapping[str, int]
    declined: Sequence[tuple[str, str, str]]
    results: Path

    def counts(self, place: TableCell) -> Entry | None:
        """The result that stands at a place."""
        return next(iter(self.candidates.get(place, ())), None)

    @property
    def chosen(self) -> list[Entry]:
        """The entries of the cells, in the order of the table."""
        return [found for place in self.places if (found := self.counts(place))]

    @property
    def places(self) -> list[TableCell]:
        """Every cell, noise by noise and row by row."""
        return places_of(self.paper)

    def difference_db(self, place: TableCell) -> float:
        """Ours − the paper's, both as printed; NaN where one of them is missing or in doubt."""
        ours = self.counts(place)
        return math.nan if ours is None else round(ours.psnr_db - self.paper.sound(place), 2)


def fill(paper: Paper, results: Results) -> FilledTable:
    """The table filled from stored results."""
    candidates: dict[TableCell, list[Entry]] = {}
    left_out: Counter[str] = Counter()
    found = list(_measured(results))
    trained = {measured.training for measured in found}
    for measured in found:
        reason = _unfit(measured, paper, trained)
        if reason:
            left_out[reason] += 1
        else:
            candidates.setdefault(measured.place, []).append(measured)
    for its in candidates.values():
        its.sort(key=lambda measured: measured.order)
    smaller = sum(len(its) - 1 for its in candidates.values())
    if smaller:
        left_out["in cells where another was trained as long or longer"] = smaller
    counted = dict(sorted(left_out.items()))
    return FilledTable(paper, candidates, counted, results.declined, results.folder)


def _measured(results: Results) -> Iterator[Entry]:
    for cell in results.scored:
        for line in summarise(frame([cell])):
            name = cell.training or f"{line.method} {line.weights}"
            yield Entry(line, cell.cell, **{"training": name, **_told(cell)})


def _told(result: CellResult) -> dict[str, Any]:
    """The statement of a result's file about its weights."""
    said = result.provenance
    versions = {"denoisebench": said.get("denoisebench"), "PyTorch": said.get("torch")}
    told: dict[str, Any] = {
        "recipe": said.get("recipe") or {},
        "outcome": said.get("training_outcome") or {},
        "version": ", ".join(f"{name} {number}" for name, number in versions.items() if number),
    }
    given = said.get("weights_sha256")
    return told | ({"training": given} if given else {})


def _unfit(measured: Entry, paper: Paper, trained: Collection[str]) -> str:
    """Why a result is not in the table; empty if it is.  The first reason counts.

    trained: the ids of the trainings among all results.
    """
    line, column = measured.line, measured.place.column
    spec, ensembled = without_ensemble(line.method)
    name = parse_spec(spec).name
    columns = paper.columns(line.noise)
    methods = {of.method for of in paper.columns()}
    of_it = line.noise in paper.noises and line.dataset in paper.datasets
    of_it = of_it and not methods.isdisjoint((spec, name))
    picked = line.parameters == ORACLE or line.weights.endswith(ORACLE_CHECKPOINT)
    fresh = column.draws == FRESH and column not in columns
    other_noise = line.draws.removeprefix(column.draws) not in ("", f", {line.noise}")
    no_column = (line.parameters, line.method) not in {of[:2] for of in columns}
    label, seed = paper.defined.protocol, paper.defined.seed
    begun_from_a_file = line.weights.startswith(BEGUN_FROM) and not measured.begun_from
    elsewhere = measured.begun_from_training and measured.begun_from not in trained
    foreign = begun_from_a_file or elsewhere or line.budget == "unknown"
    reasons = {
        "of noises, image sets or methods that the paper's table does not have": not of_it,
        f"under protocols other than {label}": line.protocol != label,
        "with what clean images pick (oracle)": picked,
        "averaged over the orientations of an image (--self-ensemble)": ensembled,
        "of methods with settings of their own": spec != name and spec not in methods,
        "of columns that the paper does not have": no_column,
        f"of seeds other than {seed}": line.seed != seed,
        "trained on fresh draws": fresh,
        "trained on a noise that is neither the test's nor its blind range": other_noise,
        "trained on the test images": line.train_set.endswith("(transductive)"),
        "begun from weights that are neither bundled nor of a stored result, or imported": foreign,
        "without an image of finite PSNR": math.isnan(line.psnr_db),
    }
    return next((reason for reason, holds in reasons.items() if holds), "")


def signed(difference_db: float) -> str:
    """`+0.12`, `−0.31`, `0.00`."""
    printed = round(difference_db, 2)
    return f"{printed:+.2f}".replace("-", "−") if printed else "0.00"
