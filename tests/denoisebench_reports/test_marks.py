"""Best, second and ties, from differences between methods on the same images."""

import math

import pytest
from a_result import results_of

from denoisebench.scoring.marks import Mark
from denoisebench_reports.tables.layout import make_board
from denoisebench_reports.tables.ranked import resolved_db

BEST, SECOND, TIED, BOTH = (
    Mark(best=True),
    Mark(second=True),
    Mark(tied=True),
    Mark(second=True, tied=True),
)
IMAGES = [25.0, 27.0, 30.0, 28.0, 33.0, 29.0]  # hard and easy ones: 2.7 dB apart on average
SMALL = [0.02, -0.01, 0.01, -0.02, 0.01, -0.01]


def plus(change, *, times=0.0):
    return [psnr_db + change + times * s for psnr_db, s in zip(IMAGES, SMALL, strict=True)]


@pytest.fixture
def marks_of(make_cell):
    """Method -> its mark, of methods with these PSNRs on the same images."""

    def found(psnr_db, **evidences):
        cells = [
            make_cell(values, method=m, evidence=evidences.get(m, "noisy"))
            for m, values in psnr_db.items()
        ]
        (row,) = make_board(results_of(cells)).blocks[0].rows
        return {column.name: mark for column, mark in row.marks.items()}

    return found


def test_a_small_difference_that_all_images_agree_on_is_no_tie(marks_of):
    assert marks_of({"a": plus(0.0), "b": plus(0.05, times=1.0)}) == {"b": BEST, "a": SECOND}


def test_a_difference_that_the_images_disagree_on_is_a_tie(marks_of):
    found = marks_of({"a": plus(0.0), "b": plus(0.05, times=10.0), "c": plus(0.03, times=-10.0)})
    assert found == {"b": BEST, "a": TIED, "c": BOTH}


def test_the_more_methods_are_compared_the_wider_is_what_counts_as_a_tie(marks_of):
    pair = {"a": plus(0.0), "b": plus(0.03, times=1.5)}
    assert marks_of(pair)["a"] == SECOND
    more = {name: plus(-1.0 - n, times=n) for n, name in enumerate("cdefgh")}
    assert marks_of({**pair, **more})["a"] == BOTH


def test_what_is_third_and_not_tied_has_no_mark(marks_of):
    assert marks_of({"a": plus(0.0), "b": plus(1.0), "c": plus(2.0)}) == {"c": BEST, "b": SECOND}


def test_one_image_shows_no_tie(marks_of):
    assert marks_of({"a": [30.0], "b": [30.1]}) == {"b": BEST, "a": SECOND}


def test_supervised_methods_the_noisy_image_and_diverged_figures_are_left_aside(marks_of):
    found = marks_of(
        {
            **{"a": plus(0.0), "b": plus(-1.0), "supervised": plus(9.0), "identity": plus(9.0)},
            "diverged": [math.nan] * 6,
        },
        supervised="clean",
        identity="nothing",
    )
    assert found == {"a": BEST, "b": SECOND}


def test_the_smallest_difference_resolved_is_half_the_paired_interval(make_cell):
    """Of ±0.01 in turn: t(0.975, 3 degrees) times 0.01 · 2/√3 / √4."""
    split_in_halves = [0.01, -0.01, 0.01, -0.01]
    base = [25.0, 27.0, 30.0, 28.0]
    cells = [
        make_cell(base),
        make_cell([b + h for b, h in zip(base, split_in_halves, strict=True)], method="dbsn"),
        make_cell([99.0] * 4, method="supervised", evidence="clean"),
    ]
    (row,) = make_board(results_of(cells)).blocks[0].rows
    expected = 3.182446305 * 0.01 / math.sqrt(3)
    assert resolved_db([("set12", row.cells)]) == pytest.approx({"set12": expected})
    assert resolved_db([("set12", {})]) == {}
