"""MS-SSIM: Wang, Simoncelli and Bovik, *Multi-scale structural similarity for image quality
assessment*, Asilomar 2003, equation 7, with the weights of its section 3.2.

SSIM's window (11×11 pixels, σ = 1.5) at five scales, each half as large as the one before, by means
of 2×2 pixels: contrast and structure at all, luminance at the last.  The result is the mean over
channels.  A negative contrast and structure counts as 0.
"""

import math

import numpy as np

from denoisebench.images.pixels import Pixels
from denoisebench.plugin.metric import Metric
from denoisebench.scoring.metrics import WINDOW_PX, Float64, ssim_and_contrast

WEIGHTS = (0.0448, 0.2856, 0.3001, 0.2363, 0.1333)
"""Exponents of the scales, the finest first."""


class MultiScaleSsim(Metric):
    name = "ms-ssim"
    summary = "SSIM at five scales (Wang et al. 2003)"
    decimals = 4

    def measure(self, estimate: Pixels, clean: Pixels) -> float:
        if min(clean.shape[1:]) < WINDOW_PX * 2 ** (len(WEIGHTS) - 1):
            return math.nan  # a window does not fit into the coarsest scale
        pairs = zip(estimate.astype(np.float64), clean.astype(np.float64), strict=True)
        return float(np.mean([_of_channel(x, y) for x, y in pairs]))


def _of_channel(x: Float64, y: Float64) -> float:
    product = 1.0
    for scale, weight in enumerate(WEIGHTS, start=1):
        whole, contrast = ssim_and_contrast(x, y, data_range=1.0)
        factor = whole if scale == len(WEIGHTS) else contrast
        product *= max(factor, 0.0) ** weight
        x, y = _halved(x), _halved(y)
    return product


def _halved(image: Float64) -> Float64:
    """The means of 2×2 pixels; a last row or column that has no partner is left out."""
    height, width = (2 * (side // 2) for side in image.shape)
    cells = image[:height, :width]
    means: Float64 = (
        cells[::2, ::2] + cells[1::2, ::2] + cells[::2, 1::2] + cells[1::2, 1::2]
    ) / 4.0
    return means
