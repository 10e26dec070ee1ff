"""The noise level of one noisy image, read off its small patches: no clean image, no network.

A patch of w×w pixels is clean content plus noise. Clean content lies along few directions of the
patch space, noise along all directions alike. The least principal components of many patches
therefore hold noise alone (Pyatykh, Hesser & Zheng, IEEE TIP 2013; Chen, Zhu & Heng, ICCV 2015).
Departures:

- Noise of variance φ·x^ρ (ρ = 0 Gaussian, 1 Poisson, 2 Gamma and Weibull) is made white by
  dividing a patch by its mean to the ρ/2. The method uses second moments alone. It needs no
  stabilising transform, which is biased at low counts.
- Smooth patches are chosen by their energy along the other directions.  White Gaussian noise is
  independent along orthogonal directions: the choice does not bend what is measured.  (Where tails
  are heavy it does: k comes out 3 % high for Weibull noise of k = 20, 9 % for Gamma of k = 1.)
- The directions of one half of the image serve the other half.  The least components of the patches
  that they were found with are too small by chance, much so in a small image.
- Patches with a pixel of a flat region (a mask, a border, what is clipped) are left out: such a
  region holds no noise, and its patches would be the smoothest of all.

The rest of textures along the chosen directions counts as noise: weak noise is overestimated.
"""

import math
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from denoisebench.images.pixels import Pixels
from denoisebench.noise.flat_pixels import SIDE, flat_pixels
from denoisebench.noise.small_products import on_one_thread

Array = npt.NDArray[np.float32]
Mask = npt.NDArray[np.bool_]
Places = npt.NDArray[np.intp]

MOST_PATCHES = 1 << 16
"""Looked at, evenly spread; neighbours overlap, and more of them say little more."""

CACHED_PATCHES = 1 << 12
"""Gathered at once: the rows of the image that they lie in stay in the processor's cache."""

FEWEST_PATCHES = 400
"""In an image about which anything is said: 26×26 pixels."""

BAND_PX = 32
"""Height of the bands that are dealt in turn to the two halves of an image (less in a low one)."""

SLOPES = 3
"""Directions of most energy, which the choice of smooth patches passes over: a shaded surface is
smooth too."""

SMOOTHEST, HALF = 0.01, 0.5
"""The share of the patches that is chosen, at least and at most."""

DARK = 0.04
"""Patches below this share of the brightest are left out where noise fades with brightness: there
the 8-bit steps of the clean image (1/255) would pass for noise."""

ROUNDS = 5
"""Of choosing smooth patches by the level of the round before; it has settled to 0.1 % by then."""

PARTS = 8
"""The number of bands of an image, one below the other, whose estimates are compared."""


@dataclass(frozen=True, slots=True, eq=False)
class Patches:
    """Mean-free patches of variance-stabilised noise, as energies.  Each array is (N,), in the
    order of the image's rows.

    noise, rest: mean square per direction, along the directions of noise alone and along the
    `others` remaining ones.  mean: of the patch as it was.  Pixels are relative to `peak`.
    """

    mean: Array
    noise: Array
    rest: Array
    others: int
    peak: float


def look(noisy: Pixels, rho: int, most: int = MOST_PATCHES) -> Patches | None:
    """The patches of an image (C, H, W) whose noise has variance φ·x^ρ, of all channels alike.

    most: patches that are looked at.  None when the image is too small, flat, or not finite.
    """
    gathered = _gathered(noisy, rho, most)
    if gathered is None:
        return None
    white, mean, corners, second, peak = gathered
    white -= mean  # in place: no second copy of all patches
    if rho > 0:
        white /= mean ** (rho / 2)
    noise, rest = np.empty_like(mean), np.empty_like(mean)
    halves = slice(0, second), slice(second, None)
    with on_one_thread():
        bases = [_directions(white[:, half]) for half in halves]
        count = min(_noise_count(values) for values, _ in bases)
        for half, (_, vectors) in zip(halves, reversed(bases), strict=True):
            energy = vectors.T @ white[:, half]
            np.square(energy, out=energy)
            noise[half] = energy[:count].mean(axis=0)
            rest[half] = energy[count:-SLOPES].mean(axis=0)
    order = np.argsort(corners, kind="stable")
    others = SIDE**2 - 1 - SLOPES - count
    return Patches(mean[order], noise[order], rest[order], others, peak)


def local_means(noisy: Pixels, most: int = MOST_PATCHES) -> npt.NDArray[np.float64]:
    """The means of the patches that `look` with ρ = 0 looks at, (N,), in the unit of the image
    (C, H, W); none where it says None."""
    gathered = _gathered(noisy, 0, most)
    return np.empty(0) if gathered is None else gathered.mean.astype(np.float64) * gathered.peak


class _Gathered(NamedTuple):
    """Some patches of an image, relative to `peak`: (SIDE², N); their means and their upper left
    corners, as places in the flat image, (N,).  From the place `second` on they lie in the second
    half of the image."""

    pixels: Array
    mean: Array
    corners: Places
    second: int
    peak: float


