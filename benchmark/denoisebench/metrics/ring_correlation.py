"""Fourier ring correlation: up to which frequency two images agree.

    FRC(r) = Re Σ F1·F2* / √(Σ|F1|²·Σ|F2|²)     over the frequencies in the ring r

Nieuwenhuizen et al., *Measuring image resolution in optical nanoscopy*, Nature Methods 2013.  The
split of one image and the Hann window follow Koho et al., *Fourier ring correlation simplifies
image restoration in fluorescence microscopy*, Nature Communications 2019.  Their calibration for
the shift between the two halves is left out.

The number is the frequency, in cycles per pixel, at which the curve first falls below 1/7: the
higher, the finer the detail that the two have in common; at most 0.5.
"""

import math

import numpy as np

from denoisebench.images.pixels import Pixels
from denoisebench.plugin.metric import Metric
from denoisebench.scoring.metrics import Float64

THRESHOLD = 1.0 / 7.0

SMALLEST_PX = 32
"""The shorter side of an image that has a curve."""


class ReferenceRingCorrelation(Metric):
    name = "frc"
    summary = "cycles/pixel up to which estimate and clean image agree"

    def measure(self, estimate: Pixels, clean: Pixels) -> float:
        return _mean_cutoff(estimate, clean)


class SplitRingCorrelation(Metric):
    """The clean image is not looked at.  Valid for noise that is independent between pixels.

    A denoiser makes its own errors alike in both halves, and gets a higher number for it.
    """

    name = "frc-split"
    summary = "cycles/pixel up to which two halves of the estimate agree"

    def measure(self, estimate: Pixels, clean: Pixels) -> float:
        height, width = (2 * (side // 2) for side in estimate.shape[1:])
        even = estimate[:, :height:2, :width:2]
        odd = estimate[:, 1:height:2, 1:width:2]
        return _mean_cutoff(even, odd) / 2.0  # pixels of a half lie two apart


def _mean_cutoff(first: Pixels, second: Pixels) -> float:
    if min(first.shape[1:]) < SMALLEST_PX:
        return math.nan
    pairs = zip(first.astype(np.float64), second.astype(np.float64), strict=True)
    return float(np.mean([cutoff(ring_correlation(x, y)) for x, y in pairs]))


def ring_correlation(first: Float64, second: Float64) -> Float64:
    """FRC of two images (H, W), under a Hann window and without their means, of rings of one
    frequency step of the shorter side each: (n,), from 0 to half a cycle per pixel."""
    height, width = first.shape
    count = min(height, width) // 2
    window = np.outer(np.hanning(height), np.hanning(width))
    spectra = [np.fft.fft2((image - image.mean()) * window) for image in (first, second)]
    radius = np.hypot(np.fft.fftfreq(height)[:, None], np.fft.fftfreq(width)[None])
    ring = np.rint(radius * 2 * count).astype(int).ravel()

    def sums(values: Float64) -> Float64:
        total = np.bincount(ring, values.ravel(), count + 1)[: count + 1]
        return total.astype(np.float64)

    cross = sums((spectra[0] * spectra[1].conj()).real)
    powers = [sums(np.abs(spectrum) ** 2) for spectrum in spectra]
    floor = np.finfo(np.float64).tiny
    curve: Float64 = cross / np.sqrt(np.maximum(powers[0] * powers[1], floor))
    return curve


def cutoff(curve: Float64) -> float:
    """The frequency in cycles per pixel at which a curve of `ring_correlation` first falls below
    `THRESHOLD`, between two rings by a straight line; 0.5 where it never does."""
    last = len(curve) - 1
    for ring in range(2, last + 1):  # rings 0 and 1 hold what the window makes of the mean
        if curve[ring] < THRESHOLD:
            above = max(curve[ring - 1], THRESHOLD)
            part = (above - THRESHOLD) / (above - curve[ring])
            return float(0.5 * (ring - 1 + part) / last)
    return 0.5
