"""Noise families and noise models: what a noise plugin implements, and how noise is keyed.

A family (`gaussian`) has one level in its own unit.  A noise model is a family at a level
(`gaussian:25`) or over a range of levels (`gaussian:5..50`).  One level of a range is drawn per
image, spread as the family says, or as `gaussian:5..50:spread=even` does.  Noisy images are
float32, never clipped and never rounded.
"""

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np

from denoisebench.errors import UserError
from denoisebench.images.channels import GRAY
from denoisebench.images.pixels import Pixels, pixel_hash
from denoisebench.noise.level_reading import LevelReading
from denoisebench.noise.spread import KEY, Spread, level_between
from denoisebench.noise.stream import Stream, exp, log
from denoisebench.specs import Spec, number, number_text

if TYPE_CHECKING:
    import torch
    from torch import Tensor

NOISE_VERSION = "denoisebench noise 1"
"""Part of every key: a change of any sampler changes it, and with it every noisy image."""


Preserves = Literal["mean", "median", "mode", "pixels", "nothing"]
"""The statistic of the noisy pixel that equals the clean value; `pixels`, `nothing`: see
`NoiseFamily`.

>>> NoiseFamily.preserves
'mean'
"""


class NoiseFamily(ABC):
    """A kind of noise with one level.  Stateless.

    symbol, unit: of the level, for messages.  lowest, highest: the levels that are accepted.
    blind: the range trained on when the level is unknown.
    preserves: the statistic of the noisy pixel that equals the clean value (`mean`, `median`,
    `mode`). `pixels` if some pixels are untouched and the rest carry no information (see
    `observed`). `nothing` if no statistic equals the clean value.
    independent: whether, given the clean image, the noise of different pixels is independent.
    spread: how levels are spread in a range whose spec does not say it; a range from 0 is even.
    range_from_zero: whether a range may begin at 0, which is no noise, even if 0 is below `lowest`.
    colour_only: whether it is defined for colour images only.
    unit_scale: the level that is 1 in the unit of the pixels: 255 for a standard deviation in 0-255
    units, 100 for percent.
    level_of: the family whose level means the same, in the same unit; empty for none.

    Numbers of a noise model other than its level belong to the family: `parse` makes a family that
    has them, and `settings` writes them.

    >>> class Uniform(NoiseFamily):
    ...     name, symbol, unit = "uniform", "σ", "standard deviation, 0-255 units"
    ...     lowest, highest, blind = 0.01, 1000.0, (5.0, 55.0)
    ...     def sample(self, clean: Pixels, level: float, stream: Stream) -> Pixels:
    ...         noise = (stream.uniform(clean.size).reshape(clean.shape) - 0.5) * 12**0.5
    ...         return (clean + noise * level / 255).astype(np.float32)
    >>> str(Uniform().parse(parse_spec("uniform:5..50")))
    'uniform:5..50'
    """

    name: str
    summary: str
    symbol: str
    unit: str
    lowest: float
    highest: float
    blind: tuple[float, float]
    preserves: Preserves = "mean"
    independent: bool = True
    spread: Spread = "log"
    range_from_zero: bool = False
    colour_only: bool = False
    unit_scale: float = 1.0
    level_of: str = ""

    @abstractmethod
    def sample(self, clean: Pixels, level: float, stream: Stream) -> Pixels:
        """One noisy copy of `clean` (C, H, W), drawn from `stream` alone, float32."""

    def resample(self, clean: "Tensor", level: "Tensor", rng: "torch.Generator") -> "Tensor":
        """Noisy copies of (B, C, H, W) at levels (B, 1, 1, 1), on rng's device, for `fresh` draws.

        Raises UserError if the family does not define it.
        """
        raise UserError(f"noise {self.name!r} offers no fresh draws; use --draws fixed")

    def observed(self, noisy: "Tensor") -> "Tensor | None":
        """Which pixels of (B, C, H, W) carry information on the clean image: 1 or 0, (B, 1, H, W).

        None: all of them.
        """
        return None

    def estimate(self, noisy: Pixels) -> float | None:
        """The level of one noisy image (C, H, W), estimated from it alone.

        None if the image does not tell it, or the family has no estimator.  A level outside of
        lowest..highest counts as none.
        """
        return None

    def read(self, noisy: Pixels) -> LevelReading:
        """The level of an image (C, H, W): the estimate, and whether the family can have that
        level."""
        return LevelReading(self, self.estimate(noisy))

    def variance(self, x: "Tensor", level: "Tensor") -> "Tensor":
        """Var(y | x) of each pixel and channel, in [0, 1] units squared, broadcastable to x.

        x: the clean image, in [0, 1].  x, level: broadcastable to (B, C, H, W).  Define it if
        E(y | x) is x.  Raises UserError if the family does not define it.
        """
        raise UserError(f"noise {self.name!r} does not define its variance")

    def times_covariance(self, image: "Tensor", level: "Tensor") -> "Tensor":
        """Σ·image, Σ being the covariance matrix of the noise of all pixels and channels.

        Define it for Gaussian noise of mean 0 whose Σ depends on the level alone; `resample` must
        be defined too.  Then E(x | y) = y + Σ·∇log p(y).  image: (B, C, H, W); what lies beyond
        its border counts as 0, as the matrix of the image's own pixels has it.  level:
        broadcastable to the image.  Raises UserError if the family does not define it.
        """
        raise UserError(f"noise {self.name!r} does not define its covariance")

    @property
    def has_covariance(self) -> bool:
        """Whether the family defines `times_covariance`."""
        return type(self).times_covariance is not NoiseFamily.times_covariance

    @property
    def has_variance(self) -> bool:
        """Whether the family defines `variance`."""
        return type(self).variance is not NoiseFamily.variance

    @property
    def can_estimate(self) -> bool:
        """Whether the family defines `estimate`."""
        return type(self).estimate is not NoiseFamily.estimate

    def shares_level(self, other: "NoiseFamily") -> bool:
        """Whether a level of the other means the same here, as σ of white and of blurred noise."""
        return (self.level_of or self.name) == (other.level_of or other.name)

    def treated_as(self) -> "Noise | None":
        """For noise of unknown distribution, the noise model that methods should assume; else None.

        Noise of unknown distribution is given with noisy images and never drawn.
        """
        return None

    def settings(self) -> str:
        """The part of a spec after the level, in canonical form: the 10 of `heteroscedastic:40:10`;
        empty if there is only a level."""
        return ""

    def spread_of(self, word: Spread) -> Spread:
        """The spread that the noise of `parse` has where a spec of this family says `word`; another
        where that noise has another level, as `poisson-peak` has it.
        """
        return word

    def parse(self, spec: Spec) -> "Noise":
        """The noise model of a spec such as `gaussian:25` or `gaussian:5..50`, without a spread.

        Raises UserError for a spec that is not so, or a level outside lowest..highest.
        """
        if len(spec.values) != 1 or spec.options:
            raise UserError(f"noise {str(spec)!r}: give one {self.symbol}, as in {self.example}")
        return self._at(spec, spec.values[0])

    @property
    def example(self) -> str:
        """A spec of the family, for messages."""
        level = number_text(self.blind[0] or self.blind[1])
        return ":".join([self.name, level, *filter(None, [self.settings()])])

    def _at(self, spec: Spec, text: str) -> "Noise":
        """This family at a level or over a range, the `25` or `5..50` of a spec."""
        low, dots, high = text.partition("..")
        levels = [self._parse_number(spec, part) for part in ([low, high] if dots else [low])]
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

    def _parse_number(self, spec: Spec, text: str) -> float:
        try:
            return number(text)
        except ValueError as error:
            raise UserError(f"noise {str(spec)!r}: {error}") from None


