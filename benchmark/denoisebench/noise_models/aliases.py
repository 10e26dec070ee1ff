"""Names that people know for noise that a family has already: `rayleigh` is `weibull:2`.

Each parses to the family's own noise model, so that both names mean the same noisy images,
trainings and results.
"""

import math
from typing import TYPE_CHECKING

from denoisebench.errors import UserError
from denoisebench.images.pixels import Pixels
from denoisebench.noise.family import Noise, NoiseFamily
from denoisebench.noise.spread import Spread
from denoisebench.noise.stream import Stream
from denoisebench.noise_models.gamma import Gamma
from denoisebench.noise_models.heteroscedastic import Heteroscedastic
from denoisebench.noise_models.poisson import Poisson
from denoisebench.noise_models.weibull import Weibull
from denoisebench.specs import Spec, number_text

if TYPE_CHECKING:
    import torch
    from torch import Tensor

_OF_INVERSE: dict[Spread, Spread] = {"even": "inverse", "log": "log", "inverse": "even"}
"""How 1/level lies where a level lies like this."""


class Rayleigh(Weibull):
    name = "rayleigh"
    summary = "y = x·Rayleigh of mean 1, the same as weibull:2"
    example = name
    can_estimate = False  # it has no level

    def parse(self, spec: Spec) -> Noise:
        return _without_level(spec, Noise(Weibull(), 2.0, 2.0))


class Exponential(Gamma):
    name = "exponential"
    summary = "y = x·Exponential of mean 1, the same as gamma:1"
    example = name
    can_estimate = False  # it has no level

    def parse(self, spec: Spec) -> Noise:
        return _without_level(spec, Noise(Gamma(), 1.0, 1.0))


class Speckle(Heteroscedastic):
    """Multiplicative Gaussian noise: speckle:σ is heteroscedastic:α:δ with α = σ and δ = 0."""

    name = "speckle"
    summary = "y = x + x·N(0, (σ/255)²), the same as heteroscedastic:σ:0"
    symbol = "σ"
    unit = "standard deviation where x = 1, 0-255 units"

    def __init__(self) -> None:
        super().__init__(offset=0.0)

    def settings(self) -> str:
        return ""

    def parse(self, spec: Spec) -> Noise:
        noise = NoiseFamily.parse(self, spec)
        return Noise(Heteroscedastic(0.0), noise.low, noise.high)


class ChiSquare(Gamma):
    """Its level is ν: chi2:ν is gamma:k with k = ν/2."""

    name = "chi2"
    summary = "y = x·χ²(ν)/ν, the same as gamma:k with k = ν/2"
    symbol = "ν"
    unit = "degrees of freedom, 2 or more"
    lowest, highest = 2.0 * Gamma.lowest, 2.0 * Gamma.highest
    blind = (2.0 * Gamma.blind[0], 2.0 * Gamma.blind[1])

    def parse(self, spec: Spec) -> Noise:
        noise = super().parse(spec)
        return Noise(Gamma(), noise.low / 2.0, noise.high / 2.0)

    def sample(self, clean: Pixels, level: float, stream: Stream) -> Pixels:
        return super().sample(clean, level / 2.0, stream)

    def resample(self, clean: "Tensor", level: "Tensor", rng: "torch.Generator") -> "Tensor":
        return super().resample(clean, level / 2.0, rng)

    def variance(self, x: "Tensor", level: "Tensor") -> "Tensor":
        return super().variance(x, level / 2.0)

    def level_from_variance(self, phi: float) -> float:
        return 2.0 * super().level_from_variance(phi)

    def tweedie(self, noisy: "Tensor", score: "Tensor", level: "Tensor") -> "Tensor":
        return super().tweedie(noisy, score, level / 2.0)


class PoissonPeak(Poisson):
    """Its level is the peak P, the expected count of a pixel of 1: poisson-peak:P is poisson:ζ with
    ζ = 1/P, to the ten digits that a spec is written with."""

    name = "poisson-peak"
    summary = "y = Poisson(P·x)/P, the same as poisson:ζ with ζ = 1/P"
    symbol = "P"
    unit = "counts at intensity 1"
    lowest, highest = 1.0 / Poisson.highest, 1.0 / Poisson.lowest
    blind = (1.0 / Poisson.blind[1], 1.0 / Poisson.blind[0])
    range_from_zero = False

    def parse(self, spec: Spec) -> Noise:
        noise = super().parse(spec)
        low, high = (float(number_text(1.0 / peak)) for peak in (noise.high, noise.low))
        return Noise(Poisson(), low, high)

    def spread_of(self, word: Spread) -> Spread:
        """That of ζ = 1/P."""
        return _OF_INVERSE[word]

    def sample(self, clean: Pixels, level: float, stream: Stream) -> Pixels:
        return Poisson().sample(clean, 1.0 / level, stream)

    def resample(self, clean: "Tensor", level: "Tensor", rng: "torch.Generator") -> "Tensor":
        return Poisson().resample(clean, 1.0 / level, rng)

    def variance(self, x: "Tensor", level: "Tensor") -> "Tensor":
        return super().variance(x, 1.0 / level)

    def level_from_variance(self, phi: float) -> float:
        return 1.0 / phi if phi > 0.0 else math.inf

    def tweedie(self, noisy: "Tensor", score: "Tensor", level: "Tensor") -> "Tensor":
        return super().tweedie(noisy, score, 1.0 / level)


def _without_level(spec: Spec, noise: Noise) -> Noise:
    if spec.values or spec.options:
        raise UserError(
            f"noise {str(spec)!r}: {spec.name} has no level, it is {noise}; write {spec.name}"
        )
    return noise
