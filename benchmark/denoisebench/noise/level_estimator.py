"""The noise level of one noisy image, read off its small patches: no clean image, no network.

A patch of w×w pixels is clean content plus noise. Clean content lies along few directions of the
patch space, noise along all directions alike. The least principal components of many patches
therefore hold noise alone (Pyatykh, Hesser & Zheng, IEEE TIP 2013; Chen, Zhu & Heng, ICCV 2015).
Departures:

- Noise of variance φ·x^ρ (ρ = 0 Gaussian, 1 Poisson, 2 Gamma and Weibull) is made white by dividing
a patch by its mean to the ρ/2. The method uses second moments alone. It needs no stabilising
transform, which is biased at low counts.
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

from denoisebench.images.pixels import Pixels, strips
from denoisebench.noise.small_products import on_one_thread

Array = npt.NDArray[np.float32]
Mask = npt.NDArray[np.bool_]
Places = tuple[npt.NDArray[np.intp], ...]

SIDE = 7
"""The side of a patch in pixels: 48 directions besides its mean."""

MOST_PATCHES = 1 << 16
"""Looked at, evenly spread; neighbours overlap, and more of them say little more."""

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
    """Mean-free patches of variance-stabilised noise, as energies.  Each array is (N,).

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
    white, mean, second, peak = gathered
    white -= mean[:, None]  # in place: no second copy of all patches
    if rho > 0:
        white /= mean[:, None] ** (rho / 2)
    noise, rest = np.empty_like(mean), np.empty_like(mean)
    with on_one_thread():
        bases = [_directions(white[second]), _directions(white[~second])]
        count = min(_noise_count(values) for values, _ in bases)
        for half, (_, vectors) in zip((~second, second), bases, strict=True):
            energy = np.square(white[half] @ vectors)
            noise[half] = energy[:, :count].mean(axis=1)
            rest[half] = energy[:, count:-SLOPES].mean(axis=1)
    return Patches(mean, noise, rest, SIDE**2 - 1 - SLOPES - count, peak)


def local_means(noisy: Pixels, most: int = MOST_PATCHES) -> npt.NDArray[np.float64]:
    """The means of the patches that `look` with ρ = 0 looks at, (N,), in the unit of the image
    (C, H, W); none where it says None."""
    gathered = _gathered(noisy, 0, most)
    return np.empty(0) if gathered is None else gathered.mean.astype(np.float64) * gathered.peak


class _Gathered(NamedTuple):
    """Some patches of an image, relative to `peak`: (N, SIDE²), their means, (N,), and which lie in
    its second half."""

    pixels: Array
    mean: Array
    second: Mask
    peak: float


def _gathered(noisy: Pixels, rho: int, most: int) -> _Gathered | None:
    peak = max(float(noisy.max(initial=0.0)), -float(noisy.min(initial=0.0)))
    if not 0.0 < peak < math.inf or min(noisy.shape[1:]) < SIDE:
        return None
    patches = _patches(noisy)
    which = _evenly_spread(patches.shape[:3], most)
    pixels = patches[which].reshape(-1, SIDE**2).astype(np.float32, copy=False)
    pixels /= np.float32(peak)
    second = _in_second_half(which[1], noisy.shape[1])
    mean = pixels.mean(axis=1)
    used: Mask = np.ones(len(mean), np.bool_)
    flat = flat_pixels(noisy)
    if flat.any():
        used &= ~_patches(flat)[which].any(axis=(1, 2))  # the edge of a mask is smooth too
    if rho > 0 and used.any():
        used &= mean > max(DARK * float(np.quantile(mean[used], 0.99)), 0.0)
    if min(np.sum(used & second), np.sum(used & ~second)) < FEWEST_PATCHES // 2:
        return None
    if not used.all():
        pixels, mean, second = pixels[used], mean[used], second[used]
    return _Gathered(pixels, mean, second, peak)


def _patches(image: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """A view of all patches of an image (C, H, W): (C, H − SIDE + 1, W − SIDE + 1, SIDE, SIDE)."""
    return np.lib.stride_tricks.sliding_window_view(image, (SIDE, SIDE), axis=(1, 2))


def _evenly_spread(shape: tuple[int, ...], most: int) -> Places:
    """Channels, rows and columns of at most `most` patches, of all in the shape."""
    total = math.prod(shape)
    return np.unravel_index(np.arange(0, total, -(-total // most)), shape)


def _in_second_half(rows: npt.NDArray[np.intp], height: int) -> Mask:
    """Which rows lie in every other band of an image."""
    band = max(min(BAND_PX, height // 2), 1)
    second: Mask = rows // band % 2 == 1
    return second


def flat_pixels(image: Pixels) -> Mask:
    """Which pixels of (C, H, W) lie in a patch of one value: a mask, a border, a clipped region.

    A patch may reach beyond the image, whose outside counts as flat: of a flat border of 4 pixels
    all are found.
    """
    flat = np.empty(image.shape, np.bool_)
    for rows in strips(image.shape):
        first = max(rows.start - SIDE + 1, 0)
        seen = slice(first, rows.stop + SIDE - 1)
        flat[:, rows] = _flat(image[:, seen])[:, rows.start - first : rows.stop - first]
    return flat


def _flat(image: Pixels) -> Mask:
    """`flat_pixels` of an image that is computed at once."""
    same = np.ones(image.shape, np.bool_)  # as the pixel below and the one to the right
    same[:, :-1] &= image[:, :-1] == image[:, 1:]
    same[:, :, :-1] &= image[:, :, :-1] == image[:, :, 1:]
    found = same[:, :-1, :-1]  # 2×2 of one value
    if min(image.shape[1:]) > SIDE // 2:  # at least 4×4 of a flat patch lie in the image
        found = found[:, :-1, :-1] & found[:, :-1, 1:] & found[:, 1:, :-1]
    if not found.any():  # as in any image of noise
        return np.zeros_like(same)
    half = SIDE // 2
    differs_near = _spread(~same, half, half - 1)
    return _spread(~differs_near, half, half)


def _spread(mask: Mask, before: int, after: int) -> Mask:
    """Where `mask` (C, H, W) is true up to `before` rows and columns earlier or `after` later."""
    rows = mask.copy()
    for far in range(1, before + 1):
        rows[:, far:] |= mask[:, :-far]
    for far in range(1, after + 1):
        rows[:, :-far] |= mask[:, far:]
    both = rows.copy()
    for far in range(1, before + 1):
        both[:, :, far:] |= rows[:, :, :-far]
    for far in range(1, after + 1):
        both[:, :, :-far] |= rows[:, :, far:]
    return both


def _directions(white: Array) -> tuple[npt.NDArray[np.float64], Array]:
    """Principal components of mean-free patches, the least first: variances (d,), (SIDE², d).

    Without the direction of the mean, in which there is nothing: d = SIDE² − 1.
    """
    covariance = (white.T @ white).astype(np.float64) / len(white)
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


def flat_share(noisy: Pixels) -> float:
    """The share of the pixels that lie in flat regions, which hold no noise."""
    return float(flat_pixels(noisy).mean()) if noisy.size else 0.0
