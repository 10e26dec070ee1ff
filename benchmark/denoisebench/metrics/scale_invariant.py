"""Scale-invariant PSNR: that of the estimate after the brightness and contrast that suit it best.

Weigert et al., *Content-aware image restoration*, Nature Methods 2018, and CARE's code: both images
less their means, the clean one of deviation 1, the estimate times the factor of least squared
error; the range is that of the clean image.  In closed form, with ρ the correlation of the two,

    10 log10(((max x − min x)/σx)² / (1 − ρ²))
"""

import math

import numpy as np

from denoisebench.images.pixels import Pixels
from denoisebench.plugin.metric import Metric


class ScaleInvariantPsnr(Metric):
    name = "si-psnr"
    summary = "PSNR of the best brightness and contrast, by the clean image's range (CARE)"
    unit = "dB"
    decimals = 2

    def measure(self, estimate: Pixels, clean: Pixels) -> float:
        x, y = (
            image.astype(np.float64) - image.mean(dtype=np.float64) for image in (clean, estimate)
        )
        power, energy = float(np.mean(x * x)), float(np.sum(y * y))
        if power == 0.0:
            return math.nan  # a flat image has no scale
        factor = float(np.sum(x * y)) / energy if energy > 0.0 else 0.0
        error = float(np.mean(np.square(x - factor * y)))
        return math.inf if error == 0.0 else 10.0 * math.log10(float(np.ptp(x)) ** 2 / error)
