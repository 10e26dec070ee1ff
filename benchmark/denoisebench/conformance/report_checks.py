"""Checks of a report, with results made in memory."""

import copy
import tempfile
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from denoisebench.conformance.check import Outcome, Rule, failed, passed, skipped
from denoisebench.conformance.places import place_of
from denoisebench.conformance.static_checks import ANY
from denoisebench.conformance.subject import Subject
from denoisebench.errors import UserError
from denoisebench.plugin.report import Report
from denoisebench.registry.loader import load
from denoisebench.results.records import CellResult, ImageScore
from denoisebench.results.results import Results
from denoisebench.scoring.protocols import FLOAT

METHODS = 12


SCORE = ImageScore(
    image="00",
    repeat=0,
    psnr_db=28.0,
    ssim=0.8,
    noisy_psnr_db=20.2,
    level=25.0,
    level_estimate=None,
    denoise_s=0.5,
    megapixels=0.25,
    noisy_sha256="0" * 64,
)
CELL = CellResult(
    cell="0",
    method="method-0",
    noise="gaussian:25",
    parameters="known",
    dataset="set12",
    protocol=str(FLOAT),
    evidence="noisy",
    draws="fixed",
    seed=0,
    train_set="cbsd399",
    budget="quick",
    weights="trained",
    training="0",
    train_s=100.0,
    network_parameters=559_000,
    gmacs_per_mpx=123.5,
    peak_memory_mb=512.0,
    same_level_unit=True,
    scores=(SCORE,),
    provenance={"threads": 2},
)


def _many() -> list[CellResult]:
    """Results of many methods on two images, one of which failed."""
    scored = [
        replace(
            CELL,
            cell=str(n),
            method=f"method-{n}",
            training=str(n),
            scores=(SCORE, replace(SCORE, image="01", psnr_db=26.0 + n)),
        )
        for n in range(METHODS)
    ]
    return [*scored, replace(CELL, cell="failed", scores=(), error="it raised ValueError: no")]


def _rendered(subject: Subject, cells: Sequence[CellResult]) -> Outcome:
    """Whether a report makes text of results and leaves them as they are."""
    report, where = subject.thing, _place(subject)
    assert isinstance(report, Report)  # by its kind
    with tempfile.TemporaryDirectory() as folder:
        declined = (("method-x", "gaussian:25 known", "it is for other noise"),)
        results = Results(
            tuple(cells), declined, Path(folder), {}, {FLOAT.name: FLOAT}, load().published_figures
        )
        before = copy.deepcopy(results.cells)
        try:
            text = report.render(results)
        except UserError as error:
            return passed() if cells == [] else skipped(f"it shows no such results: {error}")
    if not isinstance(text, str) or (cells and not text.strip()):
        made = type(text).__name__ if not isinstance(text, str) else "an empty text"
        return failed(f"render returns {made}", "Return text.", where)
    if before != results.cells:
        return failed("render changes the results", "Work on a copy.", where)
    return passed()


def _place(subject: Subject) -> str:
    return place_of(subject.thing.render, subject.origin.files)


def one(subject: Subject) -> Outcome:
    return _rendered(subject, [CELL])


def many(subject: Subject) -> Outcome:
    return _rendered(subject, _many())


def empty(subject: Subject) -> Outcome:
    """Without scores `results.frame` raises UserError, which may pass."""
    return _rendered(subject, [])


def runs(subject: Subject) -> Outcome:
    """Whether the runs of a table are settings of `bench run`."""
    report = subject.thing
    assert isinstance(report, Report)  # by its kind
    if report.runs is None:
        return skipped("it is no table of a paper: it has no runs")
    try:
        found = report.checked_runs(load().published_figures)
    except UserError as error:
        return failed(
            str(error), "Give settings of `bench run`, as a preset does.", _place(subject)
        )
    return passed() if found else failed("it has no run", "Give one or more.", _place(subject))


RULES: tuple[Rule[Subject], ...] = (
    *ANY,
    Rule("report-one", "One score becomes text, and is unchanged.", one),
    Rule(
        "report-many",
        "So do 12 methods, one that failed, one that declined.",
        many,
        ("report-one",),
    ),
    Rule("report-empty", "Without scores it raises nothing but UserError.", empty, ("report-one",)),
    Rule("report-runs", "The runs of a paper's table are settings of `bench run`.", runs),
)
