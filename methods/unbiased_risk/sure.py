"""Stein's unbiased risk estimate of a denoiser of Gaussian noise, its divergence by a probe
(Stein 1981; Ramani, Blu & Unser, IEEE Trans. Image Processing 2008; Soltanayev & Chun 2018)."""

import torch
from torch import Tensor

from unbiased_risk.probes import Denoiser, both, pixel_mean, signs_like


def sure(f: Denoiser, y: Tensor, sigma: Tensor, epsilon: Tensor, rng: torch.Generator) -> Tensor:
    """The squared error of f, estimated from the noisy image: its mean is that of mean (f(y) − x)².

        SURE = mean (f(y) − y)² − σ² + 2σ²·mean b·(f(y + ε·b) − f(y))/ε,   b = ±1

    y = x + n, n ~ N(0, σ²): (B, C, H, W).  sigma, epsilon: (B, 1, 1, 1), in the unit of y.
    Returns (B,), which may well be negative: it estimates, and cutting it off would bias it.

    E b·f(y + ε·b)/ε is the divergence of f as ε → 0, at any ε where f is linear.  Elsewhere the
    bias is of order ε²: too small to see at 0.04 σ, a third of the risk of a soft threshold at σ.
    """
    b = signs_like(y, rng)
    at_y, at_probe = both(f, y, y + epsilon * b)
    divergence = pixel_mean(b * (at_probe - at_y) / epsilon)
    variance = sigma.view(-1).square()
    return pixel_mean((at_y - y).square()) - variance + 2.0 * variance * divergence
