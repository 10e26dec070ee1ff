"""Additive noise of other laws than the normal one: y = x + n, n of mean 0 and standard deviation
σ/255 whatever x is. A method that knows the variance alone treats it as Gaussian noise; no Tweedie
formula gives the clean image from the score."""

import math
from abc import abstractmethod
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from denoisebench.images.pixels import Pixels
from denoisebench.noise.family import NoiseFamily
from denoisebench.noise.level_estimator import relative_variance
from denoisebench.noise.stream import Stream, log
from denoisebench.noise_models.gaussian import Gaussian

if TYPE_CHECKING:
    import torch
    from torch import Tensor

Array = npt.NDArray[np.float64]


class Additive(NoiseFamily):
    """A law of standard deviation 1, given uniforms."""

    symbol, unit = Gaussian.symbol, Gaussian.unit
    lowest, highest, blind = Gaussian.lowest, Gaussian.highest, Gaussian.blind
    range_from_zero, unit_scale = True, Gaussian.unit_scale

    @abstractmethod
    def _of_uniforms(self, u: Array) -> Array:
        """The quantiles of the law at u, inside (0, 1)."""

    @abstractmethod
    def _of_tensor(self, u: "Tensor") -> "Tensor":
        """The same of a tensor, in [0, 1)."""

    def sample(self, clean: Pixels, level: float, stream: Stream) -> Pixels:
        noise = self._of_uniforms(stream.uniform(clean.size)).reshape(clean.shape)
        return (clean + noise * (level / 255.0)).astype(np.float32)

    def resample(self, clean: "Tensor", level: "Tensor", rng: "torch.Generator") -> "Tensor":
        import torch

        u = torch.rand(clean.shape, generator=rng, device=clean.device, dtype=clean.dtype)
        return clean + self._of_tensor(u) * (level / 255.0)

    def variance(self, x: "Tensor", level: "Tensor") -> "Tensor":
        return (level / 255.0).square()

    def estimate(self, noisy: Pixels) -> float | None:
        """σ; about 6 % low for Laplace noise, of whose heavy tails smooth patches have less."""
        measured = relative_variance(noisy, 0)
        return None if measured is None else 255.0 * math.sqrt(measured.phi)


class Uniform(Additive):
    name = "uniform"
    summary = "y = x + U(−√3·σ/255, √3·σ/255)"

    def _of_uniforms(self, u: Array) -> Array:
        return (2.0 * u - 1.0) * math.sqrt(3.0)

    def _of_tensor(self, u: "Tensor") -> "Tensor":
        return (2.0 * u - 1.0) * math.sqrt(3.0)


class Laplace(Additive):
    name = "laplace"
    summary = "y = x + Laplace noise of standard deviation σ/255"

    def _of_uniforms(self, u: Array) -> Array:
        centred = 2.0 * u - 1.0
        return -np.sign(centred) * log(1.0 - np.abs(centred)) * math.sqrt(0.5)

    def _of_tensor(self, u: "Tensor") -> "Tensor":
        centred = 2.0 * u - 1.0
        return -centred.sign() * (1.0 - centred.abs()).clamp_min(1e-12).log() * math.sqrt(0.5)
