"""Cells of a table's first method below the paper's, beside the nearest supervised training."""

from table2_page import section

TITLE = "Cells of noise2score below the paper's"  # 30.13 on set12 at gaussian:25, supervised 30.36


def rows(page):
    if f"## {TITLE}\n" not in page:
        return []
    lines = [line for line in section(page, TITLE) if line.startswith("|")][2:]
    return [line.strip("| ").split(" | ") for line in lines]


def test_a_cell_more_than_a_tenth_below_has_its_lengths_and_the_bound(page_of):
    page = page_of({"psnr_db": [29.63]}, {"psnr_db": [30.06], "method": "supervised"})
    assert rows(page) == [
        ["gaussian:25", "known", "set12", "−0.50", "0.131", "39.3", "−0.30", "0.131"],
    ]


def test_cells_within_a_tenth_above_or_of_other_methods_are_no_shortfall(page_of):
    page = page_of(
        {"psnr_db": [30.03]},
        {"psnr_db": [30.5], "dataset": "bsd68"},
        {"psnr_db": [20.0], "method": "noise2noise"},
    )
    assert rows(page) == []


def test_a_reference_of_another_length_is_shown_with_it(page_of):
    page = page_of(
        {"psnr_db": [29.63]}, {"psnr_db": [30.06], "method": "supervised", "budget": "zoo"}
    )
    assert [row[-2:] for row in rows(page)] == [["−0.30", "1.05"]]


def test_a_reference_for_unknown_levels_is_no_bound(page_of):
    page = page_of(
        {"psnr_db": [29.63]},
        {"psnr_db": [30.06], "method": "supervised", "parameters": "unknown"},
    )
    assert [row[-2:] for row in rows(page)] == [["–", "–"]]


def test_the_bound_is_the_training_nearest_in_length_to_the_one_in_the_cell(page_of):
    page = page_of(
        {"psnr_db": [29.63], "budget": "zoo"},
        {"psnr_db": [29.0], "budget": "quick"},
        {"psnr_db": [30.06], "method": "supervised", "budget": "quick"},
        {"psnr_db": [30.16], "method": "supervised", "budget": "zoo"},
    )
    assert rows(page) == [
        ["gaussian:25", "known", "set12", "−0.50", "1.05", "39.3", "−0.20", "1.05"]
    ]
