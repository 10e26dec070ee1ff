"""What Python and reports get: the results of cells, and what went without."""

import re
from dataclasses import replace
from pathlib import Path

import pytest
from a_result import cell_of

from denoisebench.errors import UserError
from denoisebench.plugin import Report
from denoisebench.results.results import Results


def results(*cells, render, declined=()):
    reports = {"worst": Report("worst", "the worst image", render)}
    return Results(cells, declined, Path("out"), reports, {}, {})


def render_worst(of):
    return of.frame.sort_values("psnr_db")["image"].iloc[0]


def test_a_report_gets_the_results_with_their_rows_and_records():
    cell = cell_of([30.0, 29.0], provenance={"torch": "2"})
    seen = []
    made = results(cell, render=lambda of: seen.append(of) or render_worst(of))
    assert made.render("worst") == "02"
    assert seen == [made]
    assert seen[0].scored[0].provenance == {"torch": "2"}
    assert seen[0].folder == Path("out")


@pytest.mark.parametrize(
    "render",
    [
        lambda rows: rows.groupby("method")["psnr_db"].mean().to_string(),
        lambda rows: rows["psnr_db"].to_string(),
        lambda rows: str(rows.attrs["declined"]),
        lambda rows: str(len(rows)),
        lambda rows: str(list(rows)),
    ],
)
def test_a_report_of_the_earlier_contract_is_told_of_the_new_one(render):
    with pytest.raises(UserError, match=r"report worst raised .*`results\.frame`") as refused:
        results(cell_of([30.0]), render=render).render("worst")
    assert "\n" not in str(refused.value)


def test_another_fault_of_a_report_is_its_own():
    with pytest.raises(UserError, match=r"^report worst raised KeyError: 'psnr', in "):
        results(cell_of([30.0]), render=lambda of: of.frame["psnr"]).render("worst")


def test_what_has_no_scores_is_told_with_its_reasons():
    failed = replace(cell_of([]), error="it raised", method="m")
    declined = (("sure", "gaussian:25 unknown", "it must know"),)
    told = "nothing to show: sure declines gaussian:25 unknown: it must know; m on set12: it raised"
    with pytest.raises(UserError, match=re.escape(told)):
        results(failed, render=render_worst, declined=declined).render("worst")
