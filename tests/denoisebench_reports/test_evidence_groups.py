"""What methods see parts a table's columns; supervised ones stand behind a divider, unranked."""

import dataclasses
import re
import sys

import pytest
from a_result import results_of

from denoisebench_reports.tables.text import render_table

SEES = {
    "noise2score": "noisy",
    "noise2noise": "noisy-pairs",
    "supervised": "clean",
    "tv": "nothing",
    "blindspot": "noisy",
}


@pytest.fixture(autouse=True)
def no_terminal(monkeypatch):
    monkeypatch.setattr(sys.stdout, "isatty", lambda: False)


@pytest.fixture
def table_of(make_cell):
    """The lines of a table where method number n scores 30 + n dB on each image."""

    def make(*methods, parameters=("known",)):
        cells = [
            make_cell([29.0 + n, 31.0 + n], method=m, evidence=SEES[m], parameters=p)
            for p in parameters
            for n, m in enumerate(methods)
        ]
        return render_table(results_of(cells)).splitlines()

    return make


def parts(line):
    return [re.split(r" {2,}", part.strip()) for part in re.split(" [|‖] ?", line)]


def test_a_bar_stands_between_what_sees_different_things_and_a_divider_before_the_supervised(
    table_of,
):
    lines = table_of("supervised", "noise2noise", "noise2score", "blindspot")
    assert parts(lines[0]) == [["sees", "noisy"], ["pairs"], ["clean"]]
    assert parts(lines[1]) == [
        ["noisy", "noise2score", "blindspot"],
        ["noise2noise"],
        ["supervised"],
    ]
    for line in (lines[0], lines[1], lines[4]):
        assert [c for c in line if c in "|‖"] == ["|", "‖"]
    assert len({line.index("‖") for line in (lines[0], lines[1], lines[4])}) == 1


def test_supervised_methods_are_not_ranked_and_the_legend_says_so(table_of):
    lines = table_of("noise2score", "noise2noise", "supervised")
    assert [cells[-1][:6] for cells in parts(lines[4])] == ["30.00_", "31.00*", "32.00 "]
    assert "Methods that see clean images are not ranked, as in Table 2 of Noise2Score." in lines


def test_one_kind_of_evidence_has_neither_titles_nor_bars(table_of):
    lines = table_of("noise2score", "blindspot")
    assert "sees" not in lines[0]
    assert "|" not in "".join(lines[:4])
    assert "Methods that see clean images" not in "".join(lines)


def test_evidence_stands_under_parameters_where_both_vary(table_of):
    lines = table_of("tv", "noise2score", "supervised", parameters=("known", "unknown"))
    assert lines[0].split() == ["|", "parameters", "known", "|", "parameters", "unknown"]
    assert parts(lines[1])[0] == ["sees"]
    assert [cell[-1] for cell in parts(lines[1])[1:]] == ["nothing", "noisy", "clean"] * 2
    assert [c for c in lines[1] if c in "|‖"] == list("||‖||‖")


def test_what_a_method_knew_of_the_level_stands_beneath(make_cell):
    def knew(estimate, **changes):
        cell = make_cell([30.0], **changes)
        scores = tuple(dataclasses.replace(s, level_estimate=estimate) for s in cell.scores)
        text = render_table(results_of([dataclasses.replace(cell, scores=scores)]))
        row = next(line for line in text.splitlines() if "trained  " in line)
        return re.split(r" {2,}", row)[3]

    assert knew(None) == "given"
    assert knew(26.0) == "given, estimated"
    assert knew(26.0, parameters="unknown") == "estimated"
    assert knew(None, parameters="unknown") == "not used"
    assert knew(None, method="identity") == "–"
