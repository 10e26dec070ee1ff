"""Oracles stand in columns of their own, behind all others, without a mark."""

import csv
import io
import json
import sys
from collections.abc import Callable, Sequence
from dataclasses import replace

import pytest
from a_result import results_of
from published import SOUND

from denoisebench.noise.level_knowledge import IGNORES_LEVELS
from denoisebench.results.records import CellResult
from denoisebench.results.results import Results
from denoisebench.results.summary import summarise
from denoisebench_reports.page.page import render_page
from denoisebench_reports.published.verdict import comparisons
from denoisebench_reports.tables.export import render_csv, render_json
from denoisebench_reports.tables.latex import render_latex
from denoisebench_reports.tables.markdown import render_markdown
from denoisebench_reports.tables.text import render_table

Make = Callable[..., CellResult]


@pytest.fixture(autouse=True)
def no_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys.stdout, "isatty", lambda: False)


def picked(cell: CellResult, level: float | None) -> CellResult:
    """With this level for each image."""
    return replace(cell, scores=tuple(replace(s, level_estimate=level) for s in cell.scores))


def cells(make_cell: Make, parameters: Sequence[str]) -> list[CellResult]:
    """Two methods, of which an oracle picked 22.4 for σ = 25; Noise2Score has published figures."""
    return [
        picked(make_cell([base, base + 2.0], method=method, parameters=p), 22.4)
        for p in parameters
        for method, base in (("noise2score", 29.0), ("tv", 28.0))
    ]


@pytest.fixture
def results(make_cell: Make) -> Results:
    return results_of(cells(make_cell, ["oracle", "unknown"]))


def test_the_group_is_headed_oracle_and_stands_last(results: Results) -> None:
    assert render_table(results).splitlines()[0].split("|")[1:] == [
        " parameters unknown".ljust(len(render_table(results).splitlines()[0].split("|")[1])),
        " oracle",
    ]
    assert r"{c}{parameters unknown} & \multicolumn{2}{c}{oracle}" in render_latex(results)
    assert "noise2score<br>oracle | tv<br>oracle |" in render_markdown(results)
    page = render_page(results)
    assert "gaussian:25, oracle" in page
    assert "parameters oracle" not in page


def test_an_oracle_has_neither_marks_nor_published_figures(results: Results) -> None:
    (row,) = [line for line in render_table(results).splitlines() if line.startswith("set12 ")][:1]
    _, unknown, oracle = row.split("|")
    assert "30.00*" in unknown
    assert not set("*_~(") & set(oracle)
    assert [len(comparisons(line, SOUND)) > 0 for line in summarise(results.frame)] == [
        False,
        False,
        True,
        False,
    ]


def test_oracles_alone_are_no_more_ranked_than_beside_others(make_cell: Make) -> None:
    results = results_of(cells(make_cell, ["oracle"]))
    text = render_table(results)
    assert text.splitlines()[0].split() == ["|", "oracle"]
    assert "*: best" not in text
    assert "Smallest difference resolved" not in text
    page = render_page(results)
    assert 'class="best"' not in page
    assert "Pareto front: noise2score" not in page


def test_the_legend_says_what_an_oracle_is_and_what_it_knew(results: Results) -> None:
    text = " ".join(render_table(results).split())
    assert "of 72 levels over the noise's blind range" in text
    assert "estimated / oracle" in text.replace("oracle / estimated", "estimated / oracle")
    assert "Noise levels estimated, median error over images: noise2score gaussian:25 on" in text
    assert text.count("gaussian:25 on set12 10.4%") == 2  # of the unknown ones alone


def test_csv_and_json_call_it_oracle_and_no_estimate(results: Results) -> None:
    lines = list(csv.DictReader(io.StringIO(render_csv(results))))
    told = [(line["parameters"], line["level_error"], line["verdict"]) for line in lines]
    assert told[:2] == [("oracle", "", "")] * 2
    images = json.loads(render_json(results))["images"]
    assert {(i["parameters"], i["level_estimate"]) for i in images[:4]} == {("oracle", 22.4)}


def test_an_oracle_that_had_no_level_to_pick_declines(make_cell: Make) -> None:
    plain, *others = cells(make_cell, ["unknown", "oracle"])
    ignored = picked(replace(others[1], method="supervised"), None)
    results = results_of([plain, ignored], [("sure", "gaussian:25 unknown", "it must know")])
    assert set(results.frame["method"]) == {"noise2score"}
    declined = ("supervised", "gaussian:25 oracle", IGNORES_LEVELS)
    assert results.declined == (("sure", "gaussian:25 unknown", "it must know"), declined)
    text = " ".join(render_table(results).split())
    assert f"supervised declines gaussian:25 oracle: {IGNORES_LEVELS}." in text
