"""PSNR and SSIM of one image, from their definitions.

SSIM is that of Wang, Bovik, Sheikh and Simoncelli, "Image quality assessment: from error visibility
to structural similarity", IEEE TIP 2004, equation 13. Its settings are those of section III-C: an
11×11 Gaussian window of σ = 1.5 px, K1 = 0.01, K2 = 0.03, weighted population moments.  The mean is
over the positions where the whole window lies in the image, then over the channels.

Everything is computed in float64.  `data_range`, the distance from black to white, is never
guessed.
"""

import math
import os
from concurrent.futures import ThreadPoolExecutor
from functools import cache

import numpy as np
import numpy.typing as npt
from numpy.lib.stride_tricks import sliding_window_view

from denoisebench.images.pixels import strips

Array = npt.NDArray[np.floating]
Float64 = npt.NDArray[np.float64]

WINDOW_PX = 11
WINDOW_SIGMA_PX = 1.5
K1, K2 = 0.01, 0.03
BLOCK_PX = 16
"""The number of means along a side that one product of matrices makes."""

IN_CACHE_PX = 3 << 15
"""The pixels of a strip whose means fit into the cache.  Of a whole image of 64 megapixels they
would take 5 GB."""


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
    channels, height, width = reference.shape
    shape = height - WINDOW_PX + 1, width - WINDOW_PX + 1
    parts = [(channel, rows) for channel in range(channels) for rows in strips(shape, IN_CACHE_PX)]

    def total(part: tuple[int, slice]) -> float:
        channel, rows = part
        seen = slice(rows.start, rows.stop + WINDOW_PX - 1)
        x, y = (image[channel, seen].astype(np.float64) for image in (estimate, reference))
        return float(_ssim_index(x, y, data_range).sum())

    workers = min(len(parts), os.cpu_count() or 1)
    with ThreadPoolExecutor(workers) as threads:  # NumPy computes outside Python's lock
        return math.fsum(threads.map(total, parts)) / float(channels * math.prod(shape))


def _squared_error(x: Array, y: Array) -> float:
    """The sum over all pixels."""
    error = np.subtract(x, y, dtype=np.float64)
    return float(np.sum(np.square(error, out=error)))


def _ssim_index(x: Float64, y: Float64, data_range: float) -> Float64:
    """The paper's (2 μx μy + C1)(2 σxy + C2) / ((μx² + μy² + C1)(σx² + σy² + C2)) of each window.

    (H, W) -> (H - 10, W - 10)
    """
    c1, c2 = (K1 * data_range) ** 2, (K2 * data_range) ** 2
    mean_x, mean_y = _window_mean(x), _window_mean(y)
    index = mean_x * mean_y
    squares = np.square(mean_x, out=mean_x)
    squares += np.square(mean_y, out=mean_y)
    covariance = _window_mean(x * y)
    covariance -= index
    variances = _window_mean(x * x + y * y)
    variances -= squares
    for term, c in ((index, c1), (covariance, c2)):
        term *= 2.0
        term += c
    index *= covariance
    squares += c1
    variances += c2
    squares *= variances
    index /= squares
    return index


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
    return _mean_down(_mean_down(x).T).T


def _mean_down(x: Float64) -> Float64:
    """The same down each column.  (H, W) -> (H - 10, W)

    The product of a band matrix and the image, block by block: BLAS makes it faster than NumPy
    makes a sum of eleven weighted copies.
    """
    count, width = x.shape[0] - WINDOW_PX + 1, x.shape[1]
    block = min(BLOCK_PX, count)
    seen_px = block + WINDOW_PX - 1
    weights = _window_weights()[:block, :seen_px]
    seen = sliding_window_view(x, (seen_px, width))[:, 0]
    mean = np.empty((count, width))
    blocks = count // block
    np.matmul(
        weights, seen[::block][:blocks], out=mean[: blocks * block].reshape(blocks, block, width)
    )
    np.matmul(weights, seen[-1], out=mean[-block:])  # the rows that are left, and some again
    return mean


@cache
def _window_weights() -> Float64:
    """The weights of each pixel (column) in each mean (row) of a block.  (16, 26)"""
    offsets = np.arange(WINDOW_PX) - WINDOW_PX // 2
    window = np.exp(-0.5 * np.square(offsets / WINDOW_SIGMA_PX))
    window /= window.sum()
    rows = [np.pad(window, (i, BLOCK_PX - 1 - i)) for i in range(BLOCK_PX)]
    return np.stack(rows)


def _check(estimate: Array, reference: Array, data_range: float) -> None:
    if estimate.shape != reference.shape or reference.ndim != 3 or not reference.size:
        raise ValueError(
            f"needs two (C, H, W) images of one shape, got {estimate.shape} and {reference.shape}"
        )
    if not data_range > 0:
        raise ValueError(f"data_range must be positive, got {data_range}")
