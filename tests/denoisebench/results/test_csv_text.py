"""CSV whose texts no spreadsheet takes for formulas."""

import csv
import io

import pytest
from a_result import cell_of, results_of

from denoisebench.results.csv_text import csv_rows, csv_text
from denoisebench_reports.tables.export import render_csv


@pytest.mark.parametrize("text", ["=1+1", "+cmd|' /C calc'!A0", "-a", "@SUM(1)", "\t=1"])
def test_a_text_that_begins_like_a_formula_gets_an_apostrophe(text):
    ((cell,),) = csv.reader(io.StringIO(csv_text([[text]]), newline=""))
    assert cell == f"'{text}"


@pytest.mark.parametrize("cell", ["a=1", "'quoted'", "", "gaussian:25", "-inf", "-0.5", "1e-3"])
def test_other_texts_and_numbers_stay_as_they_are(cell):
    assert csv_text([[cell, "x"]]) == f"{cell},x\n"


def test_numbers_and_missing_ones():
    assert csv_text([[-0.25, None, True, 3]]) == "-0.25,,True,3\n"


def test_what_is_written_is_read_again():
    rows = [["=a", "b", "'c"], ["-1", "@d,e", "x\ny"]]
    assert csv_rows(csv_text(rows)) == rows


def test_a_name_in_a_report_is_no_formula():
    text = render_csv(results_of([cell_of([30.0], parameters="=cmd|x", dataset="@SUM(1)")]))
    ((line),) = csv.DictReader(io.StringIO(text))
    assert (line["parameters"], line["dataset"]) == ("'=cmd|x", "'@SUM(1)")
