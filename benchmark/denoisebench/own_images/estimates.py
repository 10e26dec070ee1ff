"""The noise of files and images: the lines of `bench estimate`."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from denoisebench.errors import UserError, plugin_code
from denoisebench.image_files.source import PixelFile, open_pixels
from denoisebench.images.channels import COLOUR
from denoisebench.images.pixels import Pixels
from denoisebench.images.shown_range import shown_range
from denoisebench.noise.correlation_estimator import NoiseCorrelation, Plane, noise_correlation
from denoisebench.noise.family import NoiseFamily
from denoisebench.noise.flat_pixels import flat_share
from denoisebench.noise.level_estimator import clipped_share
from denoisebench.noise.level_reading import LevelReading
from denoisebench.noise_models.detector import fit_detector
from denoisebench.noise_models.family_estimator import UNTOLD, decide_family, detector_of_line
from denoisebench.noise_models.poisson_gaussian import PoissonGaussian
from denoisebench.outside_text import printable
from denoisebench.own_images.intensity import Intensity, parse_scale
from denoisebench.own_images.options import LookOptions
from denoisebench.own_images.planes import count_of_channels, described, groups_of
from denoisebench.own_images.series_noise import (
    NoiseUntoldError,
    SeriesNoise,
    found_noise,
    noise_of_family,
    samples_of,
)

MOST_CLIPPED = 0.005
"""The share of pixels at the greatest value above which they were clipped, not drawn."""

MOST_FLAT = 0.01
"""The share of pixels in flat regions above which it is said that they are left out."""

MOST_CORRELATED = 4
"""Planes of a stack whose noise's correlation is measured."""

IN_NUMBERS_OF_THE_FILE = ("gaussian", "poisson", "poisson-gaussian")
"""The families whose noise is given in the numbers of a file."""


@dataclass(frozen=True, slots=True)
class Estimate:
    """name: of the image, or of the file and its channel.  warnings: in words.  correlation: None
    where it cannot be told."""

    name: str
    text: str
    warnings: tuple[str, ...]
    correlation: NoiseCorrelation | None = None


def estimates_of_file(
    path: Path, family: NoiseFamily | None, options: LookOptions
) -> Iterator[Estimate]:
    """The noise of each channel of a file.

    family: None to find it out.  An image of 8 bits, one of floats of about [0, 1], and one whose
    scale is given, tells its family and level as `estimate_of` has it.  Stacks, channels and other
    numbers, and files whose gain or offset is given, tell theirs in the numbers of the file, or on
    the scale that is given.  Raises UserError for a file that cannot be read, and for a family that
    is not told in its numbers.
    """
    source = open_pixels(path, options.axes, options.series)
    name = printable(str(path))
    groups = groups_of(source, options.channel)
    if (scaled := _scaled(source, options)) is not None:
        yield estimate_of(name, scaled, family)
        return
    if family is not None and family.name not in IN_NUMBERS_OF_THE_FILE:
        *most, last = IN_NUMBERS_OF_THE_FILE
        raise UserError(
            f"{name} has numbers of its own, in which {', '.join(most)} and {last} noise is told;"
            f" for {family.name} noise give the image set folder:{path.parent}"
        )
    for group in groups:
        channel = f"{name} channel {group}" if count_of_channels(source) > 1 else name
        yield _in_numbers_of(source, group, channel, family, options)


def estimate_of(name: str, noisy: Pixels, family: NoiseFamily | None) -> Estimate:
    """The noise of one image (C, H, W) in [0, 1]: its level, and its family if that is None. For a
    detector the read noise or the offset is given too, though they belong to the family."""
    return Estimate(name, _told(noisy, family), _warnings(noisy), noise_correlation(noisy))


def _told(noisy: Pixels, family: NoiseFamily | None) -> str:
    if family is None:
        return _guessed(noisy)
    if isinstance(family, PoissonGaussian):
        return _detector(noisy)
    with plugin_code(family.name):
        return _level_text(family.read(noisy))


