"""Noise whose variance is a power of the intensity, so that one image tells its level."""

from abc import abstractmethod

from denoisebench.images.pixels import Pixels
from denoisebench.noise.family import ExponentialFamily
from denoisebench.noise.level_estimator import relative_variance
from denoisebench.noise.level_reading import LevelReading


class PowerLaw(ExponentialFamily):
    """A family with Var y = φ·x^ρ, φ being a matter of the level.

    rho: ρ, 0 for noise of one variance everywhere.
    """

    rho: int

    @abstractmethod
    def level_from_variance(self, phi: float) -> float:
        """The level at which the variance is φ·x^ρ.  phi: 0 or more, in [0, 1] units."""

    def read(self, noisy: Pixels) -> LevelReading:
        measured = relative_variance(noisy, self.rho)
        if measured is None:
            return LevelReading(self, None)
        level = self.level_from_variance(measured.phi)
        other = self.level_from_variance(measured.phi * (1.0 + measured.error))
        return LevelReading(self, level, abs(other - level))

    def estimate(self, noisy: Pixels) -> float | None:
        return self.read(noisy).known
