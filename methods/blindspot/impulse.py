"""Impulse noise, for a network that predicts N(μ, Σx) from what surrounds a pixel: the loss and the
posterior mean of Laine et al. (NeurIPS 2019), appendix."""

import math
from collections.abc import Sequence

import torch
from torch import Tensor

from denoisebench.nn import columns_of, log_det_and_distance

FLOOR_DET, FLOOR_VARIANCE = 1e-9, 1e-6
"""The least determinant of a pixel under impulse noise, the least variance of its clean value."""


def impulse_loss(mean: Tensor, factors: Tensor, noisy: Tensor, alpha: Tensor) -> Tensor:
    """−2·ln N(y; μy, Σy) up to a constant, of each pixel under impulse noise.

    The marginal is a mixture, U[0, 1)^C at the share α and N(μ, Σx) else; N(μy, Σy) is the Gaussian
    of the same moments:

        μy = α·½ + (1 − α)·μ
        Σy = α·I/12 + (1 − α)·Σx + α(1 − α)·(½ − μ)(½ − μ)ᵀ        Σx: UUᵀ + 1e-6·I

    alpha: (B, 1, 1, 1), above 0.  The rest is as in `gaussian_loss`.  Returns (B, H, W).
    """
    kept = 1.0 - alpha
    sigma = (alpha / 12.0 + kept * FLOOR_VARIANCE).sqrt()
    away = 0.5 - mean
    columns = [column * kept.sqrt() / sigma for column in columns_of(factors, mean.shape[1])]
    columns.append(away * (alpha * kept).sqrt() / sigma)
    moved = (noisy - alpha * 0.5 - kept * mean) / sigma
    log_det, distance = log_det_and_distance(columns, moved)
    log_det = log_det + 2.0 * mean.shape[1] * sigma[:, 0].log()
    return log_det.clamp_min(math.log(FLOOR_DET)) + distance


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
