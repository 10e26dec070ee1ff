"""Which noise the images of a file have, in the numbers of the file: Gaussian, a detector's, or
"cannot tell"; and whether noise is independent from pixel to pixel."""

import math
from dataclasses import dataclass
from typing import Literal, NamedTuple

import numpy as np
import numpy.typing as npt

from denoisebench.noise.level_estimator import variance_of
from denoisebench.noise.whiteness import whiteness
from denoisebench.noise_models.detector import DetectorFit, fit_sampled, line_of
from denoisebench.noise_models.family_estimator import WEAK
from denoisebench.noise_models.plane_sample import Plane, Planes, PlaneSample, sample_planes
from denoisebench.noise_models.variance_line import Line

LEAST_RISE = 0.4
"""Variance that grows by a smaller share is that of Gaussian noise: texture makes it grow too."""

CERTAIN = 4.0
"""Standard errors by which a slope must differ from 0."""

BENT, BENT_CERTAIN = 0.35, 6.0
"""Variance bends upwards if the square of the intensity has this share of its growth, by this
number of standard errors.  (12 photographs: at most 0.2 for Poisson and Poisson-Gaussian noise, at
least 0.44 for Gamma noise.)"""

UNEVEN = 0.3
"""Variance that scatters more about the line depends on other things than the intensity."""

FLATTEST, BLOCK_PX = 0.25, 16
"""The share of the blocks that is used for the correlation, the flattest, and their side."""

LEAST_BLOCKS = 8
"""Flat blocks without which nothing is said of the correlation."""


HARDLY_ANY = "the images hold hardly any noise"
"""The reason of a fit that finds next to no noise."""


@dataclass(frozen=True, slots=True)
class NoiseFit:
    """The noise of a file.

    kind: `unknown` where `reason` says why.  sigma: of Gaussian noise.  fit: what was found out
    about the detector, whatever the kind.
    """

    kind: Literal["gaussian", "detector", "unknown"]
    sigma: "Sigma | None"
    fit: DetectorFit
    reason: str


class Sigma(NamedTuple):
    """The standard deviation of Gaussian noise and its standard error, in the numbers of the file.

    >>> Sigma(12.0, 0.1).value
    12.0
    """

    value: float
    error: float


def fit_noise(
    planes: Planes, *, gain: float | None = None, offset: float | None = None
) -> NoiseFit:
    """The noise of the planes (H, W) of one file, or of one channel of a series.

    planes, gain, offset: see `fit_detector`.  With a known gain the noise is a detector's.  Raises
    UserError where there is no plane.
    """
    sample = sample_planes(planes)
    fit = fit_sampled(sample, gain, offset)
    if gain is not None:
        return NoiseFit("detector" if fit.detector else "unknown", None, fit, fit.reason)
    line = line_of(sample)
    if line is None:
        return NoiseFit("unknown", None, fit, fit.reason)
    trouble = _trouble(sample, line)
    if trouble is not None:
        return NoiseFit("unknown", None, fit, trouble)
    if _grows(line):
        return NoiseFit("detector", None, fit, fit.reason)
    sigma = _sigma(sample)
    reason = "the variance of the noise does not grow with the intensity"
    return NoiseFit("gaussian" if sigma else "unknown", sigma, fit, reason)


def gaussian_fit(planes: Planes) -> Sigma | None:
    """σ of Gaussian noise: the median of the pages, or of bins of their differences; None: cannot
    tell.

    planes: see `fit_detector`.  Raises UserError where there is no plane.
    """
    return _sigma(sample_planes(planes))


def _sigma(sample: PlaneSample) -> Sigma | None:
    if sample.agree:
        return _sigma_between(sample.variance)
    found = [variance_of(patches, 0) for patches in sample.patches]
    sigma = math.sqrt(float(np.median([each.phi for each in found]))) if found else 0.0
    if sigma <= 0.0:
        return None
    relative = float(np.median([each.error for each in found])) / math.sqrt(len(found))
    return Sigma(sigma, sigma * relative / 2.0)  # half: σ is the root of what is measured


def _sigma_between(variance: npt.NDArray[np.float64]) -> Sigma:
    """The median of bins of equal weight, (N,), and its standard error."""
    middle = float(np.median(variance))
    error = math.sqrt(math.pi / 2.0 / len(variance)) * float(variance.std(ddof=1))
    return Sigma(math.sqrt(middle), error / math.sqrt(middle) / 2.0)


def _grows(line: Line) -> bool:
    return line.rise > LEAST_RISE and line.slope > CERTAIN * line.slope_error


def _trouble(sample: PlaneSample, line: Line) -> str | None:
    """Why neither Gaussian noise nor a detector's fits; None: one does."""
    typical = math.sqrt(float(np.median(line.variance)))
    if typical < WEAK * (sample.brightest - sample.darkest):
        return HARDLY_ANY
    if _grows(line):
        share, errors = line.curvature()
        if share > BENT and errors > BENT_CERTAIN:
            return "the noise grows faster with the intensity than that of a detector"
    elif line.rise < -LEAST_RISE and line.slope < -CERTAIN * line.slope_error:
        return "the noise is weaker where the image is brighter"
    if line.scatter > UNEVEN:
        return "the strength of the noise depends on more than the intensity"
    return None


def correlated(noisy: Plane, denoised: Plane) -> float:
    """How correlated noise is between neighbours in the flat parts of a plane.

    noisy, denoised: (H, W), in one unit.  The whiteness of noisy − denoised in the blocks where
    `denoised` is flattest, less what chance makes of it: 0 for white noise, at most 1.  NaN where
    the plane is too small, or nothing was removed.
    """
    clean = _blocks(denoised)
    flattest = np.argsort(clean.var(axis=(1, 2)))[: int(FLATTEST * len(clean))]
    if len(flattest) < LEAST_BLOCKS:
        return math.nan
    unit = float(noisy.std()) or 1.0
    seen, left = _blocks(noisy)[flattest] / unit, clean[flattest] / unit
    return math.sqrt(max(whiteness(seen, left) ** 2 - 1.0 / seen.size, 0.0))


def _blocks(plane: Plane) -> Plane:
    """The whole blocks of a plane: (N, BLOCK_PX, BLOCK_PX)."""
    down, across = (side // BLOCK_PX for side in plane.shape)
    whole = plane[: down * BLOCK_PX, : across * BLOCK_PX]
    split = whole.reshape(down, BLOCK_PX, across, BLOCK_PX).swapaxes(1, 2)
    return split.reshape(-1, BLOCK_PX, BLOCK_PX)