def _gathered(noisy: Pixels, rho: int, most: int) -> _Gathered | None:
    peak = max(float(noisy.max(initial=0.0)), -float(noisy.min(initial=0.0)))
    if not 0.0 < peak < math.inf or min(noisy.shape[1:]) < SIDE:
        return None
    corners, second = _evenly_spread(noisy.shape, most)
    flat = flat_pixels(noisy)
    if flat.any():
        kept = np.flatnonzero(~_taken(flat, corners).any(axis=0))  # a mask's edge is smooth too
        corners, second = corners[kept], int(np.searchsorted(kept, second))
    pixels = _taken(noisy, corners).astype(np.float32, copy=False)
    pixels /= np.float32(peak)
    mean = pixels.mean(axis=0)
    if rho > 0 and len(mean):
        bright: Mask = mean > max(DARK * float(np.quantile(mean, 0.99)), 0.0)
        pixels, mean, corners = pixels[:, bright], mean[bright], corners[bright]
        second = int(bright[:second].sum())
    if min(second, len(mean) - second) < FEWEST_PATCHES // 2:
        return None
    return _Gathered(pixels, mean, corners, second, peak)


def _evenly_spread(shape: tuple[int, ...], most: int) -> tuple[Places, int]:
    """The corners of at most `most` patches of an image (C, H, W), as places in the flat image:
    those of its first half, then those of its second; and how many are of the first."""
    channels, height, width = shape
    inside = (channels, height - SIDE + 1, width - SIDE + 1)
    total = math.prod(inside)
    found = np.unravel_index(np.arange(0, total, -(-total // most)), inside)
    corners, second = np.ravel_multi_index(found, shape), _in_second_half(found[1], height)
    first = corners[~second]
    return np.concatenate([first, corners[second]]), len(first)


def _taken(image: npt.NDArray[Any], corners: Places) -> npt.NDArray[Any]:
    """The patches of an image (C, H, W) with these upper left corners: (SIDE², N)."""
    flat, width = image.reshape(-1), image.shape[2]
    pixels = np.empty((SIDE**2, len(corners)), image.dtype)
    for start in range(0, len(corners), CACHED_PATCHES):
        some = slice(start, start + CACHED_PATCHES)
        for i in range(SIDE**2):
            row, column = divmod(i, SIDE)  # no place is beyond: `clip` is the quickest mode
            flat[row * width + column :].take(corners[some], out=pixels[i, some], mode="clip")
    return pixels


def _in_second_half(rows: npt.NDArray[np.intp], height: int) -> Mask:
    """Which rows lie in every other band of an image."""
    band = max(min(BAND_PX, height // 2), 1)
    second: Mask = rows // band % 2 == 1
    return second


def _directions(white: Array) -> tuple[npt.NDArray[np.float64], Array]:
    """Principal components of mean-free patches (SIDE², N), the least first: variances (d,),
    (SIDE², d).

    Without the direction of the mean, in which there is nothing: d = SIDE² − 1.
    """
    covariance = (white @ white.T).astype(np.float64) / white.shape[1]
    try:
        values, vectors = np.linalg.eigh(covariance)
    except np.linalg.LinAlgError:  # divide and conquer does not converge for some of low rank
        from scipy.linalg import eigh

        values, vectors = eigh(covariance, driver="ev")
    return values[1:], vectors[:, 1:].astype(np.float32)


def _noise_count(values: npt.NDArray[np.float64]) -> int:
    """How many of the least components hold noise alone: the most whose mean is no more than their
    median (Chen et al., algorithm 1), and half of all at most."""
    counts = np.arange(1, len(values) + 1)
    medians = (values[(counts - 1) // 2] + values[counts // 2]) / 2.0  # they ascend
    enough = np.cumsum(values) / counts <= medians
    return min(int(counts[enough].max()), len(values) // 2)


@dataclass(frozen=True, slots=True)
class RelativeVariance:
    """φ of the noise variance φ·x^ρ, in the image's unit to the power 2 − ρ.

    error: its standard error, relative to it, from the spread between parts of the image.
    """

    phi: float
    error: float


def relative_variance(noisy: Pixels, rho: int) -> RelativeVariance | None:
    """The noise of one image (C, H, W); None: cannot tell."""
    patches = look(noisy, rho)
    return None if patches is None else variance_of(patches, rho)


def variance_of(patches: Patches, rho: int) -> RelativeVariance:
    """The noise of the image that `patches` were looked at in, with the same ρ.

    The mean energy along the directions of noise over the smooth patches: those whose other
    directions hold no more than noise would leave there on average, φ.
    """
    least = max(SMOOTHEST, min(FEWEST_PATCHES / len(patches.rest), HALF))
    low, high = np.quantile(patches.rest, [least, HALF])
    limit = low
    for _ in range(ROUNDS):
        smooth = patches.noise[patches.rest <= limit]
        phi = float(smooth.mean(dtype=np.float64))
        limit = np.clip(phi, low, high)
    means = [float(part.mean(dtype=np.float64)) for part in np.array_split(smooth, PARTS)]
    error = float(np.std(means, ddof=1)) / math.sqrt(PARTS) / phi if phi > 0.0 else math.inf
    return RelativeVariance(phi * patches.peak ** (2 - rho), error)


def clipped_share(noisy: Pixels) -> float:
    """The share of the pixels that have the greatest value of all: noise makes next to none so."""
    return float(np.mean(noisy == noisy.max())) if noisy.size else 0.0
