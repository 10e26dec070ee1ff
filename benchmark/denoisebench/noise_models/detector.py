"""The noise of a detector, found in its own images, made even, and brought back.

    y = g·Poisson((x − o)/g) + o + N(0, r²),   Var y = g·(x − o) + r²

g is the gain, o the offset and r the read noise, all in the numbers of the file.  Local variance
over local mean is a line. It gives g and r² − g·o, which is all that the generalised Anscombe
transform and its inverse need. Separate values of o and r need regions without light.  Foi,
Trimeche, Katkovnik & Egiazarian, *Practical Poissonian-Gaussian Noise Modeling and Fitting for
Single-Image Raw-Data*, IEEE TIP 2008; the local moments here are those of `level_estimator`.
"""

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from denoisebench.noise import anscombe
from denoisebench.noise_models.plane_sample import Planes, PlaneSample, sample_planes
from denoisebench.noise_models.variance_line import FEWEST_POINTS, Line, fit_line

Values = npt.NDArray[Any]

SATURATED = 0.001
"""The least share of the values at the top that counts as saturation."""

NARROW = 0.1
"""The offset is found if its possible values span at most this share of the intensities."""

TEXTURE, CHOICE = 0.04, 0.01
"""Standard errors of a gain, relative to it, that more pages do not make less: by texture within
pages (9 photographs: −4 % to 5 %), by the choice of blocks between pages."""


@dataclass(frozen=True, slots=True)
class Detector:
    """Gain, offset and standard deviation of the read noise, in the numbers of the file.

    Raises ValueError for a gain that is not above 0, or a read noise below 0.
    """

    gain: float
    offset: float
    read: float

    def __post_init__(self) -> None:
        if not 0.0 < self.gain < math.inf:
            raise ValueError(f"gain: {self.gain:g} must be above 0 and finite")
        if not 0.0 <= self.read < math.inf:
            raise ValueError(f"read: {self.read:g} must be 0 or more and finite")
        if not math.isfinite(self.offset):
            raise ValueError(f"offset: {self.offset:g} must be finite")

    def stabilise(self, y: Values) -> Values:
        """The generalised Anscombe transform: noise of standard deviation 1.

        y: any shape.  Returns float64, or float32 for float32.
        """
        counts = _floating(y) - self.offset
        counts /= self.gain
        return anscombe.forward(counts, self.read / self.gain)

    def restore(self, d: Values) -> Values:
        """The x whose transform has the mean d, in the numbers of the file: the exact unbiased
        inverse.  It may lie below the offset, so that the mean of dark regions is kept."""
        x = anscombe.exact_inverse(_floating(d))
        x *= self.gain
        x += self.offset - self.read**2 / self.gain
        return x

    def std(self, x: float) -> float:
        """The standard deviation of the noise where the clean value is x."""
        return math.sqrt(self.gain * max(x - self.offset, 0.0) + self.read**2)


def _floating(values: Values) -> Values:
    return values if values.dtype == np.float32 else values.astype(np.float64)


@dataclass(frozen=True, slots=True)
class DetectorFit:
    """The detector of images, estimated from them.

    detector: None if it cannot be told, and `reason` says why.  offset_told: whether the offset was
    given or found; else it is the darkest percentile of the local means.  gain_error: the standard
    error of the gain, 0 for a given one; what texture may do to it is part of it.  pages: looked
    at.  saturated_share: of the values, at the greatest.
    """

    detector: Detector | None
    offset_told: bool
    gain_error: float
    pages: int
    saturated_share: float
    reason: str


def fit_detector(
    planes: Planes, *, gain: float | None = None, offset: float | None = None
) -> DetectorFit:
    """Gain, offset and read noise of the planes (H, W) of one file or one channel of a series.

    planes: in the numbers of the file, one or many; many pages and large ones are sampled.
    gain, offset: known ones, which are kept.  Raises UserError where there is no plane.
    """
    return fit_sampled(sample_planes(planes), gain, offset)


def fit_sampled(sample: PlaneSample, gain: float | None, offset: float | None) -> DetectorFit:
    """`fit_detector` of planes that are sampled."""
    line = line_of(sample)
    if line is None:
        return _untold(sample, "the images are too small or flat, or saturated")
    if gain is not None:
        line = line.with_slope(gain)
    elif offset is not None and line.slope * offset + line.intercept < 0.0:
        line = line.through(offset)
    if line.slope <= 0.0:
        return _untold(sample, "the variance of the noise does not grow with the intensity")
    least = -line.intercept / line.slope  # with a read noise of 0
    darkest = sample.darkest
    told = offset is not None or darkest - least <= NARROW * (sample.brightest - darkest)
    if offset is None:
        offset = max(darkest, least)
    read = math.sqrt(max(line.slope * offset + line.intercept, 0.0))
    return DetectorFit(
        detector=Detector(line.slope, offset, read),
        offset_told=told,
        gain_error=0.0 if gain is not None else _gain_error(sample, line),
        pages=len(sample.pages),
        saturated_share=sample.saturated_share,
        reason="" if told else "offset not determined, taken as the darkest percentile",
    )


def line_of(sample: PlaneSample) -> Line | None:
    """The line of variance over intensity, without bins that saturation cuts; None: too few."""
    mean, variance = sample.mean, sample.variance
    used = variance > 0.0
    if sample.saturated_share >= SATURATED:
        used &= mean + 3.0 * np.sqrt(variance) < sample.top
    return fit_line(mean[used], variance[used]) if used.sum() >= FEWEST_POINTS else None


def _gain_error(sample: PlaneSample, line: Line) -> float:
    return math.hypot(line.slope_error, line.slope * (CHOICE if sample.agree else TEXTURE))


def _untold(sample: PlaneSample, reason: str) -> DetectorFit:
    return DetectorFit(None, False, math.inf, len(sample.pages), sample.saturated_share, reason)
