"""How the planes of one channel are denoised: their noise, what a denoiser is shown, which one."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from denoisebench.denoising.added_noise import COPIES
from denoisebench.noise.family import Noise
from denoisebench.noise_models.gaussian import Gaussian
from denoisebench.noise_models.noise_fit import gaussian_fit
from denoisebench.own_images.denoiser_choice import FAR, ChosenDenoiser
from denoisebench.own_images.intensity import Intensity, parse_scale, span_of
from denoisebench.own_images.options import LookOptions
from denoisebench.own_images.planes import Planes, Values
from denoisebench.own_images.series_noise import (
    SeriesNoise,
    found_noise,
    samples_of,
    told_noise,
    told_noise_adu,
)
from denoisebench.registry.registries import Registries
from denoisebench.specs import parse_spec

APART = 1.4
"""Told noise that is stronger than what is seen by this factor is shared by neighbouring pixels, or
not there (docs/denoising.md)."""

TOO_STRONG = 1.5
"""A limit in standard deviations of a file: noise that is stronger is not its noise."""


@dataclass(frozen=True, slots=True)
class Look:
    """The knowledge of a channel before a denoiser is chosen.  intensity: for any denoiser.

    seen: the standard deviation of the noise that is independent from pixel to pixel, in the
    numbers of the file, where Gaussian noise was told; None where it cannot be read.
    """

    noise: SeriesNoise
    intensity: Intensity
    seen: float | None = None

    @property
    def family(self) -> Noise:
        """The noise that a denoiser must remove, over its range of levels where it is Gaussian."""
        return self.noise.other or Noise(Gaussian(), *Gaussian.blind)

    @property
    def level(self) -> float:
        """The level of the noise as shown, in the unit of the family."""
        if self.noise.other is not None:
            return self.noise.other.low
        return self.intensity.level(self.noise.sigma)


@dataclass(frozen=True, slots=True)
class Treatment:
    """level: of the noise that the denoiser is shown, in the unit of its family; NaN without noise.
    denoiser: None where there is no noise to remove, and planes are copied.  contrast: how many
    times more of it is shown than usual, so that the noise has a level that was trained on.
    added: the level of white noise that is added to copies of a plane (`with_added_noise`)."""

    noise: SeriesNoise
    intensity: Intensity
    denoiser: ChosenDenoiser | None
    level: float
    contrast: float = 1.0
    added: float = 0.0

    @property
    def label(self) -> str:
        """The denoiser, in words."""
        if self.denoiser is None:
            return "copied"
        stabilised = " after Anscombe" if self.noise.detector is not None else ""
        return f"{self.denoiser.label}{stabilised}"

    @property
    def warnings(self) -> tuple[str, ...]:
        """Lines for the user."""
        if self.denoiser is None:
            return self.noise.warnings
        far = ""
        if self.denoiser.has_one_level and self.contrast > FAR:
            far = (
                f"{self.denoiser.label} is for {self.denoiser.task.noise} alone, so it is shown the"
                f" image with {self.contrast:.1f} times the usual contrast, which it did not see in"
                " training"
            )
        weaker = ""
        if self.added > 0.0:
            weaker = (
                "the noise that differs from pixel to pixel is weaker than what was told, and"
                f" {self.denoiser.label} goes by what it sees: it is shown {COPIES} copies with"
                " white noise on top, and their mean is taken"
            )
        return (*self.noise.warnings, *filter(None, [self.denoiser.remark, far, weaker]))


def check_look(options: LookOptions, registries: Registries) -> None:
    """Raise UserError for options that fit no file."""
    parse_scale(options.scale, np.dtype(np.uint8))
    if options.noise != "auto":
        _told(options, registries, 0.0, 1.0)


def look_at(source: Planes, group: int, options: LookOptions, registries: Registries) -> Look:
    """Looks at some planes of a channel.  Raises UserError where the noise cannot be told."""
    samples = samples_of(source, group)
    scale = parse_scale(options.scale, source.dtype)
    black, white = scale or parse_scale("dtype", source.dtype) or (0.0, 1.0)
    if options.noise == "auto":
        noise = found_noise(samples, options)
    else:
        noise = _told(options, registries, black, white)
    if noise.other is not None:
        return Look(noise, Intensity(black, white))
    seen = None
    if options.noise != "auto":
        noise = replace(noise, warnings=tuple(_doubts(noise, samples, options.unit)))
        found = gaussian_fit(samples) if noise.sigma > 0.0 else None
        seen = None if found is None else found.value
    return Look(noise, _span(samples, noise, scale), seen)


def settle(look: Look, denoiser: ChosenDenoiser) -> Treatment:
    """The treatment by a denoiser, which is shown noise of a level that it was trained on."""
    if look.noise.other is not None:
        return Treatment(look.noise, look.intensity, denoiser, look.level)
    intensity = look.intensity.with_level(look.noise.sigma, denoiser.levels)
    level = intensity.level(look.noise.sigma)
    added = level * _missing_share(look) if denoiser.measures_noise else 0.0
    return Treatment(look.noise, intensity, denoiser, level, denoiser.contrast(look.level), added)


def _missing_share(look: Look) -> float:
    """The standard deviation of the noise that was told and does not differ from pixel to pixel, as
    a share of all; 0 where what is seen is about what was told."""
    if look.seen is None or look.noise.sigma <= APART * look.seen:
        return 0.0
    return math.sqrt(1.0 - (look.seen / look.noise.sigma) ** 2)


def without_noise(look: Look) -> Treatment:
    """The treatment of a channel that has no noise."""
    return Treatment(look.noise, look.intensity, None, math.nan)


def _told(options: LookOptions, registries: Registries, black: float, white: float) -> SeriesNoise:
    if options.unit == "adu":
        return told_noise_adu(parse_spec(options.noise))
    return told_noise(registries.noise(options.noise), black, white)


def _doubts(noise: SeriesNoise, samples: Sequence[Values], unit: str) -> Iterator[str]:
    """A line for told noise that cannot be in the samples: they would vary more."""
    values = np.concatenate([plane.ravel() for plane in samples])
    sigma, detector = noise.sigma, noise.detector
    if detector is not None:
        signal = max(float(values.mean()) - detector.offset, 0.0)
        sigma = math.hypot(detector.read, math.sqrt(detector.gain * signal))
    if sigma > TOO_STRONG * float(values.std()):
        right = "for a level in the numbers of the file give --unit adu, or leave --noise out"
        yield (
            f"noise of σ {sigma:.3g} in the numbers of the file was told, and its pixels vary by"
            f" only {values.std():.3g}: what comes out is blurred;"
            f" {right if unit == 'scaled' else 'give a lower level, or leave --noise out'}"
        )


def _span(
    samples: Sequence[Values], noise: SeriesNoise, scale: tuple[float, float] | None
) -> Intensity:
    if scale is None:
        return span_of(samples, noise.detector)
    if noise.detector is None:
        return Intensity(*scale)
    black, white = noise.detector.stabilise(np.array(scale))
    return Intensity(float(black), float(white), noise.detector)
