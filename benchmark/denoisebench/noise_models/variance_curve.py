"""How the variance of one image's noise grows with its intensity (the noise level function of Liu
et al., IEEE TPAMI 2008), and which laws fit: powers of the intensity, or a line.

A line, Var y = g·(x + t), is what a detector gives: gain g, and t = s²/g − o of read noise s and an
offset o, which one image does not tell apart.
"""

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from denoisebench.noise.level_estimator import Patches

Array = npt.NDArray[np.float64]

BINS = 12
"""Of intensity, with as many patches each."""

SMOOTHEST, FEWEST = 0.1, 40
"""The share of a bin's patches that is used, the smoothest ones, and their least number."""

LEAST_SCALE = 0.02
"""Of log variance: bins scatter by as much at least."""

SHIFTS = np.concatenate([np.geomspace(0.01, 1.0, 60) - 1.0, np.geomspace(0.02, 200.0, 60)])
"""The t that are tried, in intensities of the darkest bin: −0.99 to 200, 0 among them."""


@dataclass(frozen=True, slots=True, eq=False)
class VarianceCurve:
    """log intensity and log variance of the noise, (BINS,), in units of `peak` and its square."""

    intensity: Array
    variance: Array
    peak: float


@dataclass(frozen=True, slots=True)
class VarianceLaws:
    """How badly laws fit a curve: the less the better, as logarithms of likelihoods.

    powers: misfit of x^ρ by ρ.  line: of the best line, Var y = gain·(x + shift), in the unit of
    the image.
    """

    powers: dict[int, float]
    line: float
    gain: float
    shift: float


def variance_curve(patches: Patches) -> VarianceCurve | None:
    """The curve of an image's patches (`look` with ρ = 1); None: too few patches, or no noise."""
    if len(patches.mean) < BINS * FEWEST:
        return None
    intensity, noise = binned(patches)
    with np.errstate(divide="ignore"):  # no noise: −∞
        return VarianceCurve(np.log(intensity), np.log(intensity * noise), patches.peak)


def binned(patches: Patches) -> tuple[Array, Array]:
    """Mean and noise of the smoothest patches in bins of intensity, (BINS,) each.

    patches: `BINS` · `FEWEST` at least.
    """
    mean, noise = np.empty(BINS), np.empty(BINS)
    for i, members in enumerate(np.array_split(np.argsort(patches.mean), BINS)):
        rest = patches.rest[members]
        share = max(SMOOTHEST, FEWEST / len(members))
        smooth = members[rest <= np.quantile(rest, share)]
        mean[i] = patches.mean[smooth].mean(dtype=np.float64)
        noise[i] = patches.noise[smooth].mean(dtype=np.float64)
    return mean, noise


def fit_laws(curve: VarianceCurve, powers: tuple[int, ...]) -> VarianceLaws:
    """The misfits of powers of the intensity and of a line, all in one scale of residuals."""
    x = np.exp(curve.intensity)
    shifts = SHIFTS * x.min()
    models = [power * curve.intensity for power in powers] + [np.log(x + t) for t in shifts]
    remains = curve.variance - np.array(models)
    levels = np.median(remains, axis=1, keepdims=True)
    away = np.abs(remains - levels)
    scale = max(1.4826 * float(np.median(away, axis=1).min()), LEAST_SCALE)
    misfits = np.log1p((away / (2.0 * scale)) ** 2).sum(axis=1)  # Cauchy's law: outliers are few
    best = len(powers) + int(np.argmin(misfits[len(powers) :]))
    return VarianceLaws(
        powers=dict(zip(powers, misfits[: len(powers)].tolist(), strict=True)),
        line=float(misfits[best]),
        gain=curve.peak * math.exp(float(levels[best, 0])),
        shift=curve.peak * float(shifts[best - len(powers)]),
    )
