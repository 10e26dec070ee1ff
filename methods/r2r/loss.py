"""R2R's loss: one recorrupted copy predicted from the other."""

from collections.abc import Callable

import torch
from torch import Tensor

from r2r.recorrupt import gaussian, second


def r2r_loss(f: Callable[[Tensor], Tensor], y: Tensor, first: Tensor, alpha: float) -> Tensor:
    """How badly y₂ is predicted from y₁, the copies that `recorrupt` makes.

        L = mean (f(y₁) − y₂)²,   E L = E mean (f(y₁) − x)² + mean Var y₂

    The second term does not depend on f: it is supervised training on noise of Var y/(1 − α).

    f: the denoiser.  y: (B, C, H, W) noisy.  first: y₁.  Returns (B,).
    """
    return (f(first) - second(y, first, alpha)).square().mean(dim=(1, 2, 3))


def paired_r2r_loss(f: Callable[[Tensor], Tensor], y: Tensor, w: Tensor, alpha: float) -> Tensor:
    """The loss of Gaussian noise averaged over w and −w: the same mean, less spread.

    Of f(y₁)·y₂ the loss holds t·w·f(y₁), t = √((1 − α)/α), which has the mean of a divergence and
    is mostly noise; in a pair it is t·w·(f(y + w/t) − f(y − w/t))/2.

    w: noise in the shape of y, of the noise's own covariance.  Runs f on 2B patches at once.
    """
    both = torch.cat([gaussian(y, w, alpha), gaussian(y, -w, alpha)])
    return r2r_loss(f, torch.cat([y, y]), both, alpha).view(2, -1).mean(dim=0)
