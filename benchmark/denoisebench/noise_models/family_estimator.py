"""Which family the noise of one image is of, read off the image alone.

The families differ in how the variance of noise grows with the intensity, Var y = φ·x^ρ: ρ = 0 for
Gaussian noise, 1 for Poisson, 2 for Gamma (Tweedie's index; Kim et al., NoiseAdaptive2Score,
CVPR 2022, decide by it too, but from a trained score).  Here ρ is the slope of log variance over
log intensity, measured on the smooth patches of `noise.levels` (the classical noise level function:
Liu et al., IEEE TPAMI 2008), and the verdict is a posterior probability, or "cannot tell".
"""

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from denoisebench.images.pixels import Pixels
from denoisebench.noise.level_estimator import Patches, look
from denoisebench.noise.level_reading import LevelReading
from denoisebench.noise.power_law import PowerLaw
from denoisebench.noise_models.gamma import Gamma
from denoisebench.noise_models.gaussian import Gaussian
from denoisebench.noise_models.poisson import Poisson

Array = npt.NDArray[np.float64]

FAMILIES: dict[int, PowerLaw] = {0: Gaussian(), 1: Poisson(), 2: Gamma()}
"""By ρ.  Weibull noise has ρ = 2 too; its variance does not distinguish it from Gamma noise."""

BINS = 12
"""Of intensity, with as many patches each."""

SMOOTHEST, FEWEST = 0.1, 40
"""The share of a bin's patches that is used, the smoothest, and the least number of them."""

TEXTURE = 0.08
"""How much texture that grows or fades with brightness may tilt log variance over one standard
deviation of log intensity.  (20 training photographs: 0.01 to 0.08, most where noise is weak.)"""

WEAK = 2.0 / 255.0
"""Noise of less standard deviation, as a share of the greatest pixel, cannot be distinguished from
the texture and the 8-bit steps of a clean image."""

SURE = 0.9
"""The least posterior probability of a verdict."""

FAR = 3.0
"""How many standard errors ρ may lie from that of the family."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What an image says about its noise.

    reading: the family and its level; None if it cannot be decided, and `reason` says why.
    confidence: posterior probability of the likeliest family.  rho: the estimate, if there is one.
    """

    reading: LevelReading | None
    confidence: float
    rho: float | None
    reason: str

    @property
    def family(self) -> str | None:
        """The name of the family; None when it cannot be told."""
        return None if self.reading is None else self.reading.family.name


def decide_family(noisy: Pixels) -> Verdict:
    """The likeliest of Gaussian, Poisson and Gamma noise, and its level.  noisy: (C, H, W)."""
    patches = look(noisy, 1)
    if patches is None or len(patches.mean) < BINS * FEWEST:
        return _cannot_tell("the image is too small, too dark or flat")
    intensity, variance = _variance_by_intensity(patches)
    if variance.min() <= 0.0 or np.exp((np.log(variance) + intensity).mean()) < WEAK**2:
        return _cannot_tell("the image holds hardly any noise")
    spread = float(intensity.std())
    if spread < TEXTURE / 2:  # ρ ± 2: no fit needed, and none is defined at 0
        return _cannot_tell("the image is of nearly one intensity")
    slope, error = _line(intensity, np.log(variance))  # of x^ρ/x
    rho, error = slope + 1.0, math.hypot(error, TEXTURE / spread)
    return _verdict(noisy, rho, error)


def _variance_by_intensity(patches: Patches) -> tuple[Array, Array]:
    """log x and noise variance over x of the smooth patches of each bin of intensity x: (BINS,)."""
    intensity, variance = np.empty(BINS), np.empty(BINS)
    for i, members in enumerate(np.array_split(np.argsort(patches.mean), BINS)):
        rest = patches.rest[members]
        share = max(SMOOTHEST, FEWEST / len(members))
        smooth = members[rest <= np.quantile(rest, share)]
        intensity[i] = math.log(patches.mean[smooth].mean(dtype=np.float64))
        variance[i] = patches.noise[smooth].mean(dtype=np.float64)
    return intensity, variance


def _line(x: Array, y: Array) -> tuple[float, float]:
    """Slope of y over x and its standard error, by reweighted least squares (Cauchy's weights)."""
    weight = np.ones_like(x)
    for _ in range(10):
        centred = x - np.average(x, weights=weight)
        moment = float((weight * centred**2).sum())
        slope = float((weight * centred * y).sum()) / moment
        residual = y - np.average(y, weights=weight) - slope * centred
        scale = 1.4826 * float(np.median(np.abs(residual))) + 1e-6  # σ of a normal distribution
        new = 1.0 / (1.0 + (residual / (2.0 * scale)) ** 2)
        variance = float((weight * residual**2).sum()) / (len(x) - 2)
        weight = new
    return slope, math.sqrt(variance / moment)


def _verdict(noisy: Pixels, rho: float, error: float) -> Verdict:
    """The family whose ρ is near, all being equally likely beforehand."""
    deviation = (rho - np.array(list(FAMILIES))) / error
    odds = np.exp(-0.5 * (deviation**2 - np.min(deviation**2)))
    likeliest = int(np.argmax(odds))
    confidence = float(odds[likeliest] / odds.sum())
    found = f"variance grows as intensity to the {rho:.2f} ± {error:.2f}"
    if confidence < SURE:
        return Verdict(None, confidence, rho, f"{found}: more than one family fits")
    if abs(deviation[likeliest]) > FAR:
        return Verdict(None, confidence, rho, f"{found}: no family fits")
    reading = FAMILIES[likeliest].read(noisy)
    if reading.known is None:
        return Verdict(None, confidence, rho, f"{reading}; {found}")
    return Verdict(reading, confidence, rho, found)


def _cannot_tell(reason: str) -> Verdict:
    return Verdict(None, 0.0, None, reason)
