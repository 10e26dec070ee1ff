"""Learning the score of noisy images: the AR-DAE loss (Lim et al., ICML 2020), as Noise2Score
(Kim & Ye, NeurIPS 2021, eq. 9) uses it, one function per way to draw the probe.

Both losses may weigh the pixels by any positive function of what the network sees, w(v): what is
least at each v is the same, but errors count where the weight is.  The probe may be Gaussian noise
of any covariance C; s(v) then stands for C·∇log p_a(v), which is what the loss is least at."""

from collections.abc import Callable

import torch
from torch import Tensor

Score = Callable[[Tensor], Tensor]
Weight = Callable[[Tensor], Tensor | float]
Probe = Callable[[Tensor, torch.Generator], Tensor]


def even(v: Tensor) -> float:
    """Every pixel counts the same."""
    del v
    return 1.0


def white(y: Tensor, rng: torch.Generator) -> Tensor:
    """u ~ N(0, 1) in the shape of y."""
    return torch.randn(y.shape, generator=rng, device=rng.device)


def ardae_loss(
    score: Score,
    y: Tensor,
    a: Tensor,
    rng: torch.Generator,
    weight: Weight = even,
    probe: Probe = white,
) -> Tensor:
    """How far `score` is from the score of y, seen through a probe of size a.

        L = mean over pixels of w(v)·(u + a·s(v))²,   v = y + a·u,   u ~ N(0, 1)

    y: (B, C, H, W) noisy.  a: (B, 1, 1, 1), in the unit of y.  Returns (B,).
    Least when s(v) is the gradient of log p_a(v), p_a being p(y) blurred by a.
    """
    u = probe(y, rng)
    v = y + a * u
    residual = u + a * score(v)
    return (weight(v) * residual.square()).mean(dim=(1, 2, 3))


def paired_ardae_loss(
    score: Score,
    y: Tensor,
    a: Tensor,
    rng: torch.Generator,
    weight: Weight = even,
    probe: Probe = white,
) -> Tensor:
    """The AR-DAE loss averaged over the probes +u and −u: the same mean, far less spread.

        L = ½·mean w(v₊)·(u + a·s(v₊))² + ½·mean w(v₋)·(u − a·s(v₋))²,   v± = y ± a·u

    The loss is a²·(|s|² + 2·div s) beside the constant |u|², and one probe adds the noise
    2·u·s/a to that divergence, which grows as a falls.  In a pair it cancels: the sum holds
    u·(s(v₊) − s(v₋))/a.  Shapes as above; runs the network on 2B patches at once.
    """
    u = probe(y, rng)
    v = torch.cat([y + a * u, y - a * u])
    residual = torch.cat([u, -u]) + torch.cat([a, a]) * score(v)
    return (weight(v) * residual.square()).mean(dim=(1, 2, 3)).view(2, -1).mean(dim=0)
