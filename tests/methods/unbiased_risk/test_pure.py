"""PURE is unbiased where the mathematics says so, and biased by the stated amount where it is not.

The reference is the exact PURE, N + 1 runs of the denoiser for N pixels, which is unbiased for any.
"""

import math

import pytest
import torch
from gradients import check_gradient
from torch import nn

from unbiased_risk.probes import pixel_mean
from unbiased_risk.pure import grid, pure_first_order, pure_sparse

ZETAS = [0.02, 0.1]
DRAWS = 800
SIDE = 12


def rng(seed=0):
    return torch.Generator().manual_seed(seed)


def noisy_images(zeta, seed=0, side=SIDE, channels=1, draws=DRAWS):
    """One clean image (1, C, H, W), of mean ¼, and noisy copies of it, in double precision."""
    ramp = torch.linspace(0.0, 6.0, side, dtype=torch.float64)
    clean = 0.25 + 0.15 * torch.sin(ramp).outer(torch.cos(ramp)).expand(1, channels, -1, -1)
    counts = (clean / zeta).expand(draws, -1, -1, -1)
    return clean, zeta * torch.poisson(counts, generator=rng(seed))


def column(value, count=DRAWS):
    return torch.full((count, 1, 1, 1), value, dtype=torch.float64)


def first_order(f, y, zeta, seed=1, epsilon=0.1):
    told, probe = column(zeta, len(y)), column(epsilon * zeta, len(y))
    return pure_first_order(f, y, told, probe, rng(seed))


def sparse(f, y, zeta, stride, seed=1):
    return pure_sparse(f, y, column(zeta, len(y)), stride, rng(seed))


def exact(f, y, zeta):
    """PURE = mean f² − 2·mean y·f(y − ζe) + mean (y² − ζy), e being one pixel at a time."""
    pixels = y[0].numel()
    less = y.unsqueeze(1) - zeta * torch.eye(pixels, dtype=y.dtype).view(pixels, *y.shape[1:])
    own = f(less.clamp_min(0.0).flatten(0, 1)).view(len(y), pixels, pixels)
    own = own.diagonal(dim1=1, dim2=2).reshape(y.shape)
    return pixel_mean(f(y).square()) - 2.0 * pixel_mean(y * own) + pixel_mean(y * (y - zeta))


def cross(centre, arm, c=0.0):
    """The circular 5-tap filter, and a constant."""

    def f(y):
        moved = sum(y.roll(step, axis) for step in (-1, 1) for axis in (2, 3))
        return centre * y + arm * moved + c

    return f


FILTER = cross(0.4, 0.12, 0.01)


def quadratic(y):
    return 0.3 * y + 0.4 * y.square()


def tanh_detail(y):
    mean = cross(0.2, 0.2)(y)
    return mean + 0.15 * torch.tanh((y - mean) / 0.15)


def soft_detail(y):
    mean = cross(0.2, 0.2)(y)
    detail = y - mean
    return mean + detail.sign() * (detail.abs() - 0.1).clamp_min(0.0)


def excess(told, f, clean, noisy):
    """The estimate less the true squared error, and the error of its mean."""
    values = told - pixel_mean((f(noisy) - clean).square())
    return float(values.mean()), float(values.std()) / math.sqrt(len(values))


@pytest.mark.parametrize("zeta", ZETAS)
@pytest.mark.parametrize(
    "told",
    [
        lambda f, y, zeta: first_order(f, y, zeta),
        lambda f, y, zeta: first_order(f, y, zeta, epsilon=1.0),
        lambda f, y, zeta: sparse(f, y, zeta, 1),
        lambda f, y, zeta: sparse(f, y, zeta, 3),
        exact,
    ],
)
def test_it_is_unbiased_for_a_linear_filter(zeta, told):
    clean, noisy = noisy_images(zeta, draws=200 if told is exact else DRAWS)
    estimate = told(FILTER, noisy, zeta)
    bias, error = excess(estimate, FILTER, clean, noisy)
    assert abs(bias) < 4 * error
    squared_error = float(pixel_mean((FILTER(clean) - clean).square()))
    squared_error += zeta * float(clean.mean()) * (0.4**2 + 4 * 0.12**2)
    standard_error = float(estimate.std()) / math.sqrt(len(estimate))
    assert abs(float(estimate.mean()) - squared_error) < 4 * standard_error
    assert standard_error < 0.1 * squared_error


def test_whole_counts_and_the_exact_sum_are_unbiased_where_a_pixel_is_squared():
    for told, draws in ((lambda f, y, zeta: sparse(f, y, zeta, 1), DRAWS), (exact, 200)):
        clean, noisy = noisy_images(0.1, draws=draws)
        bias, error = excess(told(quadratic, noisy, 0.1), quadratic, clean, noisy)
        assert abs(bias) < 4 * error
        assert error < 1e-3  # the squared error is 1.3e-2


@pytest.mark.parametrize("zeta", ZETAS)
def test_first_order_is_too_high_there_by_the_curvature(zeta):
    """By f″·ζ²·mean x, seen beside the exact sum."""
    clean, noisy = noisy_images(zeta, draws=200)
    values = first_order(quadratic, noisy, zeta) - exact(quadratic, noisy, zeta)
    error = float(values.std()) / math.sqrt(len(values))
    curvature = 0.8 * zeta**2 * float(clean.mean())
    assert abs(float(values.mean()) - curvature) < 4 * error
    assert curvature > 10 * error


