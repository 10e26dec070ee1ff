"""Means over images, intervals and order of the summary lines."""

import dataclasses
import math

import pytest

from denoisebench.results.dataframe import frame
from denoisebench_reports.summary.summary import summarise


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
    assert line.estimates_level


def test_levels_of_unlike_units_are_not_compared(make_cell):
    cell = make_cell([29.0, 30.0], comparable_levels=False)
    scores = tuple(dataclasses.replace(score, level_estimate=0.03) for score in cell.scores)
    (line,) = summarise(frame([dataclasses.replace(cell, scores=scores)]))
    assert math.isnan(line.level_error)
    assert line.estimates_level


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


def test_a_nan_image_is_not_left_out_of_the_mean(make_cell):
    (line,) = summarise(frame([make_cell([29.0, math.nan])]))
    assert math.isnan(line.psnr_db)
    (line,) = summarise(frame([make_cell([29.0, math.inf])]))
    assert line.psnr_db == math.inf
    assert math.isnan(line.psnr_high)


def test_the_published_figure_stands_beside(make_cell):
    ours, changed = summarise(
        frame([make_cell([30.0]), make_cell([30.0], method="noise2score:probe=single")])
    )
    (beside,) = ours.published
    assert beside.figure.psnr_db == 30.13
    assert beside.figure.source.startswith("Noise2Score")
    assert changed.published == []


def test_the_difference_from_the_published_figure_is_told_in_words(make_cell):
    cells = [make_cell([29.0, 30.0]), make_cell([30.03], budget="1049 Mpx")]
    quick, zoo = (line.published[0] for line in summarise(frame(cells)))
    assert quick.diff_db == pytest.approx(29.5 - 30.13)
    assert quick.verdict == "not comparable: trained less"
    assert zoo.verdict == "agrees"


def test_the_figures_of_all_papers_stand_beside_the_suites_first_source_first(make_cell):
    (line,) = summarise(frame([make_cell([28.58], method="bm3d", dataset="bsd68")]))
    assert [(b.figure.psnr_db, b.figure.source[:5], b.verdict) for b in line.published] == [
        (28.59, "Noise", "agrees"),
        (28.57, "DBSN ", "agrees"),
    ]


def test_a_figure_published_under_a_protocol_of_ours_is_told_from_one_under_another(make_cell):
    laine = {"method": "blindspot", "dataset": "kodak", "budget": ""}
    cells = [
        make_cell([32.45], **laine, protocol="nvlabs-1"),
        make_cell([32.45], **laine),
        make_cell([29.3], method="noise2noise", protocol="nvlabs-1", budget=""),
    ]
    same, other, unknown = (line.published[0] for line in summarise(frame(cells)))
    assert (same.figure.protocol, same.verdict) == ("nvlabs-1", "agrees")
    assert other.figure.protocol == "nvlabs-1"
    assert other.verdict == "not comparable: other protocol"
    assert (unknown.figure.protocol, unknown.verdict) == ("", "below")


def test_bm3d_as_measured_is_above_what_table_2_prints(make_cell):
    untrained = {"evidence": "nothing", "draws": "", "budget": "", "train_set": ""}
    measured = {
        ("bm3d", "gaussian:50", "set12"): 26.75,
        ("bm3d", "gaussian:25", "cbsd68"): 30.83,
        ("anscombe-bm3d", "poisson:0.01", "set12"): 31.73,
        ("anscombe-bm3d", "poisson:0.05", "set12"): 27.96,
    }
    cells = [
        make_cell([psnr_db], method=method, noise=noise, dataset=dataset, **untrained)
        for (method, noise, dataset), psnr_db in measured.items()
    ]
    lines = summarise(frame(cells))
    assert [line.published[0].figure.psnr_db for line in lines] == [26.33, 30.56, 31.20, 27.54]
    assert [line.published[0].verdict for line in lines] == ["above"] * 4


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
