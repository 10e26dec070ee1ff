"""Means over images, intervals and order of the summary lines."""

import dataclasses
import math

import pytest
from a_result import RESULT

from denoisebench.results.dataframe import frame
from denoisebench.results.summary import summarise, summarise_cells


def test_the_interval_of_three_images_is_students(make_cell):
    (line,) = summarise(frame([make_cell([29.0, 30.0, 31.0])]))
    half = 4.302652729911275 / math.sqrt(3)  # t(0.975, 2 degrees) times the standard error
    assert line.images == 3
    assert line.psnr_db == pytest.approx(30.0)
    assert line.psnr_low == pytest.approx(30.0 - half)
    assert line.psnr_high == pytest.approx(30.0 + half)


def test_the_error_of_estimated_levels_is_their_median_over_images(make_cell):
    cell = make_cell([29.0, 30.0, 31.0])
    assert math.isnan(summarise(frame([cell]))[0].level_error)
    estimates = (24.0, 25.5, 35.0)  # of 25: 4, 2 and 40 % off
    scores = tuple(
        dataclasses.replace(score, level_estimate=estimate)
        for score, estimate in zip(cell.scores, estimates, strict=True)
    )
    (line,) = summarise(frame([dataclasses.replace(cell, scores=scores)]))
    assert line.level_error == pytest.approx(0.04)
    assert line.level_estimated


def test_one_image_has_no_interval(make_cell):
    (line,) = summarise(frame([make_cell([29.0])]))
    assert line.psnr_db == 29.0
    assert math.isnan(line.psnr_low)
    assert math.isnan(line.psnr_high)


def test_seeds_are_averaged_within_an_image_so_that_they_do_not_narrow_the_interval(make_cell):
    first, second = make_cell([29.0, 31.0]), make_cell([29.2, 31.2], cell="beef", seed=1)
    (one,) = summarise(frame([make_cell([29.1, 31.1])]))
    (both,) = summarise(frame([first, second]))
    assert both.images == 2
    assert both.seed == "0 1"
    assert both.psnr_db == pytest.approx(one.psnr_db)
    assert both.psnr_low == pytest.approx(one.psnr_low)


def repeated(cell, *changes):
    """The cell with a repeat of its images for each of `changes`, a dB to add."""
    scores = [
        dataclasses.replace(score, repeat=repeat, psnr_db=score.psnr_db + change)
        for repeat, change in enumerate(changes)
        for score in cell.scores
    ]
    return dataclasses.replace(cell, scores=tuple(scores))


def test_repeats_are_averaged_within_an_image_so_that_they_do_not_narrow_the_interval(make_cell):
    (one,) = summarise(frame([make_cell([29.1, 31.1])]))
    (many,) = summarise(frame([repeated(make_cell([29.0, 31.0]), 0.0, 0.1, 0.2)]))
    assert (one.images, one.repeats) == (2, 1)
    assert (many.images, many.repeats) == (2, 3)
    assert many.psnr_db == pytest.approx(one.psnr_db)
    assert many.psnr_low == pytest.approx(one.psnr_low)
    assert many.psnr_high == pytest.approx(one.psnr_high)


def test_repeats_and_seeds_are_averaged_together(make_cell):
    cells = [
        repeated(make_cell([29.0, 31.0], cell=f"c{seed}", seed=seed), seed + 0.0, seed + 0.4)
        for seed in (0, 1)
    ]
    (line,) = summarise(frame(cells))
    assert (line.images, line.repeats, line.seed) == (2, 2, "0 1")
    assert line.psnr_db == pytest.approx(30.7)


def test_the_error_of_estimated_levels_is_the_mean_over_repeats_within_an_image(make_cell):
    cell = repeated(make_cell([29.0, 30.0, 31.0]), 0.0, 0.0)
    estimates = (24.0, 25.5, 35.0, 22.0, 25.5, 35.0)  # the first image 4 and 12 % off
    scores = tuple(
        dataclasses.replace(score, level_estimate=estimate)
        for score, estimate in zip(cell.scores, estimates, strict=True)
    )
    (line,) = summarise(frame([dataclasses.replace(cell, scores=scores)]))
    assert line.level_error == pytest.approx(0.08)


def test_time_per_megapixel_is_total_time_over_total_megapixels(make_cell):
    cell = make_cell([30.0, 30.0])
    slow = dataclasses.replace(cell.scores[1], denoise_s=2.5, megapixels=0.75)
    cell = dataclasses.replace(cell, scores=(cell.scores[0], slow))
    assert summarise(frame([cell]))[0].denoise_s_per_mpx == pytest.approx(3.0)


def test_training_time_is_missing_for_a_method_that_is_not_trained(make_cell):
    trained, untrained = summarise(
        frame([make_cell([30.0]), make_cell([20.0], method="identity", train_s=None)])
    )
    assert trained.train_s == 100.0
    assert math.isnan(untrained.train_s)


