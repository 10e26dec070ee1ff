"""The coordinates of Gaussian noise of any known covariance Σ, such as noise that neighbours share.

Tweedie's formula holds for it with a matrix in place of σ² (Xie et al., NeurIPS 2023):

    E[x|y] = y + Σ·s(y).

The two differ in what is learned: Σ·s, by a probe that has the noise's own covariance, or s by a
white probe, as of white noise.  Where Σ is small, as at the fine detail of blurred noise, s is
large, and where it is large, s is next to nothing; Σ·s is of the size of the noise everywhere.
"""

import torch
from torch import Tensor

from denoisebench.plugin import NoiseFamily
from noise2score.coordinate_base import Coordinate, even_out, flat_std
from noise2score.loss import white

SIDE = 8
"""The side of the image in which the finest detail of the noise is looked at, in pixels."""


class Shared(Coordinate):
    """Learns g = Σ₁·s(y), Σ₁ being Σ at a mean variance of 1: g is the score along the coordinate
    in which the noise is white, seen in y.

    The probe is u ~ N(0, Σ₁): v = y + a·u has noise of covariance Σ·(1 + p²), a = p·σ, so that the
    AR-DAE loss is least at g = −E[u|v]/a = Σ₁·∇log p(v), and

        x̂ = y + σ²·(1 + p²)·g.

    It says nothing of the border, which is in the noise and so in the probe.
    """

    def __init__(self, family: NoiseFamily, channels: int) -> None:
        self._family, self._channels = family, channels
        unit = torch.tensor(family.unit_scale)
        impulse = torch.eye(channels)[:, :, None, None]
        variance = (impulse * family.times_covariance(impulse, unit)).sum() / channels
        self._std = float(variance.sqrt())  # at a level of unit_scale
        haar = torch.zeros(channels, channels, SIDE, SIDE)
        corner = torch.tensor([[0.5, -0.5], [-0.5, 0.5]])
        haar[range(channels), range(channels), 3:5, 3:5] = corner
        detail = (haar * family.times_covariance(haar, unit)).sum() / channels
        self._detail = float((detail / variance).clamp_min(1e-6).sqrt())

    def noise_std(self, level: Tensor) -> Tensor:
        """σ: the root of the mean variance."""
        return level / self._family.unit_scale * self._std

    def seen(self, z: Tensor, level: Tensor) -> Tensor:
        """Scaled so that the noise is the same at every level, a tenth."""
        return (z - 0.5) * even_out(self.noise_std(level))

    def rough_level(self, z: Tensor) -> Tensor:
        """From the finest detail: this noise has less of it than white noise."""
        return flat_std(z) / self._detail * self._family.unit_scale / self._std

    def drawn(self, z: Tensor, rng: torch.Generator) -> Tensor:
        level = z.new_full((len(z), 1, 1, 1), self._family.unit_scale / self._std)
        return self._family.resample(torch.zeros_like(z), level, rng)

    def denoised(
        self, family: NoiseFamily, y: Tensor, score: Tensor, level: Tensor, probe: float
    ) -> Tensor:
        return y + self.noise_std(level).square() * (1.0 + probe**2) * score


class White(Shared):
    """Learns s(y) itself, by a white probe: v = y + a·u has noise of covariance Σ + a²·1, and

        x̂ = y + Σ·s + a²·s,   a = p·σ.

    Σ·s counts the score beyond the border as 0, which is exact: Σ is that of the image's pixels.
    """

    def drawn(self, z: Tensor, rng: torch.Generator) -> Tensor:
        return white(z, rng)

    def gathered(self, score: Tensor, probe: float) -> Tensor:
        """g·(1 + p²) = Σ₁·s + p²·s."""
        level = score.new_tensor(self._family.unit_scale / self._std)
        covered = self._family.times_covariance(score, level)
        return (covered + probe**2 * score) / (1.0 + probe**2)
