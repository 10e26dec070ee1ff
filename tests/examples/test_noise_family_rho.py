"""The successor's test for the kind of noise: it solves its equation, or says that it cannot."""

import pytest
import torch
from noise_family_rho import family_of, rho


def pixels(value, *, b=0.5, step=1e-7, shape=(1, 1, 8, 8)):
    """y, score, beside, score_beside for which `value` is the larger root of the equation.

    The roots add up to 2 − b and multiply to w/A − 2·b.
    """
    y = torch.full(shape, 0.5, dtype=torch.float64)
    beside = y * (1.0 + step)
    a = (beside / y).log()
    w = a * (value * (2.0 - b - value) + 2.0 * b)
    score = b / (2.0 * y)
    return y, score, beside, (0.5 * w + y * score) / beside


@pytest.mark.parametrize("value", [0.8, 1.0, 1.4, 2.0])
def test_the_larger_root_is_found(value):
    assert rho(*pixels(value)) == pytest.approx(value, abs=1e-6)


def test_pixels_that_jump_or_are_not_positive_are_left_out():
    y, score, beside, score_beside = pixels(1.4)
    score_beside[..., 0, :] += 0.1  # w is far too large
    y[..., 1, 0] = beside[..., 1, 1] = -0.1
    assert rho(y, score, beside, score_beside) == pytest.approx(1.4, abs=1e-6)


def test_where_no_pixel_is_kept_there_is_no_rho():
    y, score, beside, score_beside = pixels(1.4)
    assert rho(-y, score, -beside, score_beside) is None
    assert rho(y, score, beside, score_beside + 0.1) is None


@pytest.mark.parametrize(
    ("value", "family"),
    [(-0.1, None), (0.0, "gaussian"), (0.89, "gaussian"), (0.9, "poisson"), (1.89, "poisson"),
     (1.9, "gamma"), (3.0, "gamma")],
)  # fmt: skip
def test_the_bounds_are_those_of_the_code(value, family):
    assert family_of(value) == family
