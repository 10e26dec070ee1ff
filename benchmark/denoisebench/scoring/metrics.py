"""PSNR and SSIM of one image, from their definitions.

SSIM is that of Wang, Bovik, Sheikh and Simoncelli, "Image quality assessment: from error visibility
to structural similarity", IEEE TIP 2004, equation 13. Its settings are those of section III-C: an
11×11 Gaussian window of σ = 1.5 px, K1 = 0.01, K2 = 0.03, weighted population moments.  The mean is
over the positions where the whole window lies in the image, then over the channels.

Everything is computed in float64.  `data_range`, the distance from black to white, is never
guessed.
"""

import math
from concurrent.futures import ThreadPoolExecutor
from functools import partial

import numpy as np
import numpy.typing as npt

from denoisebench.images.pixels import strips

Array = npt.NDArray[np.floating]
Float64 = npt.NDArray[np.float64]

WINDOW_PX = 11
WINDOW_SIGMA_PX = 1.5
K1, K2 = 0.01, 0.03
IN_CACHE_PX = 1 << 17
"""The pixels of a strip whose windows, ten numbers each, are found in the cache."""


def psnr_db(estimate: Array, reference: Array, *, data_range: float) -> float:
    """10 log10(data_range² / mean squared error), the mean being over all pixels and channels.

    (C, H, W) each.  Infinite for equal images, NaN if a pixel is NaN.
    Raises ValueError when the shapes differ or `data_range` is not positive.
    """
    _check(estimate, reference, data_range)
    mse = (
        math.fsum(
            _squared_error(estimate[:, rows], reference[:, rows])
            for rows in strips(reference.shape)
        )
        / reference.size
    )
    return float("inf") if mse == 0.0 else float(10.0 * np.log10(data_range**2 / mse))


def ssim(estimate: Array, reference: Array, *, data_range: float) -> float:
    """Structural similarity, at most 1.  (C, H, W) each.

    NaN for an image that no window fits into (a side below 11 px): such an image has no SSIM.
    Raises ValueError when the shapes differ or `data_range` is not positive.
    """
    _check(estimate, reference, data_range)
    if min(reference.shape[1:]) < WINDOW_PX:
        return float("nan")
    with ThreadPoolExecutor(len(reference)) as channels:  # NumPy computes outside Python's lock
        indices = channels.map(partial(_ssim_of_channel, data_range), estimate, reference)
        return float(np.mean(list(indices)))


def _squared_error(x: Array, y: Array) -> float:
    """The sum over all pixels."""
    error = np.subtract(x, y, dtype=np.float64)
    return float(np.sum(np.square(error, out=error)))


def _ssim_of_channel(data_range: float, x: Array, y: Array) -> float:
    """The mean of the index over a channel (H, W), which is made strip by strip: of a whole image
    of 64 megapixels it would take 5 GB."""
    shape = (x.shape[0] - WINDOW_PX + 1, x.shape[1] - WINDOW_PX + 1)
    sums = []
    for rows in strips(shape, IN_CACHE_PX):
        seen = slice(rows.start, rows.stop + WINDOW_PX - 1)
        index = _ssim_index(x[seen].astype(np.float64), y[seen].astype(np.float64), data_range)
        sums.append(float(index.sum()))
    return float(math.fsum(sums) / math.prod(shape))


def _ssim_index(x: Float64, y: Float64, data_range: float) -> Float64:
    """The paper's (2 μx μy + C1)(2 σxy + C2) / ((μx² + μy² + C1)(σx² + σy² + C2)) of each window.

    (H, W) -> (H - 10, W - 10)
    """
    c1, c2 = (K1 * data_range) ** 2, (K2 * data_range) ** 2
    mean_x, mean_y = _window_mean(x), _window_mean(y)
    product = mean_x * mean_y
    squares = mean_x * mean_x + mean_y * mean_y
    covariance = _window_mean(x * y) - product
    variances = _window_mean(x * x + y * y) - squares
    return (2 * product + c1) * (2 * covariance + c2) / ((squares + c1) * (variances + c2))


def ssim_and_contrast(x: Float64, y: Float64, *, data_range: float) -> tuple[float, float]:
    """The mean of the index over a channel (H, W), and of its contrast and structure alone:
    (2 σxy + C2) / (σx² + σy² + C2)."""
    c2 = (K2 * data_range) ** 2
    mean_x, mean_y = _window_mean(x), _window_mean(y)
    covariance = _window_mean(x * y) - mean_x * mean_y
    variances = _window_mean(x * x + y * y) - mean_x * mean_x - mean_y * mean_y
    contrast = (2 * covariance + c2) / (variances + c2)
    return float(_ssim_index(x, y, data_range).mean()), float(contrast.mean())


def _window_mean(x: Float64) -> Float64:
    """The Gaussian-weighted mean under each window inside the image.  (H, W) -> (H - 10, W - 10)"""
    return _filter_rows(_filter_rows(x).T).T


def _filter_rows(x: Float64) -> Float64:
    """The same along each row.  (H, W) -> (H, W - 10)

    One pass over the rows laid end to end; the columns whose window leaves its row are dropped.
    """
    radius = WINDOW_PX // 2
    offsets = np.arange(-radius, radius + 1)
    weights = np.exp(-0.5 * np.square(offsets / WINDOW_SIGMA_PX))
    filtered = np.correlate(x.ravel(), weights / weights.sum(), mode="same")
    return filtered.reshape(x.shape)[:, radius:-radius]


def _check(estimate: Array, reference: Array, data_range: float) -> None:
    if estimate.shape != reference.shape or reference.ndim != 3 or not reference.size:
        raise ValueError(
            f"needs two (C, H, W) images of one shape, got {estimate.shape} and {reference.shape}"
        )
    if not data_range > 0:
        raise ValueError(f"data_range must be positive, got {data_range}")
