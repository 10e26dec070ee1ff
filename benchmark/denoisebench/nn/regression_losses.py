"""Losses for predicting a noisy target (Lehtinen et al., Noise2Noise, ICML 2018, section 2).

With targets t drawn from p(t|y), the best prediction f(y) is the mean of p under `squared`, its
median under `absolute`, and its mode under `power` as γ goes to 0.  A noisy target may therefore
replace the clean one if its noise preserves that statistic.

f, t: (B, C, H, W).  Each returns the loss of every pixel, in the same shape.
"""

from torch import Tensor

EPSILON = 1e-8
POWER_LEAST = 0.5


def squared(f: Tensor, t: Tensor) -> Tensor:
    """(f − t)², least at the mean of t.  f, t: any one shape, which is returned.

    >>> squared(torch.tensor([1.0]), torch.tensor([3.0]))
    tensor([4.])
    """
    return (f - t).square()


def absolute(f: Tensor, t: Tensor) -> Tensor:
    """|f − t|"""
    return (f - t).abs()


def power(f: Tensor, t: Tensor, gamma: float) -> Tensor:
    """(|f − t| + ε)^γ, ε = 1e-8: the annealed L0 loss of Noise2Noise (section 3.2), least at the
    mode of t as γ goes to 0.  f, t: any one shape, which is returned.

    >>> power(torch.tensor([1.0]), torch.tensor([5.0]), gamma=0.5)
    tensor([2.])
    """
    return ((f - t).abs() + EPSILON).pow(gamma)


def annealed_gamma(share: float) -> float:
    """γ = max(½, 2 − 2·share) for `power`.  share: of the training that is done, from 0 to 1.

    Noise2Noise goes down to 0, where the loss no longer depends on the distance and the network
    unlearns; Laine et al. (NeurIPS 2019) stop at ½, as here.

    >>> annealed_gamma(0.0), annealed_gamma(0.5), annealed_gamma(1.0)
    (2.0, 1.0, 0.5)
    """
    return max(POWER_LEAST, 2.0 - 2.0 * share)
