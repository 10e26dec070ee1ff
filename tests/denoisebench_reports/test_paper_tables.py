"""The page of Table 2: our figures beside the paper's, and which results they are of."""

import re

import numpy as np
import pytest
from a_result import results_of
from table2_page import cell, given, in_short, reason, recipe, section

from denoisebench.scoring.paired import difference_interval
from denoisebench_reports.paper_tables.page import render_paper_table

PAPERS = {"noise2score": 30.13, "supervised": 30.36}  # gaussian:25, set12, known


def test_a_cell_has_our_figure_the_papers_and_the_difference(page_of):
    page = page_of({"psnr_db": [29.0, 30.24]}, {"parameters": "unknown"})
    assert cell(page, "gaussian:25", "set12", "noise2score") == ["**29.62**[t1]", "30.13", "−0.51"]
    unknown = cell(page, "gaussian:25", "set12", "noise2score", "unknown")
    assert unknown == ["**30.00**[t2]", "30.08", "−0.08"]


def test_rows_and_columns_stand_in_the_papers_order_each_noise_by_itself(page_of):
    page = page_of({})
    assert re.findall(r"^### (.*)$", page, re.M) == [
        *("gaussian:25", "gaussian:50", "poisson:0.01", "poisson:0.05", "gamma:100", "gamma:50")
    ]
    lines = [line for line in section(page, "poisson:0.05") if line.startswith("|")]
    assert [re.sub("<br>", " ", name) for name in lines[0].strip("| ").split(" | ")] == [
        *("anscombe -bm3d known", "noise2 void known", "noise2 self known", "pure known"),
        *("noise2 score known", "noise2 noise known", "supervised known"),
        *("noise2 score unknown", "supervised unknown"),
    ]
    assert [line.split(" | ")[0][2:] for line in lines[2:]] == ["bsd68", "set12", "cbsd68", "kodak"]


def test_a_methods_row_in_short_has_the_mean_and_the_range_of_its_differences(page_of):
    page = page_of({"psnr_db": [30.03]}, {"psnr_db": [29.62], "dataset": "bsd68"})
    assert in_short(page, "noise2score") == ["2 of 23", "+0.20", "−0.10", "+0.50", "0.131"]
    assert in_short(page, "noise2void") == ["0 of 23", *["–"] * 4]


def test_a_figure_in_doubt_is_a_dash_with_its_reason_and_counts_nowhere(page_of):
    misprint = {"noise": "gamma:100", "method": "supervised", "psnr_db": [33.0]}
    repeated = {"noise": "gaussian:50", "dataset": "kodak", "psnr_db": [28.0]}
    page = page_of(misprint, repeated)
    ours, paper = cell(page, "gamma:100", "set12", "supervised")
    assert ours == "**33.00**[t2]"
    assert "equals that of gamma:50 and is probably a misprint" in reason(page, paper[2:-1])
    ours, paper = cell(page, "gaussian:50", "kodak", "noise2score")
    assert ours == "**28.00**[t1]"
    assert "repeats that of gaussian:25" in reason(page, paper[2:-1])
    assert in_short(page, "noise2score")[0] == "0 of 23"
    assert in_short(page, "supervised")[0] == "0 of 22"
    assert "190 are sound and 10 in doubt. Beside 0 of" in page


def test_of_several_results_the_one_trained_longest_stands_in_the_cell(page_of):
    lengths = ("zoo", "quick", "524 Mpx")
    page = page_of(*({"budget": b, "psnr_db": [28.0 + n]} for n, b in enumerate(lengths)))
    assert cell(page, "gaussian:25", "set12", "noise2score")[0] == "**28.00**[t1]"
    assert "2 in cells where another was trained as long or longer" in page
    assert in_short(page, "noise2score")[-1] == "1.05"


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"protocol": "nvlabs-1"}, "under protocols other than float-1"),
        ({"protocol": "float-1:noisy=8-bit"}, "under protocols other than float-1"),
        ({"seed": 1}, "of seeds other than 0"),
        ({"parameters": "oracle"}, "with what clean images pick (oracle)"),
        ({"weights": "trained, oracle checkpoint"}, "with what clean images pick (oracle)"),
        ({"draws": "fresh"}, "trained on fresh draws"),
        ({"draws": "fresh, gaussian:5..50"}, "trained on fresh draws"),
        ({"draws": "fixed, gaussian:5..50"}, "neither the test's nor its blind range"),
        ({"method": "noise2score:probe=single"}, "of methods with settings of their own"),
        ({"method": "noise2score (x8)"}, "averaged over the orientations of an image"),
        ({"method": "noise2score:probe=single (x8)"}, "averaged over the orientations"),
        ({"method": "tv"}, "that the paper's table does not have"),
        ({"dataset": "set14"}, "that the paper's table does not have"),
        ({"noise": "gaussian:15"}, "that the paper's table does not have"),
        ({"method": "noise2noise", "parameters": "unknown"}, "of columns that the paper does not"),
        ({"train_set": "test (transductive)"}, "trained on the test images"),
        ({"weights": "trained from a.safetensors"}, "begun from weights that are neither"),
        ({"weights": "a.safetensors", "budget": "unknown"}, "of a stored result, or imported"),
    ],
)
def test_what_does_not_belong_in_the_table_is_left_out_and_counted(page_of, change, why):
    page = page_of({"dataset": "bsd68"}, {"psnr_db": [99.0], **change})
    assert "99.00" not in page
    (told,) = (line for line in page.splitlines() if line.startswith("- Stored results that are"))
    assert re.search(rf": 1 [^;]*{re.escape(why)}", told)


