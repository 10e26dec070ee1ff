"""The text table can be read: marks, dashes, published figures, legend, width."""

import dataclasses
import math
import re
import sys

import pytest
from a_result import results_of
from bench import bench, bench_process, make_images

from denoisebench_reports.tables.text import render_table


@pytest.fixture(autouse=True)
def no_terminal(monkeypatch):
    monkeypatch.setattr(sys.stdout, "isatty", lambda: False)


def cell_texts(text, dataset):
    """The cells of the first row of a data set."""
    row = next(line for line in text.splitlines() if line.startswith(f"{dataset} "))
    return re.split(r" {2,}", row)[1:]


def test_the_best_and_the_second_are_marked_and_the_published_figure_is_beside(make_cell):
    text = render_table(
        results_of(
            [
                make_cell([29.0, 30.0]),
                make_cell([31.0, 32.0], method="supervised"),
                make_cell([28.0, 28.0], method="dbsn"),
            ]
        )
    )
    assert cell_texts(text, "set12") == [
        "20.17",
        "29.50_±6.35 (30.13)",
        "31.50*±6.35 (30.36)",
        "28.00~±0.00",
    ]
    assert "*: best, ~: tied with the best, _: second" in text


def test_one_method_alone_is_not_marked(make_cell):
    text = render_table(results_of([make_cell([29.0, 30.0]), make_cell([20.0], method="identity")]))
    assert "29.50 ±6.35" in text
    assert "best" not in text


def test_the_error_of_estimated_levels_stands_beneath(make_cell):
    cell = make_cell([29.0, 30.0], parameters="unknown")
    assert "estimated" not in render_table(results_of([cell]))
    scores = tuple(dataclasses.replace(score, level_estimate=26.0) for score in cell.scores)
    text = render_table(results_of([dataclasses.replace(cell, scores=scores)]))
    assert "median error over images: noise2score gaussian:25 on set12 4.0%." in text


def test_a_level_that_is_estimated_is_said_to_be_where_the_true_one_is_unknown(make_cell):
    cell = make_cell([29.0, 30.0], method="tv", noise="real", parameters="unknown")
    assert "not used" in render_table(results_of([cell]))
    scores = tuple(
        dataclasses.replace(score, level=None, level_estimate=15.0) for score in cell.scores
    )
    text = render_table(results_of([dataclasses.replace(cell, scores=scores)]))
    assert "not used" not in text
    assert "estimated" in text


def test_what_is_printed_equal_is_marked_equal(make_cell):
    psnr_of = {"noise2score": 30.001, "supervised": 30.004, "noise2noise": 29.9, "dbsn": 29.896}
    text = render_table(results_of([make_cell([v], method=m) for m, v in psnr_of.items()]))
    assert [cell[:6] for cell in cell_texts(text, "set12")[1:]] == [
        "30.00*",
        "30.00*",
        "29.90_",
        "29.90_",
    ]


def test_the_noisy_image_is_not_ranked_and_takes_the_place_of_the_noisy_column(make_cell):
    identity = make_cell([35.0], method="identity", evidence="nothing", draws="", train_s=None)
    text = render_table(results_of([identity, make_cell([30.0]), make_cell([29.0], method="dbsn")]))
    assert "noisy  " not in text.splitlines()[0]
    assert [cell[:6] for cell in cell_texts(text, "set12")] == ["35.00", "30.00*", "29.00_"]


def test_a_single_method_is_neither_best_nor_second(make_cell):
    identity = make_cell([20.0], method="identity")
    text = render_table(results_of([identity, make_cell([30.0, 30.0])]))
    assert cell_texts(text, "set12") == ["20.00", "30.00 ±0.00 (30.13)"]


def test_a_missing_cell_is_a_dash_and_a_diverged_one_is_not(make_cell):
    text = render_table(
        results_of(
            [
                make_cell([30.0]),
                make_cell([30.0], dataset="kodak"),
                make_cell([math.nan], method="dbsn", dataset="kodak"),
            ]
        )
    )
    assert cell_texts(text, "set12")[-1] == "–"
    assert cell_texts(text, "kodak")[-1] == "nan"


def test_a_block_per_noise_in_order_of_first_appearance(make_cell):
    cells = [make_cell([30.0], noise=noise) for noise in ("poisson:0.01", "gaussian:25")]
    lines = render_table(results_of(cells)).splitlines()
    assert [line for line in lines if ", parameters" in line] == [
        "poisson:0.01, parameters known",
        "gaussian:25, parameters known",
    ]


