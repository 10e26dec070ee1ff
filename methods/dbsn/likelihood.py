"""The losses of D-BSN (Wu et al., ECCV 2020, section 3.2): how likely a noisy pixel is where the
clean one is N(μ, Σx), Σx = UUᵀ, and its noise N(0, Σn)."""

from collections.abc import Sequence

import torch
from torch import Tensor

from dbsn.noise_law import NoiseLaw
from denoisebench.nn import determinant, gaussian_loss, log_det_and_distance


def marginal_loss(mean: Tensor, columns: Sequence[Tensor], law: NoiseLaw, noisy: Tensor) -> Tensor:
    """−ln N(y; μ, Σx + Σn) up to a constant, of each pixel; twice it where C = 1.

    mean, noisy: (B, C, H, W).  columns: of U, the same.  Returns (B, H, W).
    """
    noise = [column.expand_as(mean) for column in law.columns]
    return gaussian_loss(mean, [*columns, *noise], noisy, law.sigma)


def constrained_loss(
    mean: Tensor, columns: Sequence[Tensor], law: NoiseLaw, noisy: Tensor
) -> Tensor:
    """The paper's bound of the same, which separates Σx from Σn:

        ½·(dᵀ(Σx + Σn)⁻¹d + ln det Σn + tr(Σn⁻¹Σx))      d = y − μ; twice it where C = 1

    ln det(Σx + Σn) is ln det Σn + tr(Σn⁻¹Σx) to first order in Σx, and never more. In gray, where d
    has the variance t², its optimum has σx² = σn·(t − σn), less than the true t² − σn², or 0 where
    t < σn. A σn common to all pixels comes out too large.  Shapes as in `marginal_loss`.
    """
    sigma = law.sigma.expand_as(mean)
    e = (noisy - mean) / sigma
    own = [column / sigma for column in columns]
    noise = [(column / sigma).expand_as(mean) for column in law.columns]
    _, distance = log_det_and_distance([*own, *noise], e)
    log_det = 2.0 * sigma.log().sum(dim=1) + determinant(noise, e).log()
    trace = torch.zeros_like(log_det)
    for column in own:
        trace = trace + log_det_and_distance(noise, column)[1]
    loss = distance + log_det + trace
    return loss if mean.shape[1] == 1 else 0.5 * loss


LOSSES = {"marginal": marginal_loss, "constrained": constrained_loss}