def test_a_training_begun_from_bundled_weights_counts_with_their_length_and_names_them(page_of):
    begun = recipe(start="ab", start_megapixels=1048.576)
    page = page_of(
        {"psnr_db": [28.0], "budget": "zoo"},
        {
            "psnr_db": [29.0],
            "budget": "1180 Mpx",
            "weights": "trained from noise2score/gray-gaussian25",
            "provenance": begun,
        },
    )
    assert cell(page, "gaussian:25", "set12", "noise2score")[0] == "**29.00**[t1]"
    assert in_short(page, "noise2score")[-1] == "1.18"
    (row,) = (s for s in section(page, "What was trained") if s.startswith("| t1 "))
    assert "| own training from noise2score/gray-gaussian25 |" in row
    assert "--start noise2score/gray-gaussian25 --steps 2000 --batch 16 --crop 64" in page


def test_a_training_begun_from_that_of_a_stored_result_counts_with_its_length_and_names_it(page_of):
    first, second = "0123456789abcdef", "fedcba9876543210"
    of_first = {"psnr_db": [28.0], "training": first}
    of_second = {
        "noise": "gaussian:50",
        "psnr_db": [25.0],
        "training": second,
        "budget": "164 Mpx",
        "weights": f"trained from {first}",
        "provenance": recipe(start="ab", start_megapixels=131.072),
    }
    page = page_of(of_first, of_second)
    assert cell(page, "gaussian:50", "set12", "noise2score")[0] == "**25.00**[t2]"
    (row,) = (s for s in section(page, "What was trained") if s.startswith("| t2 "))
    assert "| 0.164 |" in row
    assert "| own training from t1 |" in row
    assert f"--start results/trainings/{first} --steps 2000 --batch 16 --crop 64" in page
    alone = page_of(of_second)
    assert "25.00" not in alone
    assert "1 begun from weights that are neither bundled nor of a stored result" in alone


def test_the_gap_to_supervised_is_at_the_longest_training_that_both_have(page_of):
    both = [30.0, 31.0, 32.5], [30.3, 31.2, 32.9]
    page = page_of(
        {"psnr_db": both[0]},
        {"psnr_db": both[1], "method": "supervised"},
        {"psnr_db": [31.0] * 3, "budget": "zoo"},
    )
    assert cell(page, "gaussian:25", "set12", "noise2score")[0] == "**31.00**[t1]"
    low, high = difference_interval(np.subtract(*both))
    row = next(s for s in section(page, "noise2score less supervised") if "gaussian:25" in s)
    assert row.split(" | ")[3] == (
        f"**−0.30** ± {(high - low) / 2:.2f}<br>{PAPERS['noise2score'] - PAPERS['supervised']:.2f}"
        "<br>0.131 gigapixels\N{NO-BREAK SPACE}<sup>t3, t2</sup>"
    ).replace("-", "−")
    assert "mean over 1 cells: ours −0.30, the paper's −0.23 dB" in page
    assert page.count("--method noise2score --noise gaussian:25 --parameters known") == 3


def test_nothing_trained_equally_long_leaves_no_gap(page_of):
    page = page_of({}, {"method": "supervised", "budget": "zoo"})
    assert "less supervised" not in page


def test_the_page_does_not_depend_on_the_order_of_the_results(make_cell):
    cells = [
        make_cell([30.0 + n], cell=f"c{n}", training=f"7ea{n}", **change)
        for n, change in enumerate(
            ({}, {}, {"budget": "zoo"}, {"dataset": "bsd68"}, {"method": "supervised"},
             {"protocol": "nvlabs-1"}, {"seed": 1}, {"method": "sure", "noise": "gaussian:50"})
        )
    ]  # fmt: skip
    assert render_paper_table("noise2score_table2", results_of(cells)) == render_paper_table(
        "noise2score_table2", results_of(cells[::-1])
    )


def test_the_error_over_images_is_told_for_each_set(page_of):
    page = page_of({"psnr_db": [29.0, 30.0, 31.0]})  # a deviation of 1 over the root of 3
    assert "(median over cells): set12 0.58 dB" in page


def test_of_equally_long_trainings_the_one_on_the_very_noise_counts(page_of_trained):
    blind = given("a.safetensors", noise="gaussian:5..55", parameters="unknown")
    page = page_of_trained(
        {"psnr_db": [30.5], **blind}, {"psnr_db": [30.0], **given("b.safetensors")}
    )
    assert cell(page, "gaussian:25", "set12", "noise2score")[0] == "**30.00**[t1]"


def test_a_page_of_nothing_that_belongs_in_the_table_is_all_reasons(page_of):
    page = page_of({"method": "tv", "evidence": "nothing"})
    assert "Beside 0 of" in page
    assert "**ours**" in page
    assert not re.search(r"\*\*\d", page)
    assert "What was trained" not in page
