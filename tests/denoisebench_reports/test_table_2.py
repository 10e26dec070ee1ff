"""The layout of Noise2Score's Table 2: known and unknown parameters side by side."""

import dataclasses
import re
import sys

import pytest
from a_result import results_of

from denoisebench_reports.tables.text import render_table

TABLE_2 = "bm3d anscombe-bm3d noise2void noise2self sure pure noise2score noise2noise supervised"
EVIDENCE = {"identity": "nothing", "bm3d": "nothing", "anscombe-bm3d": "nothing",
            "noise2noise": "noisy-pairs", "supervised": "clean"}  # fmt: skip
ONLY = {"bm3d": "gaussian", "anscombe-bm3d": "poisson", "sure": "gaussian", "pure": "poisson"}
NOISES = "gaussian:25 gaussian:50 poisson:0.01 poisson:0.05 gamma:100 gamma:50"


@pytest.fixture(autouse=True)
def no_terminal(monkeypatch):
    monkeypatch.setattr(sys.stdout, "isatty", lambda: False)


@pytest.fixture
def cells_of(make_cell):
    """Cells of two data sets; method number n scores 30 + n dB known, n/10 less unknown."""

    def make(methods, noises=("gaussian:25",), datasets=("set12", "kodak")):
        return [
            make_cell([psnr_db - 1, psnr_db + 1], method=m, noise=noise, parameters=p, dataset=d)
            for noise in noises
            for p in ("known", "unknown")
            for d in datasets
            for n, m in enumerate(methods)
            for psnr_db in [30.0 + n - (p == "unknown") * n / 10]
            if ONLY.get(m, noise.split(":")[0]) == noise.split(":")[0]
            and not (p == "unknown" and m in ONLY)
        ]

    return make


def parts(line):
    """The cells of a line, group by group."""
    return [re.split(r" {2,}", part.strip()) for part in line.split(" | ")]


def test_known_and_unknown_stand_side_by_side_in_one_row(cells_of):
    text = render_table(results_of(cells_of(["noise2score", "supervised"])))
    lines = text.splitlines()
    assert [part.strip() for part in lines[0].split(" | ")] == [
        "",
        "parameters known",
        "parameters unknown",
    ]
    assert parts(lines[1])[1:] == [["noise2score", "supervised"]] * 2
    assert lines[3] == "gaussian:25"
    assert parts(lines[4]) == [
        ["set12", "20.17"],
        ["30.00_±12.71 (30.13)", "31.00*±12.71 (30.36)"],
        ["30.00_±12.71 (30.08)", "30.90*±12.71 (30.08)"],
    ]
    assert lines[6] == ""


@pytest.mark.parametrize("methods", [TABLE_2.split(), ["a", "b"], ["a"]])
def test_the_bars_stand_beneath_each_other_however_narrow_the_groups(cells_of, methods):
    lines = render_table(results_of(cells_of(methods, NOISES.split()))).splitlines()
    barred = [line for line in lines if "| " in line]
    places = {tuple(i for i, c in enumerate(line) if c == "|") for line in barred}
    assert len(barred) > 2 * 6
    assert len(places) == 1


def test_the_noisy_image_stands_once_before_the_groups(cells_of):
    lines = render_table(results_of(cells_of(["identity", "dbsn", "supervised"]))).splitlines()
    assert parts(lines[1])[0] == ["identity"]
    assert parts(lines[1])[1:] == [["dbsn", "supervised"]] * 2
    assert parts(lines[4])[0] == ["set12", "30.00"]


def test_a_method_without_a_figure_in_a_group_has_no_column_there_and_one_missing_is_a_dash(
    cells_of,
):
    noises = ("gaussian:25", "poisson:0.01")
    cells = cells_of(["bm3d", "dbsn", "supervised"], noises)
    lines = render_table(results_of(cells)).splitlines()
    assert parts(lines[1])[1:] == [["bm3d", "dbsn", "supervised"], ["dbsn", "supervised"]]
    poisson = lines.index("poisson:0.01")
    assert parts(lines[poisson + 1])[1][0] == "–"


def test_best_and_second_are_found_in_each_group_by_itself(make_cell):
    psnr_db = {("a", "known"): 30.0, ("b", "known"): 31.0, ("a", "unknown"): 29.0,
               ("b", "unknown"): 28.0}  # fmt: skip
    cells = [make_cell([v], method=m, parameters=p) for (m, p), v in psnr_db.items()]
    row = next(li for li in render_table(results_of(cells)).splitlines() if li.startswith("set12 "))
    assert parts(row)[1:] == [["30.00_", "31.00*"], ["29.00*", "28.00_"]]


def test_with_many_columns_a_row_shows_one_interval_and_published_figures_beneath(cells_of):
    text = render_table(results_of(cells_of(["noise2score", "noise2noise", "supervised"])))
    lines = text.splitlines()
    assert parts(lines[1])[1] == ["noise2", "noise2", "supervised"]
    assert parts(lines[2])[1] == ["score", "noise"]
    assert parts(lines[5])[0] == ["set12", "20.17", "12.71"]
    assert parts(lines[5])[1] == ["30.00", "31.00_", "32.00*"]
    assert parts(lines[6])[1] == ["(30.13)", "(30.33)", "(30.36)"]
    assert parts(lines[6])[2] == ["(30.08)", "(30.08)"]
    assert lines[6].index("(30.36)") == lines[5].index("32.00*")
    assert "±: half the widest 95 % t-interval in the row." in text