def _scaled(source: PixelFile, options: LookOptions) -> Pixels | None:
    """The one image of a file, on the scale [0, 1], if it is stored on that or in 8 bits, or its
    scale is given."""
    if source.leading or (options.gain, options.offset) != (None, None):
        return None
    if (scale := parse_scale(options.scale, source.dtype)) is not None:
        return Intensity(*scale).shown(source.read(()))
    if source.dtype.kind in "ui" and source.dtype.itemsize > 1:
        return None
    values = source.read(())
    if source.dtype.kind == "u":
        return Intensity(0.0, 255.0).shown(values)
    return Intensity(0.0, 1.0).shown(values) if shown_range(values) == (0.0, 1.0) else None


def _in_numbers_of(
    source: PixelFile, group: int, name: str, family: NoiseFamily | None, options: LookOptions
) -> Estimate:
    samples, remarks = samples_of(source, group), source.remarks
    correlation = noise_correlation(_colours(samples[:MOST_CORRELATED]))
    try:
        if family is None:
            noise = found_noise(samples, options)
        else:
            noise = noise_of_family(samples, family.name)
    except NoiseUntoldError as error:
        text = f"cannot tell: {error.reason}; {described(source)}"
        return Estimate(name, text, remarks, correlation)
    text = f"{noise.text}, in the numbers of the file"
    scale = parse_scale(options.scale, source.dtype)
    if scale is not None and not noise.is_none:
        text += f"; {_on_scale(noise, *scale)} on the scale {scale[0]:g}:{scale[1]:g}"
    warnings = (*remarks, *noise.warnings)
    return Estimate(name, f"{text}; {described(source)}", warnings, correlation)


def _colours(planes: Sequence[Plane]) -> Iterator[Plane]:
    """Planes (H, W), and each colour of planes (H, W, 3)."""
    for plane in planes:
        yield from [plane] if plane.ndim == 2 else np.moveaxis(plane, 2, 0)


def _on_scale(noise: SeriesNoise, black: float, white: float) -> str:
    """The noise as a noise model of images whose numbers `black` and `white` are 0 and 1."""
    span, detector = white - black, noise.detector
    if detector is None:
        return f"gaussian:{255.0 * noise.sigma / span:.4g}"
    offset, read_255 = (detector.offset - black) / span, 255.0 * detector.read / span
    return f"poisson-gaussian:{detector.gain / span:.4g}:{read_255:.4g}:{offset:.4g}"


def _detector(noisy: Pixels) -> str:
    """The gain with the read noise or the offset, or why they cannot be estimated."""
    fit = fit_detector([np.moveaxis(noisy, 0, 2) if len(noisy) == COLOUR else noisy[0]])
    found = fit.detector
    if found is None:
        return f"cannot tell: {fit.reason}"
    shift = found.read**2 / found.gain - found.offset
    untold = f"; {UNTOLD}" if shift < 0.0 else ""
    return f"{_level_text(detector_of_line(found.gain, shift, fit.gain_error))}{untold}"


def _level_text(reading: LevelReading) -> str:
    """A level and its unit, or why there is none."""
    unit = f"  {reading.family.symbol}: {reading.family.unit}"
    return str(reading) if reading.known is None else f"{reading}{unit}"


def _guessed(noisy: Pixels) -> str:
    """The family and level, or why they cannot be estimated."""
    verdict = decide_family(noisy)
    if verdict.reading is None:
        return f"cannot tell: {verdict.reason}"
    return f"{_level_text(verdict.reading)}; confidence {verdict.confidence:.2f}; {verdict.reason}"


def _warnings(noisy: Pixels) -> tuple[str, ...]:
    """The parts of an image that say nothing of its noise, or too little."""
    found = []
    if MOST_FLAT < (flat := flat_share(noisy)) < 1.0:
        found.append(
            f"{flat:.1%} of the pixels lie in flat regions, which hold no noise and are left out"
        )
    if MOST_CLIPPED < (share := clipped_share(noisy)) < 1.0:
        found.append(
            f"{share:.1%} of the pixels have its greatest value; where noise is clipped, too little"
            " is found"
        )
    return tuple(found)
