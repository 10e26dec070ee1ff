"""An unknown noise level: the penalties and grids of Noise2Score's code, and the closed form of
NoiseAdaptive2Score where its premise, that x̂ does not move when y does, holds exactly."""

import itertools
import math

import pytest
import torch

from denoisebench.noise.family import Noise
from denoisebench.noise.level_reading import LevelUnknownError
from denoisebench.noise_models.gamma import Gamma
from denoisebench.noise_models.gaussian import Gaussian
from denoisebench.noise_models.poisson import Poisson
from denoisebench.noise_models.weibull import Weibull
from denoisebench.plugin.method import Task
from noise2score import Config, Noise2Score
from noise2score.level_estimate import (
    PENALTIES,
    Scene,
    closed_form,
    estimate_level,
    gamma_penalty,
    gaussian_penalty,
    poisson_penalty,
    total_variation,
)

FAMILIES = {family.name: family for family in (Gaussian(), Poisson(), Gamma())}
NAMES = pytest.mark.parametrize("name", FAMILIES)
LEVELS = [("gaussian", 25.0), ("gaussian", 7.5), ("poisson", 0.03), ("poisson", 0.005)]
LEVELS += [("gamma", 50.0), ("gamma", 333.0)]


def image(*rows):
    return torch.tensor(rows, dtype=torch.float64)[None, None]


def noisy(side=24, seed=0):
    rng = torch.Generator().manual_seed(seed)
    return 0.2 + 0.7 * torch.rand((1, 1, side, side), generator=rng, dtype=torch.float64)


def score_of(name, y, clean, level):
    """The score at y from which the paper's formula gives `clean`."""
    if name == "gaussian":
        return (clean - y) / (level / 255) ** 2
    if name == "poisson":
        return (clean.log() - (y + level / 2).log()) / level
    return (level - 1) / y - level / clean


def slope_of(name, y, level):
    """Its derivative in y, `clean` being held."""
    if name == "gaussian":
        return torch.full_like(y, -1 / (level / 255) ** 2)
    if name == "poisson":
        return -1 / (level * (y + level / 2))
    raise AssertionError(name)


def change_of(name, y, step, level):
    """Of the score between y and y + step: to first order, and for Gamma noise as it is."""
    if name == "gamma":
        return score_of(name, y + step, 0.5, level) - score_of(name, y, 0.5, level)
    return slope_of(name, y, level) * step


def scene(name, denoise_at=None, score_near=None, y=None, low=None, high=None):
    family = FAMILIES[name]
    noise = Noise(family, low or family.blind[0], high or family.blind[1])
    return Scene(noise, noisy() if y is None else y, denoise_at, score_near)


@pytest.mark.parametrize(("name", "level"), LEVELS)
def test_the_closed_form_is_exact_where_the_denoised_image_does_not_move(name, level):
    y, step = noisy(), 1e-3 * (noisy(seed=1) - 0.5)
    found = closed_form(name, y, step, change_of(name, y, step, level))
    assert found == pytest.approx(level, rel=1e-6)


@pytest.mark.parametrize(("name", "level"), LEVELS)
def test_the_closed_form_passes_over_pixels_that_say_nothing(name, level):
    """Up to a fifth of the pixels: no number, no change, the wrong sign; black and negative."""
    y, step = noisy(), 1e-3 * (noisy(seed=1) - 0.5)
    change = change_of(name, y, step, level)
    change[..., 0, :], change[..., 1, :], step[..., 2, :] = math.nan, 0.0, math.nan
    change[..., 3, :] *= -1e6 if name == "gamma" else -1
    if name != "gaussian":
        y[..., 4, :12], y[..., 4, 12:] = 0.0, -0.3
    found = closed_form(name, y, step, change)
    assert found == pytest.approx(level, rel=1e-6)


@NAMES
def test_the_closed_form_of_pixels_that_all_say_nothing_is_none(name):
    y = noisy()
    for change in (torch.full_like(y, math.nan), torch.zeros_like(y)):
        assert closed_form(name, y, torch.full_like(y, math.nan), change) is None
    if name != "gaussian":
        step = torch.full_like(y, 1e-3)
        assert closed_form(name, torch.zeros_like(y), step, -step) is None


@pytest.mark.parametrize(("name", "level"), LEVELS)
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_the_closed_form_finds_the_level_of_a_score_that_gives_one_clean_image(name, level, dtype):
    clean = torch.full((), 0.5, dtype=dtype)
    found = estimate_level(
        "closed-form",
        scene(
            name,
            score_near=lambda y: score_of(name, y, clean, level),
            y=noisy().to(dtype),
            low=level / 2,
            high=level * 2,
        ),
    )
    assert found == pytest.approx(level, rel=0.01)


