"""The distribution of each pixel's noise: given, or found by D-BSN's small network (Wu et al., ECCV
2020, section 3.2)."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field

import torch
import torch.nn.functional as F
from torch import Tensor

from denoisebench.nn import columns_of
from denoisebench.plugin import NoiseFamily

LEAST_SIGMA = 1e-3
"""A standard deviation below counts as this."""

DARKEST = 1e-3
"""Noise that grows with the intensity is that of a pixel of this value, where μ is below it."""

OFFSET = 4.0
"""σ = softplus(o − OFFSET) + 1e-3: 4.88/255 at o = 0."""


@dataclass(frozen=True, slots=True)
class NoiseLaw:
    """Σn = diag(σ²) + LLᵀ at each pixel.

    sigma: broadcastable to (B, C, H, W), above 0.  columns: of L, the same; none where the
    channels' noise is independent.
    """

    sigma: Tensor
    columns: Sequence[Tensor] = field(default_factory=tuple)

    def variance(self) -> Tensor:
        """The diagonal of Σn, broadcastable to (B, C, H, W)."""
        total = self.sigma.square()
        for column in self.columns:
            total = total + column.square()
        return total

    def scaled(self, factor: float | Tensor) -> "NoiseLaw":
        """The distribution of noise `factor` times as strong."""
        return NoiseLaw(self.sigma * factor, [column * factor for column in self.columns])

    def sample(self, clean: Tensor, rng: torch.Generator) -> Tensor:
        """Noisy copies of (B, C, H, W)."""

        def normal(channels: int) -> Tensor:
            shape = (len(clean), channels, *clean.shape[2:])
            return torch.randn(shape, generator=rng, device=clean.device)

        noisy = clean + self.sigma * normal(clean.shape[1])
        for column in self.columns:
            noisy = noisy + column * normal(1)
        return noisy


def told_law(family: NoiseFamily, mean: Tensor, level: Tensor) -> NoiseLaw:
    """The distribution at a level, (B, 1, 1, 1) in the family's unit, for clean pixels μ.

    μ, (B, C, H, W), replaces the unknown clean pixel.  For families that define a variance.
    """
    variance = family.variance(mean.clamp_min(DARKEST), level)
    return NoiseLaw(variance.sqrt().clamp_min(LEAST_SIGMA))


def level_is_sigma(family: NoiseFamily) -> bool:
    """Whether Var y is (level/`unit_scale`)² whatever the pixel is, as that of Gaussian noise."""
    if not family.has_variance:
        return False
    x, sigma = torch.tensor([0.0, 1.0]).view(2, 1, 1, 1), torch.tensor([0.1, 1.0])
    variance = family.variance(x, sigma * family.unit_scale)
    return torch.allclose(variance, sigma.square().expand_as(variance))


def raw_of(sigma_255: float) -> float:
    """The result of `sigma_of` for a σ in 0-255 units."""
    return OFFSET + math.log(math.expm1(sigma_255 / 255.0 - 1e-3))


def sigma_of(raw: Tensor) -> Tensor:
    """softplus(o − 4) + 1e-3."""
    return F.softplus(raw - OFFSET) + 1e-3


def law_per_image(raw: Tensor) -> NoiseLaw:
    """One σ for each channel of an image, from what was found at its pixels, (B, C, H, W).

    Averaged before softplus.
    """
    return NoiseLaw(sigma_of(raw.mean(dim=(2, 3), keepdim=True)))


def law_per_pixel(raw: Tensor) -> NoiseLaw:
    """A σ for each pixel and channel, (B, C, H, W)."""
    return NoiseLaw(sigma_of(raw))


def law_between_channels(raw: Tensor) -> NoiseLaw:
    """One covariance for an image: the mean of LLᵀ over its pixels, L of factors (B, 6, H, W)."""
    columns = columns_of(raw, 3)
    products = [c.flatten(2) @ c.flatten(2).transpose(1, 2) for c in columns]
    mean = torch.stack(products).sum(dim=0) / raw[0, 0].numel()
    ridge = LEAST_SIGMA**2 * torch.eye(3, device=raw.device, dtype=raw.dtype)
    factor = torch.linalg.cholesky(mean + ridge)
    floor = torch.full_like(raw[:, :1, :1, :1], LEAST_SIGMA)
    return NoiseLaw(floor, [factor[:, :, j, None, None] for j in range(3)])
