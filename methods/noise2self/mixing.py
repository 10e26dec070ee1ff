"""A J-invariant estimate and the noisy pixel it did not see, averaged by how far each is off.

The noise n of a pixel is independent of its J-invariant estimate f(y), which is off by e:

    L = mean (f(y) − y)² = mean n² + mean e²,   so   V = L − mean n²   estimates mean e²
    x̂ = λ·f(y) + (1 − λ)·y,   λ = s/(s + V),   s = Var n given f(y) for x

which has the least error of all such averages, s·V/(s + V).  The family gives s.  Gaussian noise:
s = σ², the same everywhere, and λ = σ²/L.  Poisson: s = ζ·x.  Gamma: s = x²/k.
"""

import torch
from torch import Tensor

from denoisebench.plugin import NoiseFamily


def mean_variance(noisy: Tensor, family: NoiseFamily, level: Tensor) -> Tensor:
    """The noise's mean variance over an image, estimated from the noisy image.

    All families here have s(x) = a + b·x + c·x². Then E s(y) = s(x) + c·Var y, and Var y is s(x),
    so that Var y is the mean of s(y)/(1 + c). c follows from s at 0, 1 and 2.
    """
    at_0, at_1, at_2 = (family.variance(noisy.new_tensor(x), level) for x in (0.0, 1.0, 2.0))
    curvature = 0.5 * (at_2 - 2.0 * at_1 + at_0)
    return (family.variance(noisy, level) / (1.0 + curvature)).mean()


def mix(invariant: Tensor, noisy: Tensor, family: NoiseFamily, level: float) -> Tensor:
    """The average of the two.  All of one shape; level in the unit of the family.

    With no noise to be averaged away (s = 0, V = 0) the noisy pixel is kept.
    """
    told = noisy.new_tensor(level)
    mean = mean_variance(noisy, family, told)
    error = ((invariant - noisy).square().mean() - mean).clamp_min(0.0)
    noise = family.variance(invariant, told)
    share = noise / (noise + error).clamp_min(torch.finfo(noise.dtype).tiny)
    return torch.lerp(noisy, invariant, share)
