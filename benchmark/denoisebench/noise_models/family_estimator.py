"""Which family the noise of one image is of, read off the image alone.

The families differ in how the variance of noise grows with the intensity, Var y = φ·x^ρ: ρ = 0 for
Gaussian noise, 1 for Poisson, 2 for Gamma. This ρ is Tweedie's index. Kim et al.
(NoiseAdaptive2Score, CVPR 2022) decide by it too, but from a trained score.  Here ρ is the slope of
log variance over log intensity of `variance_curve`, and the verdict is a posterior probability, or
"cannot tell". Where a line fits clearly better than any power, the noise is Poisson-Gaussian; an
offset alone makes Poisson noise look like Gamma noise.
"""

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from denoisebench.images.pixels import Pixels
from denoisebench.noise.level_estimator import look
from denoisebench.noise.level_reading import LevelReading
from denoisebench.noise.power_law import PowerLaw
from denoisebench.noise_models.gamma import Gamma
from denoisebench.noise_models.gaussian import Gaussian
from denoisebench.noise_models.poisson import Poisson
from denoisebench.noise_models.poisson_gaussian import PoissonGaussian
from denoisebench.noise_models.variance_curve import (
    VarianceCurve,
    VarianceLaws,
    fit_laws,
    variance_curve,
)

Array = npt.NDArray[np.float64]

FAMILIES: dict[int, PowerLaw] = {0: Gaussian(), 1: Poisson(), 2: Gamma()}
"""By ρ.  Weibull noise has ρ = 2 too; its variance does not distinguish it from Gamma noise."""

TEXTURE = 0.08
"""How much texture that grows or fades with brightness may tilt log variance over one standard
deviation of log intensity.  (20 training photographs: 0.01 to 0.08, most where noise is weak.)"""

WEAK = 2.0 / 255.0
"""Noise of less standard deviation, as a share of the greatest pixel, cannot be distinguished from
the texture and the 8-bit steps of a clean image."""

CLEARLY = 8.0
"""By how much a line must fit better than any power of the intensity, as a logarithm of a ratio of
likelihoods.  (36 photographs with noise of the other families: at most 7.6.)"""

SURE = 0.9
"""The least posterior probability of a verdict."""

UNTOLD = "more offset and more read noise look the same"

FAR = 3.0
"""How many standard errors ρ may lie from that of the family."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """The noise that is found in an image.

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
    """The likeliest of Gaussian, Poisson, Gamma and Poisson-Gaussian noise, and its level.

    noisy: (C, H, W)."""
    patches = look(noisy, 1)
    curve = None if patches is None else variance_curve(patches)
    if curve is None:
        return _cannot_tell("the image is too small, too dark or flat")
    if np.exp(curve.variance.mean()) < WEAK**2:
        return _cannot_tell("the image holds hardly any noise")
    spread = float(curve.intensity.std())
    if spread < TEXTURE / 2:  # ρ ± 2: no fit needed, and none is defined at 0
        return _cannot_tell("the image is of nearly one intensity")
    slope, error = _line(curve.intensity, curve.variance - curve.intensity)  # of x^ρ/x
    rho, error = slope + 1.0, math.hypot(error, TEXTURE / spread)
    return _verdict(noisy, rho, error, curve)


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


def _verdict(noisy: Pixels, rho: float, error: float, curve: VarianceCurve) -> Verdict:
    """The family whose ρ is near, all being equally likely beforehand; a line, if that fits clearly
    better."""
    laws = fit_laws(curve, tuple(FAMILIES))
    gain_by_line = min(laws.powers.values()) - laws.line
    if gain_by_line > CLEARLY:
        confidence = 1.0 - math.exp(-gain_by_line)
        reading = detector_of_line(laws.gain, laws.shift)
        return _with_level(reading, confidence, rho, _detector_text(laws))
    deviation = (rho - np.array(list(FAMILIES))) / error
    odds = np.exp(-0.5 * (deviation**2 - np.min(deviation**2)))
    likeliest = int(np.argmax(odds))
    confidence = float(odds[likeliest] / odds.sum())
    found = f"variance grows as intensity to the {rho:.2f} ± {error:.2f}"
    if confidence < SURE:
        return Verdict(None, confidence, rho, f"{found}: more than one family fits")
    if abs(deviation[likeliest]) > FAR:
        return Verdict(None, confidence, rho, f"{found}: no family fits")
    family = FAMILIES[likeliest]
    if isinstance(family, Gamma) and laws.line < laws.powers[likeliest]:
        reason = "Gamma noise fits, and Poisson noise above an offset fits better"
        return Verdict(None, confidence, rho, f"{found}: {reason}")
    return _with_level(family.read(noisy), confidence, rho, found)


def _with_level(reading: LevelReading, confidence: float, rho: float, found: str) -> Verdict:
    if reading.known is None:
        return Verdict(None, confidence, rho, f"{reading}; {found}")
    return Verdict(reading, confidence, rho, found)


def detector_of_line(gain: float, shift: float, error: float = math.nan) -> LevelReading:
    """Poisson-Gaussian noise of variance gain·(x + shift), its read noise being 0 if there is an
    offset, which hides it.  error: standard error of the gain."""
    read_255 = 255.0 * math.sqrt(gain * max(shift, 0.0))
    offset = max(-shift, 0.0)
    return LevelReading(PoissonGaussian(_rounded(read_255), _rounded(offset)), gain, error)


def _detector_text(laws: VarianceLaws) -> str:
    untold = f" ({UNTOLD})" if laws.shift < 0.0 else ""
    return f"variance grows as intensity{untold}"


def _rounded(number: float) -> float:
    return float(f"{number:.3g}")


def _cannot_tell(reason: str) -> Verdict:
    return Verdict(None, 0.0, None, reason)