class ExponentialFamily(NoiseFamily):
    """A family whose posterior mean follows from the score of the noisy image: Tweedie's formula.

    >>> from denoisebench.noise_models.gaussian import Gaussian
    >>> noisy, score = torch.full((1, 1, 2, 2), 0.5), torch.full((1, 1, 2, 2), -1.0)
    >>> Gaussian().tweedie(noisy, score, torch.tensor(51.0))[0, 0, 0, 0]  # y + (51/255)²·score
    tensor(0.4600)
    """

    @abstractmethod
    def tweedie(self, noisy: "Tensor", score: "Tensor", level: "Tensor") -> "Tensor":
        """The posterior mean of the clean image given the noisy one.

        score: ∇ log p of `noisy`.  level: in the family's unit.  All broadcastable to (B, C, H, W).
        """


@dataclass(frozen=True, slots=True)
class Noise:
    """A family at a level (low = high) or over a range of levels; `str` gives its canonical spec.

    asked_spread: how the levels of the range are spread; None: as the family says.

    >>> from denoisebench.noise_models.gaussian import Gaussian
    >>> noise = Noise(Gaussian(), 25.0, 25.0)
    >>> noisy, level = noise.noisy(np.zeros((1, 4, 6), np.float32), seed=0)
    >>> str(noise), noisy.shape, level
    ('gaussian:25', (1, 4, 6), 25.0)
    """

    family: NoiseFamily
    low: float
    high: float
    asked_spread: Spread | None = None

    def __str__(self) -> str:
        if self.is_real:
            return self.family.name
        low, high = number_text(self.low), number_text(self.high)
        level = low if low == high else f"{low}..{high}"
        spread = f"{KEY}={self.asked_spread}" if self.asked_spread else ""
        return ":".join([self.family.name, level, *filter(None, [self.family.settings(), spread])])

    @property
    def is_range(self) -> bool:
        return self.low != self.high

    @property
    def is_real(self) -> bool:
        """Whether its distribution and level are unknown; it is then given with images, never
        drawn."""
        return self.family.treated_as() is not None

    @property
    def treated_as(self) -> "Noise":
        """The noise model that methods should assume: itself if its distribution is known."""
        return self.family.treated_as() or self

    def blind_range(self) -> "Noise":
        """The same family over its blind range, for trainings with unknown level."""
        return Noise(self.family, *self.family.blind)

    def same_family(self, other: "Noise") -> bool:
        """Whether the other is of the same family with the same settings, at any level."""
        ours, theirs = self.family, other.family
        return ours.name == theirs.name and ours.settings() == theirs.settings()

    def refuse_gray(self, channels: int, images: str) -> None:
        """Raise UserError for gray images if the noise is for colour images only.

        images: the name of the image or set that has the channels.
        """
        if self.family.colour_only and channels == GRAY:
            raise UserError(
                f"noise {self} is of colour images alone, and {images} is gray; give colour images"
            )

    def noisy(
        self, clean: Pixels, *, seed: int, draw: int = 0, by: Literal["image", "size"] = "image"
    ) -> tuple[Pixels, float]:
        """A noisy copy of `clean` (C, H, W), and its level.

        Pixels, spec, seed and draw decide it: it is the same for every method, order, batch and
        machine.  draw: 0 for the copy that is scored and trained on, 1 for the second copy of a
        pair.  by: `size` uses the shape in place of the pixels, so that all images of one shape get
        the same random numbers.
        """
        name = pixel_hash(clean) if by == "image" else f"shape {clean.shape}"
        stream = Stream(NOISE_VERSION, name, str(self), str(seed), str(draw))
        level = self.low
        if self.is_range:
            level = self.level_at(float(stream.uniform(1)[0]))
        return self.family.sample(clean, level, stream), level

    @property
    def spread(self) -> Spread:
        """How the levels of the range are spread."""
        return "even" if self.low == 0.0 else self.asked_spread or self.family.spread

    @property
    def middle(self) -> float:
        """The median level of the range."""
        return self.level_at(0.5)

    def level_quantile(self, u: float) -> float:
        """The level at quantile u of the range, to three digits."""
        return min(max(float(f"{self.level_at(u):.3g}"), self.low), self.high)

    def level_at(self, u: float) -> float:
        """The level at quantile u of the range, 0 to 1."""
        if self.spread != "log":
            return level_between(self.low, self.high, u, self.spread)
        start, stop = log(np.array([self.low, self.high]))
        level = float(exp(np.array([start + u * (stop - start)]))[0])
        return min(max(level, self.low), self.high)
