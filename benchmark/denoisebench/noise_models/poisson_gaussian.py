"""Poisson noise with Gaussian read noise, above an offset: what a detector gives.

    y = g·Poisson((x − o)/g) + o + N(0, (s/255)²)

E[y] = x and Var y = g·(x − o) + (s/255)², g being the gain (the intensity of one count), o the
offset (the intensity without light) and s the read noise.  A pixel below the offset counts as it.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from denoisebench.errors import UserError
from denoisebench.images.pixels import Pixels
from denoisebench.noise.family import Noise, NoiseFamily
from denoisebench.noise.level_estimator import look
from denoisebench.noise.level_reading import LevelReading
from denoisebench.noise.stream import Stream
from denoisebench.noise_models.poisson import Poisson
from denoisebench.specs import Spec, number_text

if TYPE_CHECKING:
    import torch
    from torch import Tensor

MOST_READ = 1000.0
"""The largest standard deviation of the read noise, in 0-255 units."""


@dataclass(frozen=True)
class PoissonGaussian(NoiseFamily):
    """Its level is the gain g; read_255 is s, in 0-255 units; offset is o, in [0, 1]."""

    read_255: float = 2.0
    offset: float = 0.0

    name = "poisson-gaussian"
    summary = "y = g·Poisson((x − o)/g) + o + N(0, (s/255)²), written poisson-gaussian:g:s[:o]"
    symbol = "g"
    unit = "gain, intensity of one count"
    lowest, highest = Poisson.lowest, Poisson.highest
    blind = Poisson.blind

    def sample(self, clean: Pixels, level: float, stream: Stream) -> Pixels:
        rate = np.maximum(clean.astype(np.float64) - self.offset, 0.0) / level
        counts = stream.poisson(rate.ravel()).reshape(clean.shape)
        read = stream.normal(clean.size).reshape(clean.shape) * (self.read_255 / 255.0)
        return (counts * level + self.offset + read).astype(np.float32)

    def resample(self, clean: "Tensor", level: "Tensor", rng: "torch.Generator") -> "Tensor":
        import torch

        counts = torch.poisson((clean - self.offset).clamp_min(0.0) / level, generator=rng)
        read = torch.randn(clean.shape, generator=rng, device=clean.device, dtype=clean.dtype)
        return counts * level + self.offset + read * (self.read_255 / 255.0)

    def variance(self, x: "Tensor", level: "Tensor") -> "Tensor":
        return level * (x - self.offset).clamp_min(0.0) + (self.read_255 / 255.0) ** 2

    def read(self, noisy: Pixels) -> LevelReading:
        """The gain, the read noise and the offset being known: the slope of the line of the local
        variances over the local means, which is (s/255)² at o."""
        from denoisebench.noise_models.variance_curve import BINS, FEWEST, binned
        from denoisebench.noise_models.variance_line import FEWEST_POINTS, fit_line

        patches = look(noisy, 0)
        if patches is None or len(patches.mean) < BINS * FEWEST:
            return LevelReading(self, None)
        mean, variance = binned(patches)
        used = variance > 0.0
        if used.sum() < FEWEST_POINTS:
            return LevelReading(self, None)
        line = fit_line(mean[used] * patches.peak, variance[used] * patches.peak**2)
        line = line.through(self.offset, (self.read_255 / 255.0) ** 2)
        return LevelReading(self, line.slope, line.slope_error)

    def estimate(self, noisy: Pixels) -> float | None:
        return self.read(noisy).known

    def settings(self) -> str:
        offset = [number_text(self.offset)] if self.offset else []
        return ":".join([number_text(self.read_255), *offset])

    def parse(self, spec: Spec) -> Noise:
        """The noise model of a spec such as `poisson-gaussian:0.01:2` or
        `poisson-gaussian:0.01:2:0.1`.

        Raises UserError when a number is missing, no number or out of range.
        """
        if len(spec.values) not in (2, 3) or spec.options:
            raise UserError(
                f"noise {str(spec)!r}: give gain, read noise and, if there is one, the offset,"
                f" as in {self.name}:0.01:2 or {self.name}:0.01:2:0.1"
            )
        read, offset, *_ = (
            *(float(number_text(self._parse_number(spec, text))) for text in spec.values[1:]),
            0.0,
        )
        if not 0.0 <= read <= MOST_READ:
            raise UserError(
                f"noise {str(spec)!r}: the read noise (standard deviation, 0-255 units) must lie in"
                f" 0..{number_text(MOST_READ)}"
            )
        if not 0.0 <= offset <= 1.0:
            raise UserError(f"noise {str(spec)!r}: the offset (intensity) must lie in 0..1")
        return type(self)(read, offset)._at(spec, spec.values[0])
