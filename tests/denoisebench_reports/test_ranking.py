"""Best, second and ties, from differences between methods on the same images."""

import math

import numpy as np
import pytest

from denoisebench.results.dataframe import frame
from denoisebench.scoring.paired import difference_interval
from denoisebench_reports.summary.marks import Mark, joint_confidence, paired_interval, resolved_db
from denoisebench_reports.summary.summary import summarise
from denoisebench_reports.tables.layout import make_board

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
        (row,) = make_board(frame(cells)).blocks[0].rows
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


@pytest.mark.parametrize("methods", [2, 3, 5, 8])
def test_of_equally_good_methods_none_is_left_without_its_mark_in_95_of_100_rows(methods):
    rng = np.random.default_rng(methods)
    psnr_db = rng.normal(size=(4000, methods, 12))
    best = psnr_db.mean(axis=2).argmax(axis=1)
    behind = psnr_db[np.arange(4000), best][:, None] - psnr_db
    low, _ = difference_interval(behind, joint_confidence(methods))
    assert np.mean((low > 0).any(axis=1)) < 0.06


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


def test_the_interval_is_over_the_images_that_both_have(make_cell):
    one, other = summarise(frame([make_cell(plus(0.0)), make_cell(plus(-1.0)[:3], method="dbsn")]))
    assert paired_interval(one, other) == pytest.approx((1.0, 1.0))


def test_infinite_figures_have_no_interval(make_cell):
    cells = [make_cell([math.inf, 30.0]), make_cell([math.inf, 29.0], method="dbsn")]
    one, other = summarise(frame(cells))
    assert all(map(math.isnan, paired_interval(one, other)))


def test_the_smallest_difference_resolved_is_half_the_paired_interval(make_cell):
    """Of ±0.01 in turn: t(0.975, 3 degrees) times 0.01 · 2/√3 / √4."""
    split_in_halves = [0.01, -0.01, 0.01, -0.01]
    base = [25.0, 27.0, 30.0, 28.0]
    cells = [
        make_cell(base),
        make_cell([b + h for b, h in zip(base, split_in_halves, strict=True)], method="dbsn"),
        make_cell([99.0] * 4, method="supervised", evidence="clean"),
    ]
    (row,) = make_board(frame(cells)).blocks[0].rows
    expected = 3.182446305 * 0.01 / math.sqrt(3)
    assert resolved_db([("set12", row.cells)]) == pytest.approx({"set12": expected})
    assert resolved_db([("set12", {})]) == {}
