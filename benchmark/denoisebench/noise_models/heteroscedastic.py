"""Gaussian noise that grows with the intensity: y = x + n, n ~ N(0, s(x)²), with α and δ in 8-bit
units.

    heteroscedastic         s² = ((α·x)² + δ²)/255²     the terms are independent
    heteroscedastic-shared  s = (α·x + δ)/255           the terms share one draw

"Unpaired Learning of Deep Image Denoising" (D-BSN, Wu et al., ECCV 2020) trains on the first at
α = 40, δ = 10.  Its code validates, and chooses its checkpoints, on noise whose two terms are drawn
from one seed: the second distribution, on which its published figures are.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

import numpy as np
import numpy.typing as npt

from denoisebench.errors import UserError
from denoisebench.images.pixels import Pixels
from denoisebench.noise.family import Noise, NoiseFamily
from denoisebench.noise.stream import Stream
from denoisebench.specs import Spec, number_text

if TYPE_CHECKING:
    import torch
    from torch import Tensor

Array = TypeVar("Array", npt.NDArray[np.float64], "Tensor")

HIGHEST = 1000.0
"""Of α and of δ."""


@dataclass(frozen=True)
class Heteroscedastic(NoiseFamily):
    """Its level is α; offset is δ, the standard deviation where the image is black, 0-255 units."""

    offset: float = 10.0

    name = "heteroscedastic"
    summary = "y = x + N(0, ((α·x)² + δ²)/255²), written heteroscedastic:α:δ"
    symbol = "α"
    unit = "growth of the standard deviation with x, 0-255 units"
    lowest, highest = 0.0, HIGHEST
    blind = (10.0, 60.0)
    unit_scale = 255.0

    def variance_255(self, signal: Array) -> Array:
        """The variance of the noise, in 0-255 units squared, where α·x is `signal`."""
        return signal * signal + self.offset * self.offset

    def sample(self, clean: Pixels, level: float, stream: Stream) -> Pixels:
        intensity = clean.astype(np.float64)
        std = np.sqrt(self.variance_255(intensity * level)) / 255.0
        noise = stream.normal(clean.size).reshape(clean.shape)
        return (intensity + noise * std).astype(np.float32)

    def resample(self, clean: "Tensor", level: "Tensor", rng: "torch.Generator") -> "Tensor":
        import torch

        noise = torch.randn(clean.shape, generator=rng, device=clean.device, dtype=clean.dtype)
        return clean + noise * (self.variance_255(clean * level).sqrt() / 255.0)

    def variance(self, x: "Tensor", level: "Tensor") -> "Tensor":
        return self.variance_255(level * x) / 255.0**2

    def settings(self) -> str:
        return number_text(self.offset)

    def parse(self, spec: Spec) -> Noise:
        """The noise model of a spec such as `heteroscedastic:40:10` or `heteroscedastic:20..60:10`.

        Raises UserError when α or δ is missing, no number or out of range.
        """
        if len(spec.values) != 2 or spec.options:
            raise UserError(f"noise {str(spec)!r}: give α and δ, as in {self.name}:40:10")
        offset = float(number_text(self._parse_number(spec, spec.values[1])))
        if not 0.0 <= offset <= HIGHEST:
            most = number_text(HIGHEST)
            raise UserError(
                f"noise {str(spec)!r}: δ (standard deviation at x = 0, 0-255 units) must lie in"
                f" 0..{most}"
            )
        return type(self)(offset)._at(spec, spec.values[0])


class HeteroscedasticShared(Heteroscedastic):
    name = "heteroscedastic-shared"
    summary = "y = x + N(0, (α·x + δ)²/255²), written heteroscedastic-shared:α:δ"

    def variance_255(self, signal: Array) -> Array:
        """The variance of the noise, in 0-255 units squared, where α·x is `signal`."""
        std = signal + self.offset
        return std * std
