"""Where the score is learned: a function z of the noisy image in which the noise is nearly the
same everywhere, what the network sees of it, and how its score becomes a clean image.

The change of variables is exact: s_y = z'(y)·s_z + z''(y)/z'(y). The network learns the score of y
*and its last probe*; each coordinate takes the probe into Tweedie's formula in its way.

Shapes: y, z and scores (B, C, H, W); level (B, 1, 1, 1) or 0-dim, in the unit of the family.
"""

import math
from abc import abstractmethod

import torch
from torch import Tensor

from denoisebench.plugin import GRAY, LARGEST_LOG_GAIN, Noise, NoiseFamily, finite
from noise2score.config import Detector
from noise2score.coordinate_base import Coordinate, even_out, flat_std, tweedie
from noise2score.covariance_coordinate import Shared, White
from noise2score.detector_coordinate import Roots
from noise2score.probe_schedule import Span

PIXEL = 1.0 / 255.0
"""One 8-bit level."""


class Additive(Coordinate):
    """Gaussian noise: z = y.  With the probe it is Gaussian noise of variance σ² + a²."""

    blind_span = Span(2.0, 0.5)

    def noise_std(self, level: Tensor) -> Tensor:
        return level / 255.0

    def seen(self, z: Tensor, level: Tensor) -> Tensor:
        """Scaled so that the noise is the same at every level, a tenth."""
        return (z - 0.5) * even_out(self.noise_std(level))

    def rough_level(self, z: Tensor) -> Tensor:
        return 255.0 * flat_std(z)

    def denoised(
        self, family: NoiseFamily, y: Tensor, score: Tensor, level: Tensor, probe: float
    ) -> Tensor:
        return tweedie(family, y, score, level * math.sqrt(1.0 + probe**2))


class Counts(Coordinate):
    """Poisson noise: z = y, the probe a share of one count; square roots at the network's doors.

    The values lie on the comb 0, ζ, 2ζ...: a probe under 0.6 counts sees its teeth, at whatever
    brightness, so it ends at 0.7. It turns n ~ Poisson(λ) into n + a·u of mean λ and variance λ +
    a². If λ is above a count or so, n + a·u + a² is close to Poisson(λ + a²), and so

        x̂ = ζ·exp(ψ(n + b + 1) + s) − ζ·b,   b = a²·λ₀/(λ₀ + 1),   λ₀ the same at b = 0.

    tests/methods/noise2score/test_coordinates.py measures what this loses to the best estimate,
    and what the plain formula (b = 0) and a last probe of ½ count do.
    """

    span = Span(1.0, 0.7)
    in_counts = True

    def noise_std(self, level: Tensor) -> Tensor:
        return (0.5 * level).sqrt()  # at y = ½

    def probe_unit(self, level: Tensor) -> Tensor:
        return level

    def seen(self, z: Tensor, level: Tensor) -> Tensor:
        """√(z + 3ζ/8) − ½ (Anscombe 1948), going on as a straight line below 0, and scaled so that
        the noise, √ζ/2, is the same at every level, a tenth."""
        floor = 0.375 * level
        root = (z.clamp_min(0.0) + floor).sqrt() + z.clamp_max(0.0) / (2.0 * floor.sqrt())
        return (root - 0.5) * even_out(0.5 * level.sqrt())

    def unit(self, z: Tensor, level: Tensor) -> Tensor:
        return (level * (z.clamp_min(0.0) + level)).sqrt()

    def weight(self, z: Tensor, level: Tensor) -> Tensor:
        """Between what the squared error of x̂ asks for, (z + ζ)², and nothing: measured."""
        return 2.0 * (z.clamp_min(0.0) + level)

    def rough_level(self, z: Tensor) -> Tensor:
        return flat_std(2.0 * (z.clamp_min(0.0) + PIXEL).sqrt()).square()

    def denoised(
        self, family: NoiseFamily, y: Tensor, score: Tensor, level: Tensor, probe: float
    ) -> Tensor:
        plain = tweedie(family, y, score, level)
        shift = probe**2 * level * (plain / (plain + level))
        return tweedie(family, y + shift, score, level) - shift


