"""The unknown noise level of one image: four ways to estimate it.

`patches`      the family's own estimator, from the noisy image alone (`NoiseFamily.estimate`)
`penalty`      Noise2Score's: the level at which the denoised image is best by a quality penalty;
               the families, weights and grids of its code
`closed-form`  NoiseAdaptive2Score's (Kim et al., CVPR 2022): the level at which the denoised image
               does not move when the noisy one does; here with medians over the pixels where it
               is defined, and not rounded
`unsure`       UNSURE's (Tachella et al., ICLR 2025): the level at which the denoised image has a
               mean divergence of 0; for Gaussian noise of any covariance

`penalty` and `closed-form` are formulas of three families each, and go by their names.
"""

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

from denoisebench.plugin import LevelReading, Noise

NUDGE = 0.02
"""How far `closed-form` moves the noisy image, in standard deviations of the noise about: far
enough for float32, near enough to be a derivative."""


@dataclass(frozen=True, slots=True)
class Scene:
    """One noisy image, (1, C, H, W), and what can be asked about it.

    noise: the range of levels trained on.  denoise_at: the denoised image at a level.
    score_near: the score of y at an image like the noisy one.  score: as `Coordinate.denoised`
    takes it, at the noisy image; None where it depends on the level.  unit_std: of the noise, at a
    level of 1.
    """

    noise: Noise
    noisy: Tensor
    denoise_at: Callable[[float], Tensor]
    score_near: Callable[[Tensor], Tensor]
    score: Tensor | None = None
    unit_std: float = 1.0

    @property
    def family(self) -> str:
        return self.noise.family.name


def estimate_level(how: str, scene: Scene) -> float:
    """The level by the way called `how`.

    Raises LevelUnknownError if the image allows none that the family can have.
    """
    return LevelReading(scene.noise.family, WAYS[how](scene)).required()


def from_patches(scene: Scene) -> float | None:
    """The family's own reading of the noisy image, by no network."""
    return scene.noise.family.read(scene.noisy[0].cpu().numpy()).level


def total_variation(x: Tensor) -> Tensor:
    """TV(x) = mean √(Δ_v x² + 1e-12) + mean √(Δ_h x² + 1e-12), forward differences."""
    down, right = x.diff(dim=-2), x.diff(dim=-1)
    variation = x.new_zeros(())
    for difference in (down, right):
        if difference.numel():
            variation = variation + (difference.square() + 1e-12).sqrt().mean()
    return variation


def gaussian_penalty(x: Tensor, y: Tensor) -> Tensor:
    """TV(x̂)."""
    del y
    return total_variation(x)


def poisson_penalty(x: Tensor, y: Tensor) -> Tensor:
    """0.1·TV(x̂₊) + mean over x̂ > 0 of (x̂ − y·log x̂)."""
    bright = x > 0
    fit = (x - y * x.log())[bright].mean()
    return 0.1 * total_variation(x.clamp_min(0.0)) + fit


def gamma_penalty(x: Tensor, y: Tensor) -> Tensor:
    """TV(x̂) + mean log x̂ + mean y/x̂ + mean (y/x̂)², the last three over x̂ > 0."""
    bright = x > 0
    ratio = y[bright] / x[bright]
    return total_variation(x) + x[bright].log().mean() + ratio.mean() + ratio.square().mean()


PENALTIES: dict[str, tuple[Callable[[Tensor, Tensor], Tensor], list[float]]] = {
    "gaussian": (gaussian_penalty, [float(sigma) for sigma in range(6, 56)]),
    "poisson": (poisson_penalty, [0.09905 - 0.00095 * i for i in range(100)]),
    "gamma": (gamma_penalty, [float(k) for k in range(41, 121)]),
}
"""Penalty and levels tried, of Noise2Score's code."""


def from_penalty(scene: Scene) -> float | None:
    """The level of the grid whose denoised image has the least penalty."""
    penalty, grid = PENALTIES[scene.family]
    values = torch.stack([penalty(scene.denoise_at(level), scene.noisy) for level in grid])
    if not values.isfinite().any():
        return None
    return grid[int(values.nan_to_num(torch.inf, torch.inf, torch.inf).argmin())]


def closed_form(family: str, y: Tensor, step: Tensor, change: Tensor) -> float | None:
    """The level at which Tweedie's formula gives the same x̂ at y and at y + step, pixel by pixel.

    change: of the score of y between the two.  With c = step/change:
        Gaussian  σ² = −c        Poisson  ζ² + 2·ζ·y + 2·c = 0
        Gamma     1/k = g/(change + g),   g = 1/(y + step) − 1/y
    and the median over pixels where that is a positive number.
    """
    c = step / change
    if family == "gaussian":
        values = 255.0 * (-c).sqrt()
    elif family == "poisson":
        values = (y.square() - 2.0 * c).sqrt() - y
    else:
        g = (y + step).reciprocal() - y.reciprocal()
        values = (change + g) / g
    values = values[values.isfinite() & (values > 0) & ((y > 0) | (family == "gaussian"))]
    return float(values.median()) if values.numel() else None


def from_closed_form(scene: Scene) -> float | None:
    """`closed_form` along one random direction of fixed seed."""
    rng = torch.Generator().manual_seed(0)
    y = scene.noisy
    direction = torch.randn(y.shape, generator=rng).to(y.device)
    level = y.new_tensor(scene.noise.middle)
    darkest = level if scene.family == "poisson" else 0.0  # one count
    std = scene.noise.family.variance(y.clamp_min(darkest), level).sqrt()
    step = NUDGE * std * direction
    change = scene.score_near(y + step) - scene.score_near(y)
    return closed_form(scene.family, y, step, change)


def from_unsure(scene: Scene) -> float | None:
    """η = 1/mean s²: the η at which f(y) = y + η·s(y) has E div f = N + η·E div s = 0, since
    E div s = −E|s|²; √η is the level.

    η is never below the noise's variance on average, and above it by as much as the image explains:
    E s² = 1/(variance of the noise + that of the image) for images of normal pixels.
    """
    assert scene.score is not None  # of Gaussian noise it does not depend on the level
    mean_square = float(scene.score.double().square().mean())
    return mean_square**-0.5 / scene.unit_std if mean_square > 0.0 else None


WAYS: dict[str, Callable[[Scene], float | None]] = {
    "patches": from_patches,
    "penalty": from_penalty,
    "closed-form": from_closed_form,
    "unsure": from_unsure,
}
