"""Student's t against scipy and tables."""

import math

import numpy as np
import pytest
from scipy import stats

from denoisebench.scoring.statistics import half_interval, mean_of, t_quantile


@pytest.mark.parametrize("confidence", [0.5, 0.9, 0.95, 0.999])
@pytest.mark.parametrize("freedom", [1, 2, 3, 4, 5, 11, 23, 67, 100, 499])
def test_the_quantile_is_that_of_scipy(confidence, freedom):
    expected = stats.t.ppf((1 + confidence) / 2, freedom)
    assert t_quantile(confidence, freedom) == pytest.approx(expected, rel=1e-10)


def test_the_quantiles_that_every_table_prints():
    assert round(t_quantile(0.95, 1), 3) == 12.706
    assert round(t_quantile(0.95, 11), 3) == 2.201


def test_the_interval_is_that_of_scipy():
    values = np.random.default_rng(0).normal(30, 2, 12)
    low, high = stats.t.interval(0.95, 11, values.mean(), stats.sem(values))
    assert half_interval(values) == pytest.approx((high - low) / 2, rel=1e-10)


@pytest.mark.parametrize("values", [[], [30.0], [30.0, math.inf], [30.0, math.nan]])
def test_there_is_no_interval_for_one_value_nor_for_values_without_a_spread(values):
    assert math.isnan(half_interval(np.array(values)))


def test_what_is_not_finite_is_left_out_of_a_mean_and_of_its_interval():
    values = [30.0, math.inf, 32.0, math.nan, 31.0]
    found = mean_of(values)
    assert (found.value, found.count) == (31.0, 3)
    assert found.half_interval == half_interval(np.array([30.0, 32.0, 31.0]))


def test_without_a_finite_score_there_is_no_mean():
    found = mean_of([math.inf, math.nan])
    assert found.count == 0
    assert math.isnan(found.value)
    assert math.isnan(found.half_interval)