class Logarithm(Coordinate):
    """Noise that multiplies, y = x·G: z = log(y + c); s_y = (s_z − 1)/(y + c), finite at y = 0.

    c is one 8-bit level times a factor G that fewer than one pixel in 2000 falls below: it bends
    no part of the noise that matters, however strong that is.

    Tweedie's formula is used twice, for the probe and then for the noise.  The first gives the
    logarithm before the probe, z + a²·s_z; the family's formula at that is

        x̂ = exp(a²·s_z + q)·tweedie(y, s_y),   q: see `probe_gain`.

    (The family at the level of noise and probe together would be simpler, and wrong in the dark
    tail, whose slope a Gaussian blur leaves as it is.)
    """

    def __init__(self, lowest: float) -> None:
        """lowest: the strongest noise to be met, as a level."""
        std = float(self.noise_std(torch.tensor(lowest)))
        self._c = PIXEL * math.exp(-4.0 * std - 4.0 * std**2)

    def of(self, y: Tensor) -> Tensor:
        return (y.clamp_min(0.0) + self._c).log()

    def score_of_y(self, y: Tensor, score: Tensor) -> Tensor:
        return finite((score - 1.0) / (y.clamp_min(0.0) + self._c))

    @abstractmethod
    def probe_gain(self, level: Tensor) -> Tensor:
        """q over a²: how much the family's formula misses of log x̂ by being used at y."""

    def seen(self, z: Tensor, level: Tensor) -> Tensor:
        """Scaled so that the noise is the same at every level, a tenth."""
        return (z + 1.0) * even_out(self.noise_std(level))

    def weight(self, z: Tensor, level: Tensor) -> Tensor:
        """Between what the squared error of x̂ asks for, y², and nothing: measured."""
        return 2.0 * z.exp()

    def denoised(
        self, family: NoiseFamily, y: Tensor, score: Tensor, level: Tensor, probe: float
    ) -> Tensor:
        a_squared = (probe * self.noise_std(level)).square()
        log_gain = a_squared * (score + self.probe_gain(level))
        plain = tweedie(family, y.clamp_min(0.0), self.score_of_y(y, score), level)
        return finite(plain * log_gain.clamp(-LARGEST_LOG_GAIN, LARGEST_LOG_GAIN).exp())


class LogGamma(Logarithm):
    """Gamma noise of shape k: Var log G = ψ'(k), about 1/k."""

    def noise_std(self, level: Tensor) -> Tensor:
        return level.rsqrt()

    def probe_gain(self, level: Tensor) -> Tensor:
        return torch.full_like(level, 0.5)

    def rough_level(self, z: Tensor) -> Tensor:
        return flat_std(z).clamp_min(1e-4).square().reciprocal()


class LogWeibull(Logarithm):
    """Weibull noise of shape k: Var log G = π²/(6k²)."""

    def noise_std(self, level: Tensor) -> Tensor:
        return math.pi / math.sqrt(6.0) / level

    def probe_gain(self, level: Tensor) -> Tensor:
        return 0.5 * level

    def rough_level(self, z: Tensor) -> Tensor:
        return math.pi / math.sqrt(6.0) / flat_std(z).clamp_min(1e-4)


class Identity(Coordinate):
    """The noisy image y itself, for any family but the Gaussian (whose own coordinate it is), as
    the papers have it. The probe and the network's output are in units of the noise at mid-gray,
    and Tweedie's formula knows of no probe."""

    def __init__(self, middle: Coordinate) -> None:
        """middle: the family's own coordinate, which knows the noise at y = ½."""
        self._own = middle
        self.span, self.in_counts = middle.span, middle.in_counts

    def noise_std(self, level: Tensor) -> Tensor:
        std = self._own.noise_std(level)
        return 0.5 * std if isinstance(self._own, Logarithm) else std

    def probe_unit(self, level: Tensor) -> Tensor:
        return self._own.probe_unit(level) if self.in_counts else self.noise_std(level)

    def rough_level(self, z: Tensor) -> Tensor:
        return self._own.rough_level(self._own.of(z))

    def denoised(
        self, family: NoiseFamily, y: Tensor, score: Tensor, level: Tensor, probe: float
    ) -> Tensor:
        return tweedie(family, y, score, level)


class Raw(Identity):
    """y itself, with the network's input and output as they are, which is what the official
    weights are for: the score of y, or of the counts y/ζ for Poisson noise."""

    def seen(self, z: Tensor, level: Tensor) -> Tensor:
        return z / level if self.in_counts else z

    def unit(self, z: Tensor, level: Tensor) -> Tensor:
        return level if self.in_counts else torch.ones_like(level)


class Unknown(Additive):
    """A family from elsewhere, for which only Tweedie's formula is known: noise of about a
    tenth."""

    def noise_std(self, level: Tensor) -> Tensor:
        return torch.full_like(level, 0.1)


OWN: dict[str, type[Coordinate]] = {
    "gaussian": Additive,
    "poisson": Counts,
    "gamma": LogGamma,
    "weibull": LogWeibull,
}


def coordinate_of(noise: Noise, choice: str, channels: int = GRAY) -> Coordinate:
    """The coordinate for a noise, as `Config.coordinate` chooses; y itself, the noise taken to be
    a tenth, for a family from elsewhere."""
    if noise.family.has_covariance:
        return (Shared if choice == "own" else White)(noise.family, channels)
    if isinstance(noise.family, Detector):
        return Roots(noise.family, noise.low, noise.high)
    kind = OWN.get(noise.family.name)
    if kind is None:
        return Identity(Unknown())
    own = kind(noise.low) if issubclass(kind, Logarithm) else kind()
    if choice == "raw":
        return Raw(own)
    return own if choice == "own" or isinstance(own, Additive) else Identity(own)
