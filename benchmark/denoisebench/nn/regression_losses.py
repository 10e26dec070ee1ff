"""Losses of a network that predicts a noisy target (Noise2Noise, section 2), and what each finds.

With targets t drawn from p(t|y), the best prediction f(y) is the mean of p under `squared`, its
median under `absolute`, and its mode under `power` as γ goes to 0.  Noise that leaves this one
quantity at the clean pixel may therefore stand in for it.

f, t: (B, C, H, W).  Each returns the loss of every pixel, of the same shape.
"""

from torch import Tensor

EPSILON = 1e-8
POWER_LEAST = 0.5


def squared(f: Tensor, t: Tensor) -> Tensor:
    """(f − t)²"""
    return (f - t).square()


def absolute(f: Tensor, t: Tensor) -> Tensor:
    """|f − t|"""
    return (f - t).abs()


def power(f: Tensor, t: Tensor, gamma: float) -> Tensor:
    """(|f − t| + ε)^γ: the annealed L0 of Noise2Noise, ε = 1e-8."""
    return ((f - t).abs() + EPSILON).pow(gamma)


def annealed_gamma(share: float) -> float:
    """γ = max(½, 2 − 2·share), share being that of the training done, from 0 to 1.

    The paper goes down to 0, where the loss no longer tells near from far and what was learned is
    lost again; Laine et al. (NeurIPS 2019) stop at ½, as here.
    """
    return max(POWER_LEAST, 2.0 - 2.0 * share)
