"""The noise of one channel of a file, given or found, in the numbers of the file."""

from collections.abc import Sequence
from dataclasses import astuple, dataclass

import numpy as np

from denoisebench.errors import UserError
from denoisebench.noise.family import Noise
from denoisebench.noise_models.detector import Detector, DetectorFit, fit_detector
from denoisebench.noise_models.gaussian import Gaussian
from denoisebench.noise_models.noise_fit import HARDLY_ANY, Sigma, fit_noise, gaussian_fit
from denoisebench.noise_models.plane_sample import chosen_places
from denoisebench.noise_models.poisson import Poisson
from denoisebench.noise_models.poisson_gaussian import PoissonGaussian
from denoisebench.own_images.options import LookOptions
from denoisebench.own_images.planes import Planes, Values, group_of
from denoisebench.specs import Spec, number

MOST_VALUES = 16_000_000
"""The most values of all planes together; bands of rows are taken from each, evenly spread."""

BANDS = 4


SATURATED = 0.001
"""The share of pixels at the greatest value of the type that counts as saturation."""


class NoiseUntoldError(UserError):
    """Planes do not tell their noise.  reason: why, in words."""

    def __init__(self, reason: str) -> None:
        super().__init__(
            f"its noise cannot be told: {reason}; give it, as --noise gaussian:10 --unit adu"
        )
        self.reason = reason


@dataclass(frozen=True, slots=True)
class SeriesNoise:
    """Noise of one distribution, in the numbers of the file.

    sigma: of Gaussian noise; 0 where there is no noise.  detector: of Poisson-Gaussian noise, else
    None.  other: told noise of another family, on the scale [0, 1].  text: for the user.
    """

    text: str
    sigma: float = 0.0
    detector: Detector | None = None
    other: Noise | None = None
    warnings: tuple[str, ...] = ()

    @property
    def is_none(self) -> bool:
        """Whether there is no noise to remove."""
        return self.sigma == 0.0 and self.detector is None and self.other is None


