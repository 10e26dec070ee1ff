"""The noise level read off one noisy image."""

import math
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from denoisebench.errors import PluginError
from denoisebench.specs import number_text

if TYPE_CHECKING:
    from denoisebench.noise.family import NoiseFamily

NEAR = 0.1
"""A level beyond the end of the range by less than this share counts as the end: estimates of a
level at the end fall on both sides of it."""


class LevelUnknownError(PluginError):
    """An image does not tell the noise level that a method needs: it is in no mean of the method.

    >>> str(LevelUnknownError("01.png: the level cannot be told: give it"))
    '01.png: the level cannot be told: give it'
    """


@contextmanager
def naming_image(image: str) -> Iterator[None]:
    """Add the image's name to a LevelUnknownError."""
    try:
        yield
    except LevelUnknownError as error:
        raise LevelUnknownError(f"{image}: {error}") from error


@dataclass(frozen=True, slots=True)
class LevelReading:
    """A level read off one image, in the unit of its family.

    level: as it was found; None where the image does not tell it.  error: its standard error; NaN
    where unknown.

    >>> from denoisebench.noise_models.gaussian import Gaussian
    >>> str(LevelReading(Gaussian(), 24.9, error=0.12)), LevelReading(Gaussian(), 24.9).known
    ('gaussian:24.9 ±0.12', 24.9)
    >>> str(LevelReading(Gaussian(), 0.0))
    'out of range: σ is below 0.01'
    """

    family: "NoiseFamily"
    level: float | None
    error: float = math.nan

    @property
    def known(self) -> float | None:
        """The level; None where the image does not tell one that the family can have."""
        if self._why_unknown():
            return None
        assert self.level is not None
        return min(max(self.level, self.family.lowest), self.family.highest)

    def required(self) -> float:
        """The level, for a method that cannot do without.

        Raises LevelUnknownError where the image does not tell one that the family can have.
        """
        if self.known is None:
            raise LevelUnknownError(
                f"its level of {self.family.name} noise cannot be told ({self._why_unknown()}):"
                f" give the level, as --noise {self.family.example}, or leave the image out"
            )
        return self.known

    def __str__(self) -> str:
        """`gaussian:24.91 ±0.12`, or why there is no level: `out of range: σ is below 0.01`."""
        if self.known is None:
            return self._why_unknown()
        error = "" if math.isnan(self.error) else f" ±{self.error:.2g}"
        settings = self.family.settings()
        return f"{self.family.name}:{self.known:.4g}{f':{settings}' if settings else ''}{error}"

    def _why_unknown(self) -> str:
        """Empty where the level is known."""
        if self.level is None or math.isnan(self.level):
            return "cannot tell: the image is too small, too dark or flat"
        symbol, lowest, highest = self.family.symbol, self.family.lowest, self.family.highest
        if self.level < lowest * (1.0 - NEAR):
            return f"out of range: {symbol} is below {number_text(lowest)}"
        if self.level > highest * (1.0 + NEAR):
            return f"out of range: {symbol} is above {number_text(highest)}"
        return ""
