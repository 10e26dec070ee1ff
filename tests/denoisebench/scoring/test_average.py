"""Averages of decibels and of mean squared errors: figures and intervals that are known."""

import math

import numpy as np
import pytest

from denoisebench.scoring.average import error_of, psnr_of_images, shares_db
from denoisebench.scoring.statistics import half_interval, mean_of

PLAIN, POOLED = "float-1", "float-1:average=mse"


def figure(scores, protocol):
    return mean_of(psnr_of_images(scores, protocol).values()).value


def test_a_protocol_that_pools_errors_gives_the_decibels_of_their_mean():
    scores = [("a", 20.0), ("b", 30.0)]
    assert figure(scores, PLAIN) == pytest.approx(25.0)
    assert figure(scores, POOLED) == pytest.approx(-10 * np.log10((0.01 + 0.001) / 2))


def test_repeats_and_seeds_are_averaged_within_an_image_as_errors_too():
    scores = [("a", 20.0), ("b", 40.0), ("a", 30.0), ("b", 40.0)]
    assert psnr_of_images(scores, PLAIN) == {"a": 25.0, "b": 40.0}
    assert figure([("a", 20.0), ("a", 30.0)], POOLED) == pytest.approx(-10 * np.log10(0.0055))


def test_the_interval_of_a_pooled_figure_is_that_of_the_jackknife():
    mse = np.array([*map(error_of, np.random.default_rng(0).normal(28.0, 2.0, 400))])
    without = -10 * np.log10((mse.sum() - mse) / (len(mse) - 1))
    jackknife = np.sqrt((len(mse) - 1) * np.mean((without - without.mean()) ** 2))
    deviation = shares_db(mse).std(ddof=1) / np.sqrt(len(mse))
    assert deviation == pytest.approx(jackknife, rel=0.01)
    assert half_interval(shares_db(mse)) == pytest.approx(1.966 * jackknife, rel=0.01)


def test_an_image_without_an_error_counts_as_such_where_errors_are_pooled():
    scores = [("a", math.inf), ("b", 20.0)]
    assert figure(scores, POOLED) == pytest.approx(-10 * np.log10(0.005))
    assert psnr_of_images([("a", math.inf), ("b", math.inf)], POOLED) == {
        "a": math.inf,
        "b": math.inf,
    }


def test_an_image_without_a_number_takes_no_other_with_it():
    of_image = psnr_of_images([("a", math.nan), ("b", 20.0), ("c", 30.0)], POOLED)
    assert math.isnan(of_image["a"])
    assert mean_of(of_image.values()).value == pytest.approx(-10 * np.log10(0.0055))