def test_lines_come_in_the_order_in_which_the_rows_first_name_them(make_cell):
    cells = [
        make_cell([30.0], method=method, dataset=dataset)
        for dataset in ("kodak", "cbsd68")
        for method in ("supervised", "identity")
    ]
    lines = summarise(frame([*cells, make_cell([30.0], method="supervised", dataset="kodak")]))
    assert [(line.method, line.dataset) for line in lines] == [
        ("supervised", "kodak"),
        ("identity", "kodak"),
        ("supervised", "cbsd68"),
        ("identity", "cbsd68"),
    ]


@pytest.mark.parametrize("odd", [math.inf, math.nan])
def test_an_infinite_or_nan_image_is_left_out_of_the_mean_and_counted(make_cell, odd):
    (line,) = summarise(frame([make_cell([29.0, odd, 31.0])]))
    (without,) = summarise(frame([make_cell([29.0, 31.0])]))
    assert (line.images, line.left_out) == (3, 1)
    assert (line.psnr_db, line.psnr_high) == (without.psnr_db, without.psnr_high)
    assert list(map(math.isfinite, line.psnr_of_image.values())) == [True, False, True]


def test_without_a_finite_image_there_is_no_mean(make_cell):
    (line,) = summarise(frame([make_cell([math.inf, math.inf])]))
    assert line.left_out == 2
    assert all(map(math.isnan, (line.psnr_db, line.psnr_low, line.psnr_high)))


def test_noisy_images_without_a_finite_psnr_are_left_out_of_their_mean(make_cell):
    cell = make_cell([29.0, 30.0])
    exact = dataclasses.replace(cell.scores[0], noisy_psnr_db=math.inf)
    (line,) = summarise(frame([dataclasses.replace(cell, scores=(exact, cell.scores[1]))]))
    assert line.noisy_psnr_db == 20.17
    assert line.noisy_psnr_of_image == {"01": math.inf, "02": 20.17}


def test_a_level_that_is_unknown_is_estimated_all_the_same(make_cell):
    cell = make_cell([29.0], parameters="unknown", noise="real")
    score = dataclasses.replace(cell.scores[0], level=None, level_estimate=15.0)
    (line,) = summarise(frame([dataclasses.replace(cell, scores=(score,))]))
    assert line.level_estimated
    assert math.isnan(line.level_error)


def test_levels_of_two_units_are_not_compared(make_cell):
    cell = make_cell([29.0], parameters="unknown", noise="poisson:0.05", same_level_unit=False)
    score = dataclasses.replace(cell.scores[0], level=0.05, level_estimate=22.0)
    (line,) = summarise(frame([dataclasses.replace(cell, scores=(score,))]))
    assert line.level_estimated
    assert math.isnan(line.level_error)


def test_the_spread_between_seeds_is_that_of_their_means(make_cell):
    first, second = make_cell([29.0, 31.0]), make_cell([29.2, 31.2], cell="beef", seed=1)
    (both,) = summarise(frame([first, second]))
    assert both.seed_sd_db == pytest.approx(0.2 / math.sqrt(2))
    assert both.psnr_of_image == pytest.approx({"01": 29.1, "02": 31.1})
    (one,) = summarise(frame([first]))
    assert math.isnan(one.seed_sd_db)


def test_trainings_that_differ_are_not_averaged(make_cell):
    lines = summarise(frame([make_cell([30.0]), make_cell([31.0], budget="zoo")]))
    assert [line.psnr_db for line in lines] == [30.0, 31.0]


def test_summaries_of_cells_are_those_of_their_frame():
    """Without pandas or with it, of several seeds, repeats, failures to tell a level, and gaps."""
    first, *others = RESULT.scores
    repeated = (first, dataclasses.replace(first, repeat=1, psnr_db=31.0, steps=7), *others)
    untold = dataclasses.replace(first, psnr_db=math.nan, ssim=math.nan, denoise_s=0.0)
    cells = [
        dataclasses.replace(RESULT, scores=repeated),
        dataclasses.replace(RESULT, cell="b", method="tv", train_s=None, gmacs_per_mpx=None),
        dataclasses.replace(RESULT, cell="c", seed=1, peak_memory_mb=None),
        dataclasses.replace(RESULT, cell="d", dataset="kodak", scores=(untold, *others)),
        dataclasses.replace(RESULT, cell="e", dataset="empty", scores=()),
        dataclasses.replace(RESULT, cell="f", protocol="x-1:average=mse", same_level_unit=False),
    ]
    of_cells, of_rows = summarise_cells(cells), summarise(frame(cells))
    assert len(of_cells) == 4
    assert repr(of_cells) == repr(of_rows)  # NaN is not equal to itself
