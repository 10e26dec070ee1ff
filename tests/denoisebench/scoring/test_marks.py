"""Best, second and tied by the scores of the same images."""

import math

import numpy as np
import pytest

from denoisebench.scoring.marks import (
    Mark,
    comparable_means,
    joint_confidence,
    marks,
    tied_with_best,
)
from denoisebench.scoring.paired import difference_interval

BEST, SECOND = Mark(best=True), Mark(second=True)
INF, NAN = math.inf, math.nan


def by_image(*scores):
    return {str(number): score for number, score in enumerate(scores)}


@pytest.mark.parametrize("methods", [2, 3, 5, 8])
def test_of_equally_good_methods_none_is_left_without_its_mark_in_95_of_100_rows(methods):
    rng = np.random.default_rng(methods)
    psnr_db = rng.normal(size=(4000, methods, 12))
    best = psnr_db.mean(axis=2).argmax(axis=1)
    behind = psnr_db[np.arange(4000), best][:, None] - psnr_db
    low, _ = difference_interval(behind, joint_confidence(methods))
    assert np.mean((low > 0).any(axis=1)) < 0.06


def test_methods_are_compared_over_the_images_that_are_finite_for_all_of_them():
    """b is better on each image that both have; a has a higher mean by an easy one."""
    methods = {"a": by_image(20.0, 21.0, 50.0), "b": by_image(20.5, 21.5, INF)}
    assert comparable_means(methods) == {"a": 20.5, "b": 21.0}
    assert marks(methods) == {"b": BEST, "a": SECOND}
    assert tied_with_best(methods) == set()


def test_what_is_exact_for_all_marks_none_as_best():
    methods = {"a": by_image(INF, INF), "b": by_image(INF, INF)}
    assert comparable_means(methods) == {}
    assert marks(methods) == {}


def test_a_method_without_a_score_is_left_aside():
    methods = {"a": by_image(20.0, 21.0), "b": by_image(NAN, NAN), "c": by_image(19.0, 20.0)}
    assert marks(methods) == {"a": BEST, "c": SECOND}


def test_two_methods_that_share_no_finite_image_are_not_compared():
    assert marks({"a": by_image(20.0, NAN), "b": by_image(NAN, 21.0)}) == {}
