"""The transform fitted to one image, and its estimate of that image."""

from collections.abc import Callable

import torch
from torch import Tensor

from denoisebench.plugin import ImageFit
from noise2vst.config import Config
from noise2vst.loss import GRID, blind_loss, denoised, grid_mask
from noise2vst.transform import Transform

LEVEL = 25.0
"""The level that the denoiser is given, in 0-255 units; the transform brings the noise to it."""

LEARNING_RATE = 1e-2

FALLS_AT = (1 / 3, 2 / 3)
"""Shares of the steps after which the rate is a tenth of what it was."""

NORMAL_MEDIAN = 0.6744898
"""The median of the absolute value of a standard normal."""


def noise_std(y: Tensor) -> float:
    """A rough standard deviation of the noise, in the unit of y (1, C, H, W), sides of 2 or more.

    The median of the finest diagonal Haar coefficients, which see little of the image (Donoho and
    Johnstone, 1994).
    """
    height, width = (2 * (side // 2) for side in y.shape[-2:])
    y = y[..., :height, :width]
    above, below = y[..., ::2, :], y[..., 1::2, :]
    detail = (above[..., ::2] - above[..., 1::2] - below[..., ::2] + below[..., 1::2]) / 2.0
    return float(detail.abs().median()) / NORMAL_MEDIAN


def start(transform: Transform, y: Tensor) -> None:
    """Make the transform the line at which the noise of y has the denoiser's level.

    Weaker noise than a thousandth of the range counts as that.
    """
    low, high = float(y.min()), float(y.max())
    sigma = max(noise_std(y), 1e-3 * (high - low))
    transform.start_as_line(low, high, slope=LEVEL / 255.0 / sigma)


def fit_transform(
    transform: Transform, y: Tensor, config: Config, fit: ImageFit, together: int
) -> None:
    """Adam on the loss of random parts of y (1, C, H, W).

    together: the number of channels that the denoiser takes; of more, a step sees one.
    """
    adam = torch.optim.Adam(transform.parameters(), LEARNING_RATE)
    falls = [round(share * config.steps) for share in FALLS_AT]
    schedule = torch.optim.lr_scheduler.MultiStepLR(adam, falls, gamma=0.1)
    denoise = fit.fast(lambda z: fit.frozen(z, LEVEL))
    for _ in fit.steps(config.steps):
        part = random_part(y, config.crop, together, fit.rng)
        row, column = (below(GRID, fit.rng) % n for n in part.shape[-2:])
        mask = grid_mask(row, column, below(together, fit.rng), part)
        adam.zero_grad()
        blind_loss(transform, denoise, part, mask).backward()  # type: ignore[no-untyped-call]
        adam.step()
        schedule.step()


def random_part(y: Tensor, side: int, channels: int, rng: torch.Generator) -> Tensor:
    """`channels` channels of y (1, C, H, W), in a random part of side × side or as far as it goes,
    flipped and turned."""
    first = below(y.shape[1] // channels, rng)
    rows, columns = (below(max(size - side, 0) + 1, rng) for size in y.shape[-2:])
    part = y[:, first : first + channels, rows : rows + side, columns : columns + side]
    turned = torch.rot90(part, below(4, rng), (-2, -1))
    return turned.flip(-1) if below(2, rng) else turned


def below(count: int, rng: torch.Generator) -> int:
    """A random whole number, 0 to count − 1."""
    return int(torch.randint(count, (), generator=rng, device=rng.device))


@torch.no_grad()
def denoise_fitted(
    transform: Transform, y: Tensor, frozen: Callable[[Tensor, float], Tensor], together: int
) -> Tensor:
    """The estimate of y (1, C, H, W), nothing hidden.  together: as in `fit_transform`."""
    parts = torch.split(y, together, dim=1)
    made = [denoised(transform, lambda z: frozen(z, LEVEL), transform(part)) for part in parts]
    return torch.cat(made, dim=1)
