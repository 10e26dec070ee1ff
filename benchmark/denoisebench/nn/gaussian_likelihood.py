"""Gaussian laws of a pixel's channels: likelihood of its noisy value, posterior mean of the clean.

For denoisers that predict N(μ, Σx) for each pixel from what surrounds it, and take its noisy value
in by Bayes' rule (Laine et al., NeurIPS 2019, section 3; Wu et al., ECCV 2020, section 3).

Pixels are vectors of C channels along dimension 1.  A covariance comes as D + VVᵀ: D diagonal, V
some columns; all is computed in the scale of D, where it is I + VVᵀ.  By Cauchy-Binet

    det(I + VVᵀ)       = 1 + Σ|v_j|² + Σ|v_i × v_j|² + Σ(v_i·(v_j × v_k))²
    eᵀ(I + VVᵀ)⁻¹e     = (|e|² + Σ|e × v_j|² + Σ(e·(v_i × v_j))²) / det(I + VVᵀ)

for C = 3, sums over i < j < k; for C = 1 all products are gone.  These are sums of squares:
nothing cancels, the determinant is never below 1, and float32 does.
"""

import itertools
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from denoisebench.nn.output_scale import SCALE

REGULARISER = 0.1
"""What a noise of 1 (black to white) adds to the likelihood, for noise of unknown level."""


@dataclass(frozen=True, slots=True)
class Prediction:
    """N(μ, Σx) of each pixel, (B, C, H, W): μ, and the factors of Σx that `columns_of` takes."""

    mean: Tensor
    factors: Tensor

    @classmethod
    def of_outputs(cls, mean: Tensor, factors: Tensor) -> "Prediction":
        """μ = ½ + f/10 and factors f/10 of what a network gives.  float32."""
        return cls(0.5 + SCALE * mean.float(), SCALE * factors.float())


def in_float64(t: Tensor) -> Tensor:
    """float64, on the CPU where the device has none."""
    return t.cpu().double() if t.device.type == "mps" else t.double()


def columns_of(factors: Tensor, channels: int) -> list[Tensor]:
    """The columns of U, Σx = UUᵀ, (B, C, H, W) each.

    factors: (B, C, H, W) for diagonal U, else for C = 3 (B, 6, H, W), a0..a5 of
    U = [[a0, a1, a2], [0, a3, a4], [0, 0, a5]].
    """
    a = factors.unbind(1)
    zero = torch.zeros_like(a[0])
    if len(a) == channels:
        rows = [[a[i] if i == j else zero for i in range(channels)] for j in range(channels)]
    else:
        rows = [[a[0], zero, zero], [a[1], a[3], zero], [a[2], a[4], a[5]]]
    return [torch.stack(row, dim=1) for row in rows]


def dot(a: Tensor, b: Tensor) -> Tensor:
    """a·b over the channels.  (B, C, H, W) -> (B, H, W)"""
    return (a * b).sum(dim=1)


def determinant(columns: Sequence[Tensor], e: Tensor) -> Tensor:
    """det(I + VVᵀ), 1 or more.  columns of V: (B, C, H, W) each, as e.  Returns (B, H, W)."""
    det = 1.0 + sum((dot(v, v) for v in columns), torch.zeros_like(e[:, 0]))
    for a, b in _pairs(columns):
        cross = torch.linalg.cross(a, b, dim=1)
        det = det + dot(cross, cross)
    for a, b, v in itertools.combinations(columns, 3) if e.shape[1] == 3 else ():
        det = det + dot(v, torch.linalg.cross(a, b, dim=1)).square()
    return det


def log_det_and_distance(columns: Sequence[Tensor], e: Tensor) -> tuple[Tensor, Tensor]:
    """ln det(I + VVᵀ) and eᵀ(I + VVᵀ)⁻¹e.  columns of V, and e: (B, C, H, W) -> (B, H, W) each."""
    det = determinant(columns, e)
    far = dot(e, e)
    for v in columns if e.shape[1] == 3 else ():
        beside = torch.linalg.cross(e, v, dim=1)
        far = far + dot(beside, beside)
    for a, b in _pairs(columns):
        far = far + dot(e, torch.linalg.cross(a, b, dim=1)).square()
    return det.log(), far / det