def test_two_budgets_of_one_method_are_two_columns(make_cell):
    text = render_table(
        results_of(
            [make_cell([30.0]), make_cell([31.0], budget="zoo"), make_cell([29.0], method="dbsn")]
        )
    )
    header = text.split("---")[0]
    assert ":budget=quick" in header
    assert ":budget=zoo" in header
    assert [cell[:6] for cell in cell_texts(text, "set12")[1:]] == ["30.00_", "31.00*", "29.00"]


def test_trainings_of_different_data_sets_share_a_column(make_cell):
    gray = make_cell([30.0], train_set="cbsd399:gray")
    text = render_table(results_of([gray, make_cell([31.0], dataset="kodak")]))
    assert "train_set=" not in text
    assert "cbsd399:gray / cbsd399" in text


def test_two_protocols_are_two_blocks_that_name_them(make_cell):
    text = render_table(results_of([make_cell([30.0]), make_cell([31.0], protocol="other-2")]))
    assert "gaussian:25, parameters known, protocol float-1" in text
    assert "gaussian:25, parameters known, protocol other-2" in text
    assert "Protocol other-2: unknown here." in text


def test_the_legend_says_what_was_done(make_cell):
    second_seed = make_cell([30.0, 31.0], seed=1)
    text = render_table(results_of([make_cell([30.0, 31.0]), second_seed]))
    assert "Protocol float-1: float noisy input, not clipped" in text
    assert "Images: set12 2." in text
    assert "[1] Noise2Score (Kim & Ye, NeurIPS 2021), Table 2" in text
    row = next(line for line in text.splitlines() if "trained  " in line)
    assert re.split(r" {2,}", row) == [
        "noise2score",
        "noisy",
        "fixed",
        "given",
        "cbsd399",
        "quick (131 Mpx)",
        "trained",
        "0 1",
    ]


def test_the_legend_tells_repeats_and_under_which_protocol_a_figure_is_published(make_cell):
    cell = make_cell([32.0, 32.2], method="blindspot", dataset="kodak")
    again = tuple(dataclasses.replace(score, repeat=1) for score in cell.scores)
    text = render_table(results_of([dataclasses.replace(cell, scores=cell.scores + again)]))
    assert "mean over images (repeats and seeds averaged first)" in text
    assert "Images: kodak 2 ×2." in text
    told = " ".join(text.split())
    assert "Laine et al. (NeurIPS 2019), official repository (nvlabs-1)" in told
    assert "not comparable: trained less, fresh" in told
    assert "Other protocol: theirs is under nvlabs-1, neighbor2neighbor-1." in told
    assert max(map(len, text.splitlines())) <= 100
    same = dataclasses.replace(cell, protocol="nvlabs-1")
    text = render_table(results_of([same]))
    assert "mean over images (seeds averaged first)" in text
    assert "clean images reflected to one square" in text
    assert "theirs is under nvlabs-1" not in text


@pytest.mark.parametrize("evidence", ["noisy", "clean"])
def test_four_methods_fit_100_columns_whatever_they_see(make_cell, evidence):
    sees = {"noise2score": "noisy", "blindspot": "noisy", "noise2noise": "noisy-pairs"}
    cells = [
        make_cell([30.0, 32.0, 29.0], method=method, dataset=dataset, evidence=sight)
        for dataset in ("kodak", "cbsd68", "set12", "samples")
        for method, sight in {**sees, "supervised": evidence}.items()
    ]
    assert max(map(len, render_table(results_of(cells)).splitlines())) <= 100


@pytest.mark.parametrize("no_color", ["", "1"])
def test_a_terminal_gets_bold_and_underline_unless_no_color_is_set(
    make_cell, monkeypatch, no_color
):
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True)
    monkeypatch.setenv("NO_COLOR", no_color)
    rows = results_of([make_cell([30.0]), make_cell([31.0], method="supervised")])
    text = render_table(rows)
    assert ("\x1b[1m31.00\x1b[0m" in text) == (no_color == "")
    assert ("\x1b[4m30.00\x1b[0m" in text) == (no_color == "")
    monkeypatch.setattr(sys.stdout, "isatty", lambda: False)
    visible = re.sub(r"\x1b\[\d+m", "", text).splitlines()
    assert [re.sub(r"[*_]", " ", line) for line in render_table(rows).splitlines()[:4]] == [
        re.sub(r"[*_]", " ", line) for line in visible[:4]
    ]


def test_a_table_of_stored_results_needs_no_pandas(tmp_path):
    make_images(tmp_path / "photos", 2)
    asked = ("run", "--method", "tv", "--datasets", "folder:photos")
    computed = bench(*asked, cwd=tmp_path)
    tell = "import atexit, sys; atexit.register(lambda: print('pandas' in sys.modules)); "
    again = bench_process(*asked, cwd=tmp_path, before=tell)
    assert again.stdout == f"{computed.stdout}False\n"
