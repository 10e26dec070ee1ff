"""Coverage by simulation: intervals of 95 % hold the truth in 93 to 97 % of cases."""

import math

import numpy as np
import pytest
from scipy import stats

from denoisebench.scoring.paired import difference_interval, paired_difference
from denoisebench.scoring.statistics import half_interval, t_quantile

IMAGES = (12, 24, 68)  # Set12, Kodak, BSD68
TRIALS = 8000


def gamma(rng, size, skewness):
    """Values of mean 0 and deviation 1; those of BSD68's mean PSNRs have a skewness of 0.6."""
    if skewness == 0:
        return rng.normal(size=size)
    shape = 4 / skewness**2
    return (rng.gamma(shape, size=size) - shape) / math.sqrt(shape)


def simulated(images, skewness, seeds):
    """What is averaged within each image.  (TRIALS, images, seeds), of mean 0.

    The images' own difference, deviation 1, and, nested in it, what each seed adds: 0.5.
    """
    rng = np.random.default_rng(images * 100 + int(skewness * 10) + seeds)
    own = gamma(rng, (TRIALS, images, 1), skewness)
    return own + (0.5 * rng.normal(size=(TRIALS, images, seeds)) if seeds > 1 else 0.0)


def share_held(low, high):
    return np.mean((low <= 0.0) & (high >= 0.0))


@pytest.mark.parametrize("seeds", [1, 3])
@pytest.mark.parametrize("skewness", [0, 1, 2])
@pytest.mark.parametrize("images", IMAGES)
def test_the_interval_of_a_difference_keeps_its_level(images, skewness, seeds):
    per_image = simulated(images, skewness, seeds).mean(axis=2)
    assert 0.93 <= share_held(*difference_interval(per_image)) <= 0.97


@pytest.mark.parametrize("seeds", [1, 3])
@pytest.mark.parametrize("skewness", [0, 1])
@pytest.mark.parametrize("images", IMAGES)
def test_the_interval_of_a_mean_keeps_its_level(images, skewness, seeds):
    per_image = simulated(images, skewness, seeds).mean(axis=2)[: TRIALS // 2]
    half = np.array([half_interval(values) for values in per_image])
    mean = per_image.mean(axis=1)
    assert 0.93 <= share_held(mean - half, mean + half) <= 0.97


def test_a_plain_t_interval_would_not_keep_it_on_12_skewed_differences():
    per_image = simulated(12, 2, 1)[..., 0]
    mean, error = per_image.mean(axis=1), stats.sem(per_image, axis=1)
    half = t_quantile(0.95, 11) * error
    assert share_held(mean - half, mean + half) < 0.92


def test_a_percentile_bootstrap_would_not_keep_it_on_12_images():
    """About 91 % even without skewness."""
    rng = np.random.default_rng(0)
    weights = rng.multinomial(12, np.full(12, 1 / 12), size=500) / 12
    means = simulated(12, 0, 1)[: TRIALS // 2, :, 0] @ weights.T
    assert 0.89 <= share_held(*np.quantile(means, [0.025, 0.975], axis=1)) <= 0.92


def test_seeds_pooled_as_if_they_were_images_would_not_keep_it():
    pooled = simulated(12, 0, 3).reshape(TRIALS, 36)
    assert share_held(*difference_interval(pooled)) < 0.85


def test_without_skewness_it_is_the_t_interval():
    values = np.array([-2.0, -1.0, 0.0, 1.0, 2.0]) + 0.3
    low, high = difference_interval(values)
    expected = stats.t.interval(0.95, 4, 0.3, stats.sem(values))
    assert (low, high) == pytest.approx(expected, rel=1e-10)


def test_it_solves_halls_cubic():
    """g(W) = W + γ W²/3 + γ² W³/27 + γ/(6n) of W = (mean − end)/deviation is ±t/√n."""
    values = np.random.default_rng(0).gamma(1.0, size=20)
    gamma_, n, t = stats.skew(values), 20, stats.t.ppf(0.975, 19)
    for end, side in zip(difference_interval(values), (1, -1), strict=True):
        w = (values.mean() - end) / values.std(ddof=1)
        bent = w + gamma_ * w**2 / 3 + gamma_**2 * w**3 / 27 + gamma_ / (6 * n)
        assert bent == pytest.approx(side * t / math.sqrt(n), rel=1e-9)


def test_a_mirrored_sample_has_the_mirrored_interval_and_the_longer_side_is_the_tails():
    values = np.random.default_rng(1).gamma(0.5, size=12)
    low, high = difference_interval(values)
    assert difference_interval(-values) == pytest.approx((-high, -low))
    assert high - values.mean() > values.mean() - low


def test_equal_differences_have_an_interval_of_no_width_and_one_image_has_none():
    assert difference_interval(np.full(12, 0.5)) == (0.5, 0.5)
    assert difference_interval(np.zeros(12)) == (0.0, 0.0)
    for values in ([0.5], [], [0.5, math.nan, 0.1], [0.5, math.inf, 0.1]):
        assert all(map(np.isnan, difference_interval(np.array(values))))


def test_two_methods_are_compared_on_the_images_that_both_have_a_finite_score_of():
    one = {"a": 30.0, "b": 31.0, "c": math.inf, "d": 33.0, "e": 10.0}
    other = {"a": 29.0, "b": 30.0, "c": math.inf, "d": math.nan}
    assert paired_difference(one, other) == (1.0, 1.0, 1.0)
    assert not paired_difference(one, other).holds_zero


def test_methods_without_a_common_finite_image_have_no_difference():
    assert all(map(math.isnan, paired_difference({"a": math.inf}, {"a": math.inf})))
    assert not paired_difference({"a": math.inf}, {"a": math.inf}).holds_zero
