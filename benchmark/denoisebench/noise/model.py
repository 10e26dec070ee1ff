"""Noise families and noise models: what a noise plugin implements, and how noise is keyed.

A family (`gaussian`) has one level in a unit of its own; a noise model is a family at a level
(`gaussian:25`) or over a range of levels (`gaussian:5..50`, one level drawn per image).  Noisy
images are float32, never clipped and never rounded.
"""

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np

from denoisebench.errors import UserError
from denoisebench.images import Pixels, pixel_hash
from denoisebench.noise.stream import Stream, exp, log
from denoisebench.specs import Spec, number_text

if TYPE_CHECKING:
    import torch
    from torch import Tensor

NOISE_VERSION = "denoisebench noise 1"
"""Part of every key: a change of any sampler changes it, and with it every noisy image."""


Keeps = Literal["mean", "median", "mode", "pixels"]


class NoiseFamily(ABC):
    """A kind of noise with one level.  Stateless.

    symbol and unit name the level in messages; `lowest` ≤ level ≤ `highest` is what makes sense;
    `blind` is the range trained on when the level is unknown.

    keeps: what of a noisy pixel is the clean one: its mean, its median or its mode; or `pixels`,
    of which some are kept as they are and the rest, which `observed` leaves out, say nothing.
    independent: whether, given the clean image, pixels apart have independent noise.
    spread: how levels lie in a range; in a range from 0 they lie evenly in any case.
    range_from_zero: whether a range may begin at 0, where no noise is left, below `lowest`.
    """

    name: str
    summary: str
    symbol: str
    unit: str
    lowest: float
    highest: float
    blind: tuple[float, float]
    keeps: Keeps = "mean"
    independent: bool = True
    spread: Literal["log", "even"] = "log"
    range_from_zero: bool = False

    @abstractmethod
    def sample(self, clean: Pixels, level: float, stream: Stream) -> Pixels:
        """One noisy copy of `clean` (C, H, W), drawn from `stream` alone, float32."""

    def resample(self, clean: "Tensor", level: "Tensor", rng: "torch.Generator") -> "Tensor":
        """Noisy copies of (B, C, H, W) at levels (B, 1, 1, 1), on the device: `fresh` draws.

        Raises UserError when the family has no sampler for the device.
        """
        del clean, level, rng
        raise UserError(f"noise {self.name!r} offers no fresh draws; use --draws fixed")

    def observed(self, noisy: "Tensor") -> "Tensor | None":
        """Which pixels of (B, C, H, W) say something of the clean image: 1 or 0, (B, 1, H, W).

        None: all of them.
        """
        del noisy
        return None

    def estimate(self, noisy: Pixels) -> float | None:
        """The level of one noisy image (C, H, W), told from it alone, within lowest..highest.

        None when the image does not tell it, or the family has no estimator.
        """
        del noisy
        return None

    def _within(self, level: float | None) -> float | None:
        """An estimate, put at the end of what makes sense when it lies beyond."""
        return None if level is None else min(max(level, self.lowest), self.highest)

    def parse(self, spec: Spec) -> "Noise":
        """The noise model of a spec such as `gaussian:25` or `gaussian:5..50`."""
        example = f"{self.name}:{number_text(self.blind[0] or self.blind[1])}"
        if len(spec.values) != 1 or spec.options:
            raise UserError(f"noise {str(spec)!r}: give one {self.symbol}, as in {example}")
        low, dots, high = spec.values[0].partition("..")
        levels = [self._parse_level(spec, part) for part in ([low, high] if dots else [low])]
        zero_begins = bool(dots) and self.range_from_zero and levels[0] == 0.0
        for level in levels[1:] if zero_begins else levels:
            if not self.lowest <= level <= self.highest:
                low, high = number_text(self.lowest), number_text(self.highest)
                raise UserError(
                    f"noise {str(spec)!r}: {self.symbol} ({self.unit}) must lie in {low}..{high}"
                )
        if levels[0] > levels[-1]:
            raise UserError(f"noise {str(spec)!r}: the range runs backwards; write {high}..{low}")
        return Noise(self, levels[0], levels[-1])

    def _parse_level(self, spec: Spec, text: str) -> float:
        try:
            return float(text)
        except ValueError:
            raise UserError(f"noise {str(spec)!r}: {text!r} is not a number") from None


class ExponentialFamily(NoiseFamily):
    """A family whose denoised image follows from the score of the noisy one (Tweedie)."""

    @abstractmethod
    def tweedie(self, noisy: "Tensor", score: "Tensor", level: "Tensor") -> "Tensor":
        """The clean image's posterior estimate given the score of `noisy`, the gradient of its
        log density.  All broadcastable to (B, C, H, W); level in the family's unit."""


@dataclass(frozen=True, slots=True)
class Noise:
    """A family at a level, or over a range of levels."""

    family: NoiseFamily
    low: float
    high: float

    def __str__(self) -> str:
        low, high = number_text(self.low), number_text(self.high)
        return f"{self.family.name}:{low}" if low == high else f"{self.family.name}:{low}..{high}"

    @property
    def is_range(self) -> bool:
        return self.low != self.high

    def blind(self) -> "Noise":
        """The same family over its blind range: what is trained on when the level is unknown."""
        return Noise(self.family, *self.family.blind)

    def noisy(self, clean: Pixels, *, seed: int, draw: int = 0) -> tuple[Pixels, float]:
        """The noisy copy of `clean` (C, H, W) that pixels, spec, seed and draw name; its level.

        The same for every method, order, batch and machine.  draw: 0 is what is scored and
        what training sees; 1 the second copy of a pair.
        """
        stream = Stream(NOISE_VERSION, pixel_hash(clean), str(self), str(seed), str(draw))
        level = self.low
        if self.is_range:
            level = self.level_at(float(stream.uniform(1)[0]))
        return self.family.sample(clean, level, stream), level

    @property
    def levels_even(self) -> bool:
        """Whether the levels of the range lie evenly, else log-evenly."""
        return self.low == 0.0 or self.family.spread == "even"

    @property
    def middle(self) -> float:
        """The level in the middle of the range, as its levels lie."""
        return self.level_at(0.5)

    def level_at(self, u: float) -> float:
        """The level at quantile u of the range, 0 to 1."""
        if self.levels_even:
            return self.low + u * (self.high - self.low)
        start, stop = log(np.array([self.low, self.high]))
        level = float(exp(np.array([start + u * (stop - start)]))[0])
        return min(max(level, self.low), self.high)