def samples_of(source: Planes, group: int) -> list[Values]:
    """Some planes of one channel of a file, or bands of rows of them where they are large."""
    planes = [plane for plane in source.planes() if group_of(source, plane) == group]
    chosen = [planes[place] for place in chosen_places(len(planes))]
    height, width = source.height, source.width
    rows = max(8 * BANDS, MOST_VALUES // (len(chosen) * width * source.channels))
    if rows >= height:
        return [source.read(plane) for plane in chosen]
    starts = np.linspace(0, height - rows // BANDS, BANDS).astype(int)
    bands = [slice(int(start), int(start) + rows // BANDS) for start in starts]
    return [np.concatenate([source.read(plane, band) for band in bands]) for plane in chosen]


def told_noise(noise: Noise, black: float, white: float) -> SeriesNoise:
    """Noise given on a scale where 0 and 1 are the numbers `black` and `white`.

    Raises UserError for a range of levels.
    """
    if noise.is_range:
        raise UserError(f"--noise {noise}: give one level, or auto to have it estimated")
    span, family, text = white - black, noise.family, f"{noise} (told)"
    if isinstance(family, Gaussian):
        return SeriesNoise(text, sigma=noise.low * span / 255.0)
    if isinstance(family, Poisson):
        return SeriesNoise(text, detector=Detector(noise.low * span, black, 0.0))
    if isinstance(family, PoissonGaussian):
        offset, read = black + family.offset * span, family.read_255 * span / 255.0
        return SeriesNoise(text, detector=Detector(noise.low * span, offset, read))
    return SeriesNoise(text, other=noise)


def told_noise_adu(spec: Spec) -> SeriesNoise:
    """Noise given in the numbers of the file: gaussian:σ, poisson:GAIN, or
    poisson-gaussian:GAIN:READ:OFFSET.  Raises UserError for another."""
    names = {"gaussian": 1, "poisson": 1, "poisson-gaussian": 3}
    try:
        numbers = [number(text) for text in spec.values]
        if len(numbers) != names[spec.name] or spec.options:
            raise ValueError
        text = f"{spec} in the numbers of the file (told)"
        if spec.name == "gaussian":
            if not numbers[0] > 0.0:
                raise ValueError
            return SeriesNoise(text, sigma=numbers[0])
        gain, read, offset = (*numbers, 0.0, 0.0)[:3]
        return SeriesNoise(text, detector=Detector(gain, offset, read))
    except (KeyError, ValueError):
        raise UserError(
            f"--noise {spec} --unit adu: give gaussian:12.5, poisson:2 or"
            " poisson-gaussian:GAIN:READ:OFFSET, in the numbers of the file"
        ) from None


def found_noise(samples: Sequence[Values], options: LookOptions) -> SeriesNoise:
    """The noise that some planes of a channel show.

    Noise that is neither Gaussian nor a detector's is taken as Gaussian, with a warning.  Raises
    NoiseUntoldError where not even that can be told.
    """
    if all(_is_flat(sample) for sample in samples):
        return SeriesNoise("none: each plane is of one value")
    found = fit_noise(samples, gain=options.gain, offset=options.offset)
    if found.reason == HARDLY_ANY:
        return SeriesNoise(
            "none found",
            warnings=(
                "it shows hardly any noise that is independent from pixel to pixel; to remove noise"
                " nevertheless, give its level to bench denoise, as --noise gaussian:10",
            ),
        )
    if found.kind == "detector" and found.fit.detector is not None:
        return _of_a_detector(found.fit, len(samples))
    sigma = found.sigma if found.kind == "gaussian" else gaussian_fit(samples)
    if found.kind == "gaussian":
        return _gaussian(sigma, len(samples), found.reason, _saturation(found.fit))
    taken = f"{found.reason}; it is taken as Gaussian noise"
    return _gaussian(sigma, len(samples), found.reason, (*_saturation(found.fit), taken))


def noise_of_family(samples: Sequence[Values], family: str) -> SeriesNoise:
    """The noise of some planes of a channel that is known to be `gaussian`, or a detector's.

    Raises NoiseUntoldError where it cannot be told.
    """
    count = len(samples)
    if family == Gaussian.name:
        return _gaussian(gaussian_fit(samples), count, "the images are too small or flat", ())
    return _of_a_detector(fit_detector(samples), count)


def _gaussian(
    sigma: Sigma | None, count: int, reason: str, warnings: tuple[str, ...]
) -> SeriesNoise:
    if sigma is None:
        raise NoiseUntoldError(reason)
    text = f"Gaussian: σ {sigma.value:.3g} ±{sigma.error:.1g} {_planes_text(count)}"
    return SeriesNoise(text, sigma.value, warnings=warnings)


def _of_a_detector(fit: DetectorFit, count: int) -> SeriesNoise:
    if fit.detector is None:
        raise NoiseUntoldError(fit.reason)
    gain, offset, read = (f"{n:.4g}" for n in astuple(fit.detector))
    error = f" ±{fit.gain_error:.1g}" if fit.gain_error else ""
    text = f"Poisson-Gaussian: gain {gain}{error}, offset {offset}, read {read}"
    warnings = (*_saturation(fit), *([] if fit.offset_told else [fit.reason]))
    return SeriesNoise(f"{text} {_planes_text(count)}", detector=fit.detector, warnings=warnings)


def _saturation(fit: DetectorFit) -> tuple[str, ...]:
    if fit.saturated_share < SATURATED:
        return ()
    share = f"{fit.saturated_share:.1%} of the pixels are saturated"
    return (f"{share}; where noise is clipped, too little is found",)


def _planes_text(count: int) -> str:
    return f"(from {count} plane{'s' if count > 1 else ''})"


def _is_flat(sample: Values) -> bool:
    """Whether a plane, or each colour of one, is of one value."""
    return bool((np.ptp(sample, axis=(0, 1)) == 0).all())