def solved(columns: Sequence[Tensor], e: Tensor) -> Tensor:
    """det(I + VVᵀ)·(I + VVᵀ)⁻¹e.  columns of V, and e: (B, C, H, W) -> the same.

        e + Σ v_j × (e × v_j) + Σ (e·(v_i × v_j))·(v_i × v_j)

    Not of squares alone: it wants float64 where V is large.
    """
    total = e
    for v in columns if e.shape[1] == 3 else ():
        total = total + dot(v, v).unsqueeze(1) * e - dot(v, e).unsqueeze(1) * v
    for a, b in _pairs(columns):
        cross = torch.linalg.cross(a, b, dim=1)
        total = total + dot(e, cross).unsqueeze(1) * cross
    return total


def _pairs(columns: Sequence[Tensor]) -> Iterable[tuple[Tensor, Tensor]]:
    """Every two columns, where pixels have three channels: with one there is no cross product."""
    return itertools.combinations(columns, 2) if columns and columns[0].shape[1] == 3 else ()


def gaussian_loss(mean: Tensor, columns: Sequence[Tensor], noisy: Tensor, sigma: Tensor) -> Tensor:
    """−ln N(y; μ, Σy) up to a constant, of each pixel, Σy = UUᵀ + diag(σ²).

        C = 3:  ½·ln det Σy + ½·dᵀΣy⁻¹d      C = 1:  ln σy² + d²/σy²      d = y − μ

    mean, noisy: (B, C, H, W).  columns: of U, the same.  sigma: broadcastable to them, above 0.
    Returns (B, H, W).  One channel has twice the weight of three, as in the original codes, which
    matters beside `regulariser` alone.
    """
    sigma = sigma.expand_as(mean)
    scaled = [column / sigma for column in columns]
    log_det, distance = log_det_and_distance(scaled, (noisy - mean) / sigma)
    loss = 2.0 * sigma.log().sum(dim=1) + log_det + distance
    return loss if mean.shape[1] == 1 else 0.5 * loss


def regulariser(sigma: Tensor, weight: float = REGULARISER) -> Tensor:
    """−weight·(mean of σ over the channels), of each pixel: added when the noise is not told.

    Only Σx + σ² shows in the data; where both could explain a spread, this calls it noise.  Nothing
    is added for σ beyond 1, from black to white: without an end the reward outgrows the likelihood,
    ln σ, and a single leap of the level beyond some sixty would run away for good.
    sigma: (B, C, H, W) or fewer.  Returns (B, H, W) or fewer.
    """
    return -weight * sigma.clamp_max(1.0).mean(dim=1)


def predicted_std(factors: Tensor, channels: int) -> Tensor:
    """(det Σx)^(1/2C), how far the clean pixel may be from μ.  (B, 1, H, W)

    U is triangular: its determinant is the product of its diagonal.
    """
    diagonal = factors if factors.shape[1] == channels else factors[:, [0, 3, 5]]
    return diagonal.abs().log().mean(dim=1, keepdim=True).exp()


def gaussian_mean(
    mean: Tensor,
    columns: Sequence[Tensor],
    noisy: Tensor,
    sigma: Tensor,
    noise_columns: Sequence[Tensor] = (),
) -> Tensor:
    """E[x | y] = μ + Σx·(Σx + Σn)⁻¹·(y − μ) = y − Σn·(Σx + Σn)⁻¹·(y − μ), Σn = diag(σ²) + LLᵀ.

    mean, noisy: (B, C, H, W).  columns: of U, Σx = UUᵀ, the same.  sigma, noise_columns (of
    L): broadcastable to the noisy image; σ above 0.  It goes to y as the noise goes to 0 (Σx being
    regular), and to μ as it grows.
    """
    scaled = [(column / sigma).expand_as(noisy) for column in (*columns, *noise_columns)]
    e = (noisy - mean) / sigma
    weighed = solved(scaled, e) / determinant(scaled, e).unsqueeze(1)
    noise = sigma * weighed
    for column in noise_columns:
        noise = noise + column * dot(column, weighed / sigma).unsqueeze(1)
    return noisy - noise