@pytest.mark.parametrize("zeta", ZETAS)
def test_first_order_is_off_by_no_more_than_the_largest_curvature_allows(zeta):
    """|bias| ≤ ζ²·mean x·sup |f″|, the second derivative in a pixel's own value."""
    clean, noisy = noisy_images(zeta)
    steepest = 4.0 / (3.0 * math.sqrt(3.0)) * 0.8**2 / 0.15  # of 0.15·tanh(0.8 v/0.15 + ...)
    bound = zeta**2 * float(clean.mean()) * steepest
    bias, error = excess(first_order(tanh_detail, noisy, zeta), tanh_detail, clean, noisy)
    assert abs(bias) < bound + 4 * error
    assert error < bound


@pytest.mark.parametrize("f", [tanh_detail, soft_detail])
@pytest.mark.parametrize("zeta", ZETAS)
def test_whole_counts_are_unbiased_for_any_denoiser_that_does_not_reach_the_next_of_the_grid(
    f, zeta
):
    clean, noisy = noisy_images(zeta)
    bias, error = excess(sparse(f, noisy, zeta, 3), f, clean, noisy)
    assert abs(bias) < 4 * error
    assert error < 0.06 * float(pixel_mean((f(noisy) - clean).square()).mean())


@pytest.mark.parametrize("f", [tanh_detail, soft_detail])
def test_whole_counts_agree_with_the_exact_sum_over_all_pixels(f):
    _, noisy = noisy_images(0.1, draws=1, side=6)
    same = noisy.expand(4000, -1, -1, -1)
    told = sparse(f, same, 0.1, 3)
    error = float(told.std()) / math.sqrt(len(told))
    assert abs(float(told.mean()) - float(exact(f, noisy, 0.1))) < 4 * error
    assert error < 5e-4  # the estimates are 8e-3 and more


def test_a_product_of_neighbours_on_the_grid_is_off_by_half_a_count():
    """f = y·(its neighbour): on average the neighbour lost half a count, where it had one."""
    zeta, x = 0.1, 0.25
    clean = torch.full((1, 1, SIDE, SIDE), x, dtype=torch.float64)
    noisy = zeta * torch.poisson((clean / zeta).expand(4 * DRAWS, -1, -1, -1), generator=rng())

    def f(y):
        return y * y.roll(1, 3)

    expected = -(zeta**2) * x * (1.0 - math.exp(-x / zeta))
    bias, error = excess(sparse(f, noisy, zeta, 1), f, clean, noisy)
    assert abs(bias - expected) < 4 * error
    assert expected < -4 * error
    bias, error = excess(sparse(f, noisy, zeta, 2), f, clean, noisy)
    assert abs(bias) < 4 * error


def test_what_a_filter_sees_of_the_others_on_the_grid_cannot_be_bought():
    """Weights that a filter puts on the grid around a pixel do not lower the estimate: with all of
    the grid's points going down at once, this one would gain 4·0.5·2ζ·mean x = 0.1."""
    clean, noisy = noisy_images(0.1)
    bias, error = excess(sparse(cross(0.4, -0.5), noisy, 0.1, 1), cross(0.4, -0.5), clean, noisy)
    assert abs(bias) < 4 * error
    assert error < 0.01


@pytest.mark.parametrize("zeta", ZETAS)
def test_colours_that_are_mixed_do_not_cross(zeta):
    clean, noisy = noisy_images(zeta, channels=3)

    def f(y):
        return FILTER(0.7 * y + 0.3 * y.roll(1, 1) + 0.2 * y.square())

    bias, error = excess(sparse(f, noisy, zeta, 3), f, clean, noisy)
    assert abs(bias) < 4 * error
    assert error < 0.06 * float(pixel_mean((f(noisy) - clean).square()).mean())


@pytest.mark.parametrize(("stride", "channels"), [(1, 1), (2, 1), (4, 3)])
def test_each_pixel_lies_on_the_grid_equally_often(stride, channels):
    drawn = grid(torch.zeros(3000, channels, 8, 8), stride, rng())
    assert drawn.sum(dim=(1, 2, 3)).unique().tolist() == [64 // stride**2]
    share = 1.0 / (stride**2 * channels)
    allowed = 5 * math.sqrt(share / 3000)
    assert torch.allclose(drawn.float().mean(dim=0), torch.tensor(share), atol=allowed)


@pytest.mark.parametrize("told", [first_order, lambda f, y, zeta: sparse(f, y, zeta, 2)])
def test_no_denoiser_is_shown_a_pixel_below_zero(told):
    shown = []

    def f(y):
        shown.append(float(y.min()))
        return y.sqrt()

    _, noisy = noisy_images(0.1)
    assert float(noisy.min()) == 0.0
    assert told(f, noisy, 0.1).isfinite().all()
    assert min(shown) >= 0.0


@pytest.mark.parametrize("told", [first_order, lambda f, y, zeta: sparse(f, y, zeta, 2)])
def test_it_is_negative_half_of_the_time_when_the_denoiser_is_perfect(told):
    clean, noisy = noisy_images(0.1)
    risk = told(lambda y: clean + 0.0 * y, noisy, 0.1)
    assert 0.4 < float((risk < 0.0).double().mean()) < 0.6


@pytest.mark.parametrize("told", [first_order, lambda f, y, zeta: sparse(f, y, zeta, 2)])
def test_the_gradient_is_that_of_the_whole_formula_through_both_passes(told):
    torch.manual_seed(0)
    network = nn.Sequential(nn.Conv2d(1, 3, 3, padding=1), nn.Tanh(), nn.Conv2d(3, 1, 3, padding=1))
    network = network.double()
    _, noisy = noisy_images(0.1, draws=4)

    def risk():
        return told(network, noisy, 0.1).mean()

    check_gradient(risk, network)