def test_the_total_variation_of_a_constant_is_next_to_nothing():
    assert float(total_variation(torch.full((1, 3, 5, 7), 0.3))) == pytest.approx(2e-6)
    assert float(total_variation(torch.full((1, 1, 1, 7), 0.3))) == pytest.approx(1e-6)
    assert float(total_variation(torch.full((1, 1, 1, 1), 0.3))) == 0.0


def test_the_penalties_have_known_values():
    x, y = image([1.0, 2.0, 4.0], [1.0, 5.0, 4.0]), image([2.0, 2.0, 2.0], [3.0, 5.0, 1.0])
    variation = (0 + 3 + 0) / 3 + (1 + 2 + 4 + 1) / 4
    assert float(total_variation(x)) == pytest.approx(variation, abs=1e-5)
    assert float(gaussian_penalty(x, y)) == pytest.approx(variation, abs=1e-5)
    logs = [math.log(v) for v in (1, 2, 4, 1, 5, 4)]
    fit = (17 - sum(b * c for b, c in zip((2, 2, 2, 3, 5, 1), logs, strict=True))) / 6
    assert float(poisson_penalty(x, y)) == pytest.approx(0.1 * variation + fit, abs=1e-5)
    ratios = [2, 1, 0.5, 3, 1, 0.25]
    terms = sum(logs) / 6 + sum(ratios) / 6 + sum(r * r for r in ratios) / 6
    assert float(gamma_penalty(x, y)) == pytest.approx(variation + terms, abs=1e-5)


def test_the_likelihoods_in_the_penalties_are_of_bright_pixels_only():
    x, y = image([0.0, 2.0], [-1.0, 2.0]), image([1.0, 3.0], [5.0, 3.0])
    fit = 2 - 3 * math.log(2)
    assert float(poisson_penalty(x, y)) == pytest.approx(0.1 * (0 + 2) + fit, abs=1e-5)
    terms = math.log(2) + 1.5 + 1.5**2
    assert float(gamma_penalty(x, y)) == pytest.approx((1 + 0) / 2 + (2 + 3) / 2 + terms, abs=1e-5)


@pytest.mark.parametrize(
    ("name", "count", "first", "last"),
    [("gaussian", 50, 6, 55), ("poisson", 100, 0.09905, 0.005), ("gamma", 80, 41, 120)],
)
def test_the_levels_tried_are_those_of_the_code(name, count, first, last):
    _, grid = PENALTIES[name]
    assert len(grid) == count
    assert (grid[0], grid[-1]) == (first, pytest.approx(last))
    steps = [b - a for a, b in itertools.pairwise(grid)]
    assert steps == pytest.approx([(last - first) / (count - 1)] * (count - 1))


@NAMES
def test_the_level_with_the_least_penalty_wins_whatever_is_not_a_number(name):
    _, grid = PENALTIES[name]
    best, y = grid[17], torch.full((1, 1, 8, 8), 0.5)
    ripple = torch.tensor([-1.0, 1.0]).repeat(4).expand_as(y)

    def denoise_at(level):
        """The image that the penalty likes most (of Gamma noise 2·y), but for a ripple."""
        if level in (grid[3], grid[40]):
            return torch.full_like(y, math.nan)
        away = abs(math.log(level / best))
        return (2 * y if name == "gamma" else y) * (1 + 0.5 * away / (1 + away) * ripple)

    assert estimate_level("penalty", scene(name, denoise_at, y=y)) == best


@NAMES
def test_without_any_number_to_go_by_there_is_no_level(name):
    def nothing(_):
        return torch.full_like(noisy(), math.nan)

    for how in ("penalty", "closed-form"):
        with pytest.raises(LevelUnknownError, match="cannot be told"):
            estimate_level(how, scene(name, nothing, nothing))


@pytest.mark.parametrize("name", ["gaussian", "poisson"])
@pytest.mark.parametrize("size", [1e-30, 1e9])
def test_a_level_that_the_family_cannot_have_is_refused(name, size):
    """A score of which nothing, or everything, changes."""
    scores = {"gaussian": lambda y: -y, "poisson": lambda y: -y.log()}
    asked = scene(name, score_near=lambda y: size * scores[name](y))
    with pytest.raises(LevelUnknownError, match="is above" if size < 1 else "is below"):
        estimate_level("closed-form", asked)


@pytest.mark.parametrize("how", ["penalty", "closed-form"])
def test_a_family_that_a_way_does_not_know_is_declined_with_a_reason(how):
    weibull = Task(Noise(Weibull(), 2.0, 20.0), "unknown", 1)
    reason = Noise2Score().declines(Config(estimate=how), weibull)
    assert reason == f"estimate={how} is for gaussian, poisson, gamma noise"
    for family in FAMILIES.values():
        task = Task(Noise(family, *family.blind), "unknown", 1)
        assert Noise2Score().declines(Config(estimate=how), task) is None
    known = Task(weibull.noise, "known", 1)
    assert Noise2Score().declines(Config(estimate=how), known) is None
