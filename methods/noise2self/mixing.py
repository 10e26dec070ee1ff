"""A J-invariant estimate and the noisy pixel it did not see, averaged by how far each is off.

The noise n of a pixel is independent of its J-invariant estimate f(y), which is off by e:

    L = mean (f(y) − y)² = mean n² + mean e²,   so   V = L − mean n²   estimates mean e²
    x̂ = λ·f(y) + (1 − λ)·y,   λ = s/(s + V),   s = Var n given f(y) for x

which has the least error of all such averages, s·V/(s + V).  Gaussian noise: s = σ², the same
everywhere, and λ = σ²/L.  Poisson: s = ζ·x.  Gamma: s = x²/k.
"""

from collections.abc import Callable

import torch
from torch import Tensor

Variance = Callable[[Tensor, float], Tensor]
"""What noise of a level has at intensities x (B, C, H, W), as an estimate has them."""


def _gaussian(x: Tensor, sigma_255: float) -> Tensor:
    return torch.full_like(x, (sigma_255 / 255.0) ** 2)


def _poisson(x: Tensor, zeta: float) -> Tensor:
    return zeta * x.clamp_min(0.0)


def _gamma(x: Tensor, k: float) -> Tensor:
    return x.square() / k


def _mean_poisson(y: Tensor, zeta: float) -> Tensor:
    return zeta * y.mean()


def _mean_gamma(y: Tensor, k: float) -> Tensor:
    return y.square().mean() / (k + 1.0)  # E y² = x²·(1 + 1/k)


def _mean_gaussian(y: Tensor, sigma_255: float) -> Tensor:
    return y.new_tensor((sigma_255 / 255.0) ** 2)


VARIANCES: dict[str, tuple[Variance, Variance]] = {
    "gaussian": (_gaussian, _mean_gaussian),
    "poisson": (_poisson, _mean_poisson),
    "gamma": (_gamma, _mean_gamma),
}
"""By the family's name: s at intensities x, and its mean over the image, told from noisy y."""


def mix(invariant: Tensor, noisy: Tensor, family: str, level: float) -> Tensor:
    """The average of the two.  All of one shape; level in the unit of the family.

    With no noise to be averaged away (s = 0, V = 0) the noisy pixel is kept.
    """
    at, mean = VARIANCES[family]
    error = ((invariant - noisy).square().mean() - mean(noisy, level)).clamp_min(0.0)
    noise = at(invariant, level)
    share = noise / (noise + error).clamp_min(torch.finfo(noise.dtype).tiny)
    return torch.lerp(noisy, invariant, share)
