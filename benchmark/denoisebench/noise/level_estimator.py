"""The noise level of one noisy image, read off its small patches: no clean image, no network.

A patch of w×w pixels is clean content plus noise.  Clean content lies along few directions of the
patch space, noise along all of them alike, so that the least principal components of many patches
hold noise alone (Pyatykh, Hesser & Zheng, IEEE TIP 2013; Chen, Zhu & Heng, ICCV 2015).  Departures:

- Noise of variance φ·x^ρ (ρ = 0 Gaussian, 1 Poisson, 2 Gamma and Weibull) is made white by dividing
  a patch by its mean to the ρ/2: second moments are all that is used, and no stabilising transform,
  with its bias at low counts, is needed.
- Smooth patches are chosen by their energy along the other directions.  White Gaussian noise is
  independent along orthogonal directions: the choice does not bend what is measured.  (Where tails
  are heavy it does: k comes out 3 % high for Weibull noise of k = 20, 9 % for Gamma of k = 1.)
- The directions of one half of the image serve the other half.  The least components of the patches
  that they were found with are too small by chance, much so in a small image.

What textures leave along the chosen directions is counted as noise: weak noise is overestimated.
"""

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from denoisebench.images.pixels import Pixels

Array = npt.NDArray[np.float32]

SIDE = 7
"""Of a patch, in pixels: 48 directions beside its mean."""

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


@dataclass(frozen=True, slots=True, eq=False)
class Patches:
    """Mean-free patches of variance-stabilised noise, as energies.  Each array is (N,).

    noise, rest: mean square per direction, along those that hold noise alone and along others, of
    which there are `others`.  mean: of the patch as it was.  Pixels are relative to `peak`.
    """

    mean: Array
    noise: Array
    rest: Array
    others: int
    peak: float


def look(noisy: Pixels, rho: int) -> Patches | None:
    """The patches of an image (C, H, W) whose noise has variance φ·x^ρ, of all channels alike.

    None when the image is too small, flat, or not finite.
    """
    peak = float(np.max(np.abs(noisy), initial=0.0))
    if not 0.0 < peak < math.inf or min(noisy.shape[1:]) < SIDE:
        return None
    pixels, second = _cut(noisy / np.float32(peak))
    mean = pixels.mean(axis=1)
    used = ~_saturated(pixels)
    if rho > 0 and used.any():
        used &= mean > max(DARK * float(np.quantile(mean[used], 0.99)), 0.0)
    if min(np.sum(used & second), np.sum(used & ~second)) < FEWEST_PATCHES // 2:
        return None
    pixels, mean, second = pixels[used], mean[used], second[used]
    white = (pixels - mean[:, None]) / mean[:, None] ** (rho / 2)
    bases = [_directions(white[second]), _directions(white[~second])]
    count = min(_noise_count(values) for values, _ in bases)
    noise, rest = np.empty_like(mean), np.empty_like(mean)
    for half, (_, vectors) in zip((~second, second), bases, strict=True):
        energy = np.square(white[half] @ vectors)
        noise[half] = energy[:, :count].mean(axis=1)
        rest[half] = energy[:, count:-SLOPES].mean(axis=1)
    return Patches(mean, noise, rest, SIDE**2 - 1 - SLOPES - count, peak)


def _cut(image: Pixels) -> tuple[Array, npt.NDArray[np.bool_]]:
    """Evenly spread patches, (N, SIDE²), and which of them lie in the second half of the bands."""
    windows = np.lib.stride_tricks.sliding_window_view(image, (SIDE, SIDE), axis=(1, 2))
    shape = windows.shape[:3]
    total = math.prod(shape)
    which = np.arange(0, total, -(-total // MOST_PATCHES))
    channel, row, column = np.unravel_index(which, shape)
    band = max(min(BAND_PX, shape[1] // 2), 1)
    patches = windows[channel, row, column].reshape(len(which), -1)
    return patches, row // band % 2 == 1


def _saturated(pixels: Array) -> npt.NDArray[np.bool_]:
    """Which patches are flat at the least or greatest value of all: clipped, or without a count."""
    low, high = pixels.min(axis=1), pixels.max(axis=1)
    saturated: npt.NDArray[np.bool_] = (low == high) & ((low == low.min()) | (low == high.max()))
    return saturated


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
    most = len(values) // 2
    means = np.cumsum(values) / np.arange(1, len(values) + 1)
    counts = [n for n in range(1, len(values) + 1) if means[n - 1] <= np.median(values[:n])]
    return min(max(counts), most)


def relative_variance(noisy: Pixels, rho: int) -> float | None:
    """φ of the noise variance φ·x^ρ, in the image's unit to the power 2 − ρ; None: cannot tell.

    The mean energy along the directions of noise over the smooth patches: those whose other
    directions hold no more than noise would leave there on average, φ.
    """
    patches = look(noisy, rho)
    if patches is None:
        return None
    least = max(SMOOTHEST, min(FEWEST_PATCHES / len(patches.rest), HALF))
    low, high = np.quantile(patches.rest, [least, HALF])
    limit = low
    for _ in range(ROUNDS):
        phi = float(patches.noise[patches.rest <= limit].mean(dtype=np.float64))
        limit = np.clip(phi, low, high)
    return phi * patches.peak ** (2 - rho)


def clipped_share(noisy: Pixels) -> float:
    """The share of the pixels that have the greatest value of all: noise makes next to none so."""
    return float(np.mean(noisy == noisy.max())) if noisy.size else 0.0


def gaussian_sigma_255(noisy: Pixels) -> float | None:
    """σ of Gaussian noise, in 8-bit units: Var y = (σ/255)²."""
    phi = relative_variance(noisy, 0)
    return None if phi is None else 255.0 * math.sqrt(phi)


def poisson_zeta(noisy: Pixels) -> float | None:
    """ζ of Poisson noise: Var y = ζ·x; excess kurtosis ζ/x."""
    return relative_variance(noisy, 1)


def gamma_shape(noisy: Pixels) -> float | None:
    """k of Gamma noise: Var y = x²/k = E[y²]/(k + 1); excess kurtosis 6/k."""
    phi = relative_variance(noisy, 2)
    if phi is None:
        return None
    return 1.0 / phi if phi > 0.0 else math.inf


def weibull_shape(noisy: Pixels) -> float | None:
    """k of Weibull noise of mean 1: Var y = x²·(Γ(1 + 2/k)/Γ(1 + 1/k)² − 1), solved by bisection
    between 1 and 1e6."""
    phi = relative_variance(noisy, 2)
    if phi is None:
        return None
    low, high = 0.0, math.log(1e6)
    for _ in range(50):  # to the last digit
        middle = 0.5 * (low + high)
        step = math.exp(-middle)
        ratio = math.lgamma(1.0 + 2.0 * step) - 2.0 * math.lgamma(1.0 + step)
        low, high = (middle, high) if math.expm1(ratio) > phi else (low, middle)
    return math.exp(low)
