"""Quality of a denoised image, estimated from the noisy one alone: three scores, lowest is best.

masked error  E = mean over i in J of (f(y_J)_i − y_i)², y_J being y with the pixels of J refilled
              from their neighbours.  f(y_J)_i has not seen y_i: for noise of mean 0, independent
              from pixel to pixel, E is on average the error of f(y_J) plus the variance of the
              noise (Batson & Royer, "Noise2Self", ICML 2019, proposition 1)
SURE          mean (f(y) − y)² − σ² + 2σ²/N · div f(y), on average the error of f(y) for Gaussian
              noise of level σ (Stein 1981), with the divergence by one probe b of ±1:
              b·(f(y + εb) − f(y))/ε (Ramani, Blu & Unser, IEEE TIP 2008)
whiteness     root mean square of the residual's autocorrelation at small lags: what was removed of
              the image leaves structure in y − f(y), independent noise has none

y: noisy, f(y): denoised, N: number of values.  Images are (C, H, W), in [0, 1].
"""

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from denoisebench.images.pixels import Pixels
from denoisebench.noise.stream import Stream

Denoising = Callable[[Pixels], Pixels]
Mask = npt.NDArray[np.bool_]

LEAST_SIDE_PX = 8
"""Of an image that is scored."""

BLOCK_PX = 4
"""One pixel of each block of this side is masked."""

PROBE = 0.1
"""ε, in standard deviations of the noise: a filter that thresholds needs more than an infinitesimal
step, and one that estimates its level must not notice it."""


def sparse_mask(height: int, width: int, stream: Stream) -> Mask:
    """A random pixel of each block; no two touch, not even at their corners.  (H, W)

    Each lies in the first rows and columns of its block, one short of all; of a block that the
    border cuts it may be missing.
    """
    rows, columns = -(-height // BLOCK_PX), -(-width // BLOCK_PX)
    drawn = stream.uniform(2 * rows * columns).reshape(2, rows, columns)
    down, right = (drawn * (BLOCK_PX - 1)).astype(np.intp)
    y = (BLOCK_PX * np.arange(rows)[:, None] + down).ravel()
    x = (BLOCK_PX * np.arange(columns) + right).ravel()
    inside = (y < height) & (x < width)
    mask = np.zeros((height, width), dtype=np.bool_)
    mask[y[inside], x[inside]] = True
    return mask


def refilled(noisy: Pixels, mask: Mask) -> Pixels:
    """`noisy` with each pixel of the mask replaced by the mean of its eight neighbours, in all
    channels; the image is reflected about its border.  (C, H, W), sides of 2 and more."""
    height, width = mask.shape
    padded = np.pad(noisy, ((0, 0), (1, 1), (1, 1)), mode="reflect").astype(np.float64)
    around = [(dy, dx) for dy in range(3) for dx in range(3) if (dy, dx) != (1, 1)]
    mean = sum(padded[:, dy : dy + height, dx : dx + width] for dy, dx in around) / len(around)
    return np.where(mask, mean, noisy).astype(np.float32)


def masked_error(denoise: Denoising, noisy: Pixels, mask: Mask) -> float:
    """The mean squared error, against the noisy image, where the denoised one had not seen it.

    At least the variance of the noise, on average: that of the truth.
    """
    denoised = denoise(refilled(noisy, mask))
    return _mean_square(denoised[:, mask], noisy[:, mask])


def sure(
    denoise: Denoising, noisy: Pixels, denoised: Pixels, sigma: float, stream: Stream
) -> float:
    """Stein's unbiased estimate of the mean squared error of `denoised`.

    sigma: of the Gaussian noise, in the unit of the pixels, above 0.  It may come out negative: the
    estimate is unbiased, not bounded.  Exact in its divergence for a filter that is linear and
    works pixel by pixel; else right on average over probes.
    """
    probe = np.where(stream.uniform(noisy.size) < 0.5, -1.0, 1.0).reshape(noisy.shape)
    epsilon = PROBE * sigma
    nudged = denoise((noisy + epsilon * probe).astype(np.float32))
    change = nudged.astype(np.float64) - denoised.astype(np.float64)
    divergence = float(np.mean(probe * change)) / epsilon  # over N
    return _mean_square(denoised, noisy) + sigma**2 * (2.0 * divergence - 1.0)


def _mean_square(a: Pixels, b: Pixels) -> float:
    return float(np.mean(np.square(a.astype(np.float64) - b.astype(np.float64))))
