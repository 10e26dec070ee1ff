"""Poisson unbiased risk estimates of a denoiser, y = ζ·Poisson(x/ζ), in two ways.

Both rest on E[x·g(y)] = E[y·g(y − ζe)] for every pixel, e being 1 there and 0 elsewhere, so that

    E mean (f(y) − x)² = E mean ((f(y) − y)² − ζy + 2y·(f(y) − f(y − ζe)))

with f at the pixel that lost its count (Luisier, Blu & Unser, IEEE Trans. Image Processing 2011).
That takes one run of f a pixel.  In two runs for all pixels, either all move a little (Le
Montagner, Angelini & Olivo-Marin 2014; Kim, Soltanayev & Chun 2020), or some lose a count.
"""

import torch
from torch import Tensor

from unbiased_risk.probes import Denoiser, both, pixel_mean, signs_like


def pure_first_order(
    f: Denoiser, y: Tensor, zeta: Tensor, epsilon: Tensor, rng: torch.Generator
) -> Tensor:
    """The squared error of f, estimated from the noisy image by its slopes.

        PURE₁ = mean (f(y) − y)² − ζ·mean y + 2ζ·mean y·b·(f(y + ε·b) − f(y))/ε,   b = ±1

    y: (B, C, H, W).  zeta, epsilon: (B, 1, 1, 1), in the unit of y.  Returns (B,), which may well
    be negative.

    It takes ζ·∂f/∂y for f(y) − f(y − ζe). That is right if f is affine in each pixel's own value,
    else too high by ζ²·mean y·∂²f/∂y², at most ζ²·mean x·sup |∂²f/∂y²|.  A pixel below ε, one
    without a count, has no weight to speak of: b is 0 there, so that f sees nothing below zero.
    """
    b = signs_like(y, rng) * (y >= epsilon)
    at_y, at_probe = both(f, y, y + epsilon * b)
    slope = pixel_mean(b * y * (at_probe - at_y) / epsilon)
    return _fit(at_y, y, zeta) + 2.0 * zeta.view(-1) * slope


def pure_sparse(f: Denoiser, y: Tensor, zeta: Tensor, stride: int, rng: torch.Generator) -> Tensor:
    """The squared error of f, estimated from the noisy image less a count here and there.

        PURE = mean (f(y) − y)² − ζ·mean y + 2k²C·mean m·2b·y·(f(y) − f(max(y − ζmr, 0)))

    m: 1 on a grid of stride k at a random place, in one of C channels at each of its points.
    r = 0 or 1 by the toss of a coin at each, b = 2r − 1.  Shapes and units as above.

    Over a point's own coin 2b·(f(y) − f(y − ζr)) has the mean f(y) − f(y − ζ), so no slope is
    taken, and f may be curved or kinked.  Exact for any f that does not reach from one point of the
    grid to the next, and at any stride for a linear one: what it sees of the others' coins has mean
    zero.  Were all points to lose a count, it would not, and a network learns to lower that sum.
    The rest: the others are half a count lower on average.
    """
    m = grid(y, stride, rng)
    r = torch.randint(0, 2, y.shape, generator=rng, device=rng.device) == 1
    at_y, at_less = both(f, y, torch.where(m & r, (y - zeta).clamp_min(0.0), y))
    b = torch.where(r, 1.0, -1.0) * m
    fall = stride**2 * y.shape[1] * pixel_mean(2.0 * b * y * (at_y - at_less))
    return _fit(at_y, y, zeta) + 2.0 * fall


def grid(y: Tensor, stride: int, rng: torch.Generator) -> Tensor:
    """Every stride-th row and column from a random one, in a random channel each.  Boolean,
    (B, C, H, W); another place for each image."""
    count, channels, height, width = y.shape
    starts = torch.randint(0, stride, (2, count, 1), generator=rng, device=rng.device)
    rows = (torch.arange(height, device=y.device) + starts[0]) % stride == 0
    columns = (torch.arange(width, device=y.device) + starts[1]) % stride == 0
    points = rows.view(count, 1, height, 1) & columns.view(count, 1, 1, width)
    shape = (count, 1, height, width)
    channel = torch.randint(0, channels, shape, generator=rng, device=rng.device)
    return points & (channel == torch.arange(channels, device=y.device).view(1, -1, 1, 1))


def _fit(at_y: Tensor, y: Tensor, zeta: Tensor) -> Tensor:
    """mean (f(y) − y)² − ζ·mean y: (B,)"""
    return pixel_mean((at_y - y).square()) - zeta.view(-1) * pixel_mean(y)
