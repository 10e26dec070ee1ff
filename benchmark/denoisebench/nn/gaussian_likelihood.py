"""Gaussian pixels: the likelihood of the noisy value, the posterior mean of the clean one.

For denoisers that predict N(μ, Σx) for each pixel from its surroundings and add its noisy value by
Bayes' rule (Laine et al., NeurIPS 2019, section 3; Wu et al., ECCV 2020, section 3).

Pixels are vectors of C channels along dimension 1.  A covariance is given as D + VVᵀ, D diagonal, V
a few columns, and computed in the scale of D, where it is I + VVᵀ.  By Cauchy-Binet

    det(I + VVᵀ)       = 1 + Σ|v_j|² + Σ|v_i × v_j|² + Σ(v_i·(v_j × v_k))²
    eᵀ(I + VVᵀ)⁻¹e     = (|e|² + Σ|e × v_j|² + Σ(e·(v_i × v_j))²) / det(I + VVᵀ)

for C = 3, sums over i < j < k; for C = 1 there are no products.  These are sums of squares: nothing
cancels, the determinant is at least 1, and float32 is enough.
"""

import itertools
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from denoisebench.nn.output_scale import SCALE
from denoisebench.nn.strips import in_strips, strip_rows

REGULARISER = 0.1
"""The weight of `regulariser`: the reward for a noise of 1 (black to white), if its level is
unknown."""


@dataclass(frozen=True, slots=True)
class Prediction:
    """N(μ, Σx) of each pixel.  mean: μ, (B, C, H, W).  factors: of Σx, as `columns_of` takes them.

    >>> prediction = Prediction.of_outputs(torch.zeros(1, 3, 4, 6), torch.zeros(1, 6, 4, 6))
    >>> prediction.mean[0, :, 0, 0]
    tensor([0.5000, 0.5000, 0.5000])
    """

    mean: Tensor
    factors: Tensor

    @classmethod
    def of_outputs(cls, mean: Tensor, factors: Tensor) -> "Prediction":
        """μ = ½ + f/10 and factors f/10 of a network's outputs f.  float32."""
        return cls(0.5 + SCALE * mean.float(), SCALE * factors.float())


def in_float64(t: Tensor) -> Tensor:
    """`t` in float64, on the CPU if its device has no float64.  Any shape.

    >>> in_float64(torch.zeros(2)).dtype
    torch.float64
    """
    return t.cpu().double() if t.device.type == "mps" else t.double()