def test_the_interval_of_a_row_is_the_widest_of_its_methods(make_cell):
    cells = [
        make_cell([30.0 - spread, 30.0 + spread], method=method)
        for method, spread in zip("abcde", (0.1, 0.2, 0.4, 0.3, 0.1), strict=True)
    ]
    lines = render_table(results_of(cells)).splitlines()
    row = next(line for line in lines if line.startswith("set12 "))
    assert re.split(r" {2,}", row)[:3] == ["set12", "20.17", "5.08"]  # 12.706 times 0.4


def test_a_row_without_published_figures_has_no_line_for_them(cells_of):
    text = render_table(results_of(cells_of(list("abcde"), datasets=("set12",))))
    lines = text.splitlines()
    assert lines[lines.index("gaussian:25") + 2] == ""


def test_the_whole_of_table_2_fits_160_columns_by_evidence_in_the_order_asked(cells_of):
    datasets = ("bsd68", "set12", "cbsd68", "kodak")
    cells = [
        dataclasses.replace(cell, evidence=EVIDENCE.get(cell.method, "noisy"))
        for cell in cells_of(["identity", *TABLE_2.split()], NOISES.split(), datasets)
    ]
    lines = render_table(results_of(cells)).splitlines()
    end = lines.index("", lines.index("gamma:50"))
    assert max(map(len, lines[:end])) <= 160
    assert [line for line in lines[:end] if line in NOISES.split()] == NOISES.split()
    sees = ["nothing", "noisy", "pairs ‖clean", "noisy", "pairs ‖clean"]
    assert [" ".join(part) for part in parts(lines[1])[1:]] == sees
    names = [
        *(["bm3d", "anscombe"], ["noise2", "noise2", "sure", "pure", "noise2"]),
        *(["noise2", "‖supervised"], ["noise2", "noise2", "noise2"], ["noise2", "‖supervised"]),
    ]
    assert parts(lines[2])[1:] == names


def test_why_figures_are_missing_stands_beneath(cells_of):
    cells = cells_of(["dbsn", "supervised"])
    assert "declines" not in render_table(results_of(cells))
    needs = "it must know the noise level"
    declined = (
        ("sure", "gaussian:25 unknown", needs),
        ("sure", "gaussian:50 unknown", needs),
        ("pure", "gaussian:25 known", "it is for Poisson noise"),
        ("pure", "gaussian:25 unknown", "it is for Poisson noise"),
    )
    lines = render_table(results_of(cells, declined)).splitlines()
    assert f"–: sure declines gaussian:25 unknown, gaussian:50 unknown: {needs}." in lines
    assert "–: pure declines gaussian:25: it is for Poisson noise." in lines


def test_each_published_figure_is_compared_beneath_method_by_method(make_cell):
    cells = [
        make_cell([psnr_db], method=method, dataset=dataset)
        for dataset, psnr_db in (("set12", 29.62), ("cbsd68", 31.0))
        for method in ("noise2score", "supervised", "dbsn")
    ]
    lines = render_table(results_of(cells)).splitlines()
    start = next(n for n, line in enumerate(lines) if line.startswith("Against"))
    assert " ".join(lines[start : start + 2]) == (
        "Against the published figures; agrees: within 0.1 dB. Trained less: on fewer pixels than"
        " the paper's network."
    )
    assert lines[start + 2] == "[1] Noise2Score (Kim & Ye, NeurIPS 2021), Table 2"
    assert [re.split(r" {2,}", line) for line in lines[start + 6 :]] == [
        ["noise2score", "gaussian:25", "known", "set12", "29.62", "30.13 [1]", "-0.51",
         "not comparable: trained less"],
        ["noise2score", "gaussian:25", "known", "cbsd68", "31.00", "30.85 [1]", "+0.15", "above"],
        ["supervised", "gaussian:25", "known", "set12", "29.62", "30.36 [1]", "-0.74", "below"],
        ["supervised", "gaussian:25", "known", "cbsd68", "31.00", "31.10 [1]", "-0.10", "agrees"],
    ]  # fmt: skip


def test_several_papers_have_a_line_each_beneath_and_the_first_stands_in_the_cell(make_cell):
    cells = [make_cell([28.3], method="bm3d", dataset="bsd68", evidence="nothing", budget="")]
    lines = render_table(results_of(cells)).splitlines()
    assert "28.30  (28.59)" in lines[3]
    start = next(n for n, line in enumerate(lines) if line.startswith("[1]"))
    assert lines[start : start + 2] == [
        "[1] Noise2Score (Kim & Ye, NeurIPS 2021), Table 2",
        "[2] DBSN (Wu et al., ECCV 2020), Tables 1 and 2",
    ]
    assert [line.split() for line in lines[start + 5 :]] == [
        ["bm3d", "gaussian:25", "known", "bsd68", "28.30", "28.59", "[1]", "-0.29", "below"],
        ["28.57", "[2]", "-0.27", "below"],
    ]


def test_without_published_figures_there_is_nothing_to_compare(make_cell):
    text = render_table(results_of([make_cell([30.0], dataset="samples")]))
    assert "Against" not in text
