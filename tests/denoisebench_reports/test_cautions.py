"""What a table says of images without a finite PSNR, and of methods below the noisy image."""

import dataclasses
import json
import math
from html import unescape

import pytest
from a_result import results_of

from denoisebench_reports.page.page import render_page
from denoisebench_reports.tables.export import render_csv, render_json
from denoisebench_reports.tables.latex import render_latex
from denoisebench_reports.tables.markdown import render_markdown
from denoisebench_reports.tables.text import render_table

INF, NAN = math.inf, math.nan


def words(text):
    return " ".join(text.split())


def named(cell, *names, noisy_psnr_db=None):
    """The cell with these images, and the noisy PSNR of each."""
    scores = tuple(
        dataclasses.replace(score, image=name, noisy_psnr_db=noisy_db)
        for score, name, noisy_db in zip(
            cell.scores, names, noisy_psnr_db or [20.0] * len(names), strict=True
        )
    )
    return dataclasses.replace(cell, scores=scores)


@pytest.fixture
def black_frame(make_cell):
    """A black frame under Poisson noise, which is not changed by it nor by any method."""
    values = {"identity": [16.0, 17.0, INF], "tv": [22.0, 23.0, INF], "nlm": [20.0, 21.0, INF]}
    return results_of(
        named(
            make_cell(its, method=method, noise="poisson:0.05", dataset="folder:x"),
            *("0.png", "1.png", "blank.png"),
            noisy_psnr_db=values["identity"],
        )
        for method, its in values.items()
    )


def test_an_image_that_is_reproduced_exactly_is_left_out_counted_and_named(black_frame):
    text = render_table(black_frame)
    row = next(line for line in text.splitlines() if line.startswith("folder:x"))
    assert row.split() == ["folder:x", "16.50", "22.50*±6.35", "20.50_±6.35"]
    assert (
        "folder:x poisson:0.05, noisy, identity, tv, nlm: 1 of 3 images left out of the mean,"
        " reproduced exactly (infinite PSNR): blank.png."
    ) in words(text)


@pytest.mark.parametrize("render", [render_table, render_markdown, render_latex, render_csv])
def test_no_report_prints_an_infinite_mean(black_frame, render):
    text = render(black_frame).replace("infinite", "")
    assert "inf" not in text
    assert "nan" not in text


def test_the_json_and_the_page_show_the_image_itself(black_frame):
    images = json.loads(render_json(black_frame))["images"]
    assert [image["psnr_db"] for image in images[3:6]] == [22.0, 23.0, "inf"]
    page = unescape(render_page(black_frame))
    assert ">∞</span>" in page
    assert "1 of 3 images left out of the mean, reproduced exactly" in words(page)
    assert '<span class="best">∞' not in page


def test_a_set_that_all_methods_reproduce_has_no_figure_and_no_best(make_cell):
    results = results_of([make_cell([INF], method=method) for method in ("tv", "nlm")])
    text = render_table(results)
    row = next(line for line in text.splitlines() if line.startswith("set12"))
    assert row.split() == ["set12", "20.17", "exact", "exact"]
    assert "*: best" not in text
    assert "1 of 1 images left out of the mean" in words(text)


def test_an_image_without_a_psnr_is_told_apart_and_long_lists_are_cut(make_cell):
    text = words(render_table(results_of([make_cell([NAN] * 5 + [30.0])])))
    told = "5 of 6 images left out of the mean, whose noise level cannot be told: 01, 02, 03 and 2"
    assert f"set12 gaussian:25, noise2score: {told} more." in text


def test_the_noisy_image_is_compared_over_the_images_that_all_denoise(make_cell):
    noisy = make_cell([30.0, 20.0], method="identity")
    assert "higher PSNR" not in words(render_table(results_of([noisy, make_cell([NAN, 21.0])])))
    assert "higher PSNR" in words(render_table(results_of([noisy, make_cell([NAN, 19.0])])))


def test_a_table_says_where_the_noisy_image_beats_every_ranked_method(make_cell):
    below = [make_cell([19.0, 20.0], method=m) for m in ("tv", "nlm")]
    supervised = make_cell([31.0, 32.0], method="supervised", evidence="clean")
    note = "The noisy image has a higher PSNR than every ranked method: set12 gaussian:25."
    assert note in words(render_table(results_of([*below, supervised])))
    baseline = make_cell([19.0, 19.5], method="identity")  # as the protocol scores it
    assert note not in words(render_table(results_of([*below, baseline])))
    above = make_cell([30.0, 31.0])
    assert "noisy image has" not in words(render_table(results_of([*below, above])))


def test_an_estimated_level_is_called_so_where_the_true_one_is_unknown(make_cell):
    cell = make_cell([30.0], method="tv", noise="real", parameters="unknown")
    score = dataclasses.replace(cell.scores[0], level=None, level_estimate=15.0)
    text = render_table(results_of([dataclasses.replace(cell, scores=(score,))]))
    assert "estimated" in next(line for line in text.splitlines() if line.startswith("tv "))
    assert "median error" not in text


def test_levels_of_two_units_are_not_compared(make_cell):
    cell = make_cell([30.0], noise="poisson:0.05", parameters="unknown", same_level_unit=False)
    score = dataclasses.replace(cell.scores[0], level=0.05, level_estimate=22.0)
    text = render_table(results_of([dataclasses.replace(cell, scores=(score,))]))
    assert "estimated" in text
    assert "median error" not in text