def columns_of(factors: Tensor, channels: int) -> list[Tensor]:
    """The C columns of U, Σx = UUᵀ, each (B, C, H, W).

    factors: (B, C, H, W) for a diagonal U; or, for C = 3, (B, 6, H, W), a0..a5 of
    U = [[a0, a1, a2], [0, a3, a4], [0, 0, a5]].

    >>> factors = torch.arange(6.0).reshape(1, 6, 1, 1)
    >>> torch.stack([c[0, :, 0, 0] for c in columns_of(factors, 3)], dim=1)
    tensor([[0., 1., 2.],
            [0., 3., 4.],
            [0., 0., 5.]])
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


def cross(a: Tensor, b: Tensor) -> Tensor:
    """a × b of three channels, in a third of the time of `torch.linalg.cross`.  (B, 3, H, W)"""
    (a0, a1, a2), (b0, b1, b2) = a.unbind(1), b.unbind(1)
    return torch.stack([a1 * b2 - a2 * b1, a2 * b0 - a0 * b2, a0 * b1 - a1 * b0], dim=1)


def determinant(columns: Sequence[Tensor], e: Tensor) -> Tensor:
    """det(I + VVᵀ), at least 1, by the first formula of this module.

    columns: of V, each (B, C, H, W), as e, which gives the shape.  Returns (B, H, W).

    >>> v = torch.ones(1, 3, 1, 1)
    >>> determinant([v], v)  # 1 + |v|²
    tensor([[[4.]]])
    """
    det = 1.0 + sum((dot(v, v) for v in columns), torch.zeros_like(e[:, 0]))
    for a, b in _pairs(columns):
        across = cross(a, b)
        det = det + dot(across, across)
    for a, b, v in itertools.combinations(columns, 3) if e.shape[1] == 3 else ():
        det = det + dot(v, cross(a, b)).square()
    return det


def log_det_and_distance(columns: Sequence[Tensor], e: Tensor) -> tuple[Tensor, Tensor]:
    """ln det(I + VVᵀ) and eᵀ(I + VVᵀ)⁻¹e, by the formulas of this module.

    columns: of V, each (B, C, H, W), as e.  Returns two tensors (B, H, W).

    >>> v = torch.ones(1, 3, 1, 1)
    >>> log_det, distance = log_det_and_distance([v], v)
    >>> log_det.exp().item(), distance.item()  # 1 + |v|², |v|²/(1 + |v|²)
    (4.0, 0.75)
    """
    det = determinant(columns, e)
    far = dot(e, e)
    for v in columns if e.shape[1] == 3 else ():
        beside = cross(e, v)
        far = far + dot(beside, beside)
    for a, b in _pairs(columns):
        far = far + dot(e, cross(a, b)).square()
    return det.log(), far / det


def solved(columns: Sequence[Tensor], e: Tensor) -> Tensor:
    """(I + VVᵀ)⁻¹e.  columns of V, and e: (B, C, H, W) -> the same.

    By elimination, which needs no pivoting as the matrix is positive definite; an image for each of
    its entries.  Use float64 if V is large.

    >>> v = torch.ones(1, 3, 1, 1)
    >>> solved([v], v).flatten()  # v/(1 + |v|²)
    tensor([0.2500, 0.2500, 0.2500])
    """
    rows = range(e.shape[1])
    v = [column.unbind(1) for column in columns]
    matrix = {(i, j): _entry(v, i, j, e[:, 0]) for i in rows for j in range(i + 1)}
    found = list(e.unbind(1))
    for k in rows:
        for i in rows[k + 1 :]:
            share = matrix[i, k] / matrix[k, k]
            for j in range(k + 1, i + 1):
                matrix[i, j].addcmul_(share, matrix[j, k], value=-1.0)
            found[i] = torch.addcmul(found[i], share, found[k], value=-1.0)
    for k in reversed(rows):
        for i in rows[k + 1 :]:
            found[k] = torch.addcmul(found[k], matrix[i, k], found[i], value=-1.0)
        found[k] = found[k] / matrix[k, k]
    return torch.stack(found, dim=1)


def _entry(v: Sequence[Sequence[Tensor]], i: int, j: int, like: Tensor) -> Tensor:
    """Entry (i, j) of I + VVᵀ of each pixel, (B, H, W)."""
    entry = torch.full_like(like, float(i == j), memory_format=torch.contiguous_format)
    for column in v:
        entry.addcmul_(column[i], column[j])
    return entry


def _pairs(columns: Sequence[Tensor]) -> Iterable[tuple[Tensor, Tensor]]:
    """All pairs of columns if pixels have three channels; one channel has no cross product."""
    return itertools.combinations(columns, 2) if columns and columns[0].shape[1] == 3 else ()


def gaussian_loss(mean: Tensor, columns: Sequence[Tensor], noisy: Tensor, sigma: Tensor) -> Tensor:
    """−ln N(y; μ, Σy) of each pixel, up to a constant, Σy = UUᵀ + diag(σ²) .

        C = 3:  ½·ln det Σy + ½·dᵀΣy⁻¹d      C = 1:  ln σy² + d²/σy²      d = y − μ

    mean, noisy: μ and y, (B, C, H, W).  columns: of U, each the same shape.  sigma: σ > 0,
    broadcastable to them.  All in [0, 1] units.  Returns (B, H, W).  One channel has twice the
    weight of three, as in the original codes; this matters only next to `regulariser`.

    >>> mean, noisy = torch.zeros(1, 1, 1, 1), torch.ones(1, 1, 1, 1)
    >>> gaussian_loss(mean, [], noisy, torch.ones(1, 1, 1, 1))  # ln 1 + 1²/1
    tensor([[[1.]]])
    """
    sigma = sigma.expand_as(mean)
    scaled = [column / sigma for column in columns]
    log_det, distance = log_det_and_distance(scaled, (noisy - mean) / sigma)
    loss = 2.0 * sigma.log().sum(dim=1) + log_det + distance
    return loss if mean.shape[1] == 1 else 0.5 * loss


def regulariser(sigma: Tensor, weight: float = REGULARISER) -> Tensor:
    """−weight·(mean of σ over the channels), of each pixel: added to the loss if σ is unknown.

    The data determine only the sum Σx + σ²; this term assigns to the noise what both could explain.
    σ above 1 (black to white) adds no more: without that bound the reward outgrows ln σ in the
    likelihood, and the level diverges once it passes about 60.
    sigma: σ > 0, (B, C, H, W) or with sides of 1.  Returns the same without C.

    >>> regulariser(torch.tensor([0.1, 2.0]).reshape(2, 1, 1, 1)).flatten()
    tensor([-0.0100, -0.1000])
    """
    return -weight * sigma.clamp_max(1.0).mean(dim=1)


def predicted_std(factors: Tensor, channels: int) -> Tensor:
    """(det Σx)^(1/2C), the predicted standard deviation of the clean pixel.

    factors: as in `columns_of`.  U is triangular: its determinant is the product of its diagonal.
    Returns (B, 1, H, W).

    >>> predicted_std(torch.full((1, 3, 1, 1), 0.02), channels=3)
    tensor([[[[0.0200]]]])
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

    mean, noisy: μ and y, (B, C, H, W).  columns: of U, Σx = UUᵀ, each the same shape.  sigma,
    noise_columns (of L): broadcastable to them; σ > 0.  Returns (B, C, H, W): y in the limit of no
    noise (if Σx is regular), μ in the limit of strong noise.

    >>> mean, noisy, one = torch.zeros(1, 1, 1, 1), torch.ones(1, 1, 1, 1), torch.ones(1, 1, 1, 1)
    >>> gaussian_mean(mean, [one], noisy, one)  # Σx = Σn: half way
    tensor([[[[0.5000]]]])
    """
    height = noisy.shape[2]
    parts = [mean, noisy, sigma, *columns, *noise_columns]

    def rows_of(top: int, bottom: int) -> Tensor:
        m, y, s, *rest = (t[:, :, top:bottom] if t.shape[2] == height else t for t in parts)
        return _gaussian_mean(m, rest[: len(columns)], y, s, rest[len(columns) :])

    return in_strips(rows_of, height, strip_rows(noisy))


def _gaussian_mean(
    mean: Tensor,
    columns: Sequence[Tensor],
    noisy: Tensor,
    sigma: Tensor,
    noise_columns: Sequence[Tensor],
) -> Tensor:
    scaled = [(column / sigma).expand_as(noisy) for column in (*columns, *noise_columns)]
    e = (noisy - mean) / sigma
    weighed = solved(scaled, e)
    noise = sigma * weighed
    for column in noise_columns:
        noise = noise + column * dot(column, weighed / sigma).unsqueeze(1)
    return noisy - noise
