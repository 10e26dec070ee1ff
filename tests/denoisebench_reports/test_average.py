"""Averages of decibels and of mean squared errors: figures and intervals that are known."""

import numpy as np
import pytest

from denoisebench.results.dataframe import frame
from denoisebench.scoring.statistics import half_interval
from denoisebench_reports.summary.average import errors, shares_db
from denoisebench_reports.summary.summary import summarise

POOLED = "float-1:average=mse"


def test_a_protocol_that_pools_errors_gives_the_decibels_of_their_mean(make_cell):
    rows = [make_cell([20.0, 30.0]), make_cell([20.0, 30.0], protocol=POOLED)]
    by_image, pooled = summarise(frame(rows))
    assert by_image.psnr_db == pytest.approx(25.0)
    assert pooled.psnr_db == pytest.approx(-10 * np.log10((0.01 + 0.001) / 2))


def test_seeds_are_averaged_as_errors_too(make_cell):
    rows = [make_cell([20.0], protocol=POOLED), make_cell([30.0], protocol=POOLED, seed=1)]
    (pooled,) = summarise(frame(rows))
    assert pooled.psnr_db == pytest.approx(-10 * np.log10(0.0055))


def test_the_interval_of_a_pooled_figure_is_that_of_the_jackknife():
    mse = errors(np.random.default_rng(0).normal(28.0, 2.0, 400))
    without = -10 * np.log10((mse.sum() - mse) / (len(mse) - 1))
    jackknife = np.sqrt((len(mse) - 1) * np.mean((without - without.mean()) ** 2))
    deviation = shares_db(mse).std(ddof=1) / np.sqrt(len(mse))
    assert deviation == pytest.approx(jackknife, rel=0.01)
    assert half_interval(shares_db(mse)) == pytest.approx(1.966 * jackknife, rel=0.01)


def test_images_without_an_error_are_infinitely_good():
    assert np.isinf(shares_db(np.zeros(3))).all()
    assert errors(np.array([np.inf])).tolist() == [0.0]
