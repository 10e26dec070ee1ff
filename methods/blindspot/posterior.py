"""The clean pixel, given its noisy value and what surrounds it: the posterior means of Laine et al.
(NeurIPS 2019), section 3.2 and appendix, for the Gaussian N(μ, Σx) that the network predicts.

Departure: exact.  The original adds 1e-6 to the diagonals before it inverts them, which holds the
result back from y where the noise is weak; at σ = 25 the difference is below 0.002 levels of 255.
Made for float64, on whole images.
"""

import math
from collections.abc import Sequence

import torch
from torch import Tensor

from blindspot.likelihood import FLOOR_VARIANCE, determinant, log_det_and_distance, solved


def predicted_std(factors: Tensor, channels: int) -> Tensor:
    """(det Σx)^(1/2C), how far the clean pixel may be from μ.  (B, 1, H, W)

    U is triangular: its determinant is the product of its diagonal.
    """
    diagonal = factors if factors.shape[1] == channels else factors[:, [0, 3, 5]]
    return diagonal.abs().log().mean(dim=1, keepdim=True).exp()


def gaussian_mean(mean: Tensor, columns: Sequence[Tensor], noisy: Tensor, sigma: Tensor) -> Tensor:
    """E[x | y] = μ + Σx·(Σx + Σn)⁻¹·(y − μ) = y − Σn·(Σx + Σn)⁻¹·(y − μ), Σn = diag(σ²): for
    Gaussian and Poisson noise.

    mean, noisy: (B, C, H, W).  columns: of U, Σx = UUᵀ, (B, C, H, W) each.  sigma: broadcastable to
    the noisy image, above 0.  It goes to y as σ goes to 0 (Σx being regular), and to μ as it grows.
    """
    scaled = [column / sigma for column in columns]
    e = (noisy - mean) / sigma
    return noisy - sigma * solved(scaled, e) / determinant(scaled, e).unsqueeze(1)


def impulse_mean(mean: Tensor, columns: Sequence[Tensor], noisy: Tensor, alpha: Tensor) -> Tensor:
    """E[x | y] = (α·μ + (1 − α)·g·y) / (α + (1 − α)·g), g = N(y; μ, Σx + 1e-6·I).

    A replaced pixel has density 1 wherever it is.  alpha: (B, 1, 1, 1), 0 to 1.  The rest is as in
    `gaussian_mean`; computed from ln g, so that a g which vanishes leaves no 0/0 where α is 0.
    """
    channels, floor = mean.shape[1], math.sqrt(FLOOR_VARIANCE)
    difference = noisy - mean
    log_det, distance = log_det_and_distance([c / floor for c in columns], difference / floor)
    log_det = log_det + channels * math.log(FLOOR_VARIANCE)
    log_g = -0.5 * (distance + log_det + channels * math.log(2.0 * math.pi))
    kept = torch.sigmoid(torch.logit(1.0 - alpha) + log_g.unsqueeze(1))  # (1 − α)g/(α + (1 − α)g)
    return mean + kept * difference
