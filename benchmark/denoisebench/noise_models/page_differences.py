"""The noise of neighbouring pages from their differences.

Where two pages show one scene, half the variance of their difference is that of the noise of one,
and holds no texture.  It is measured by the finest diagonal Haar coefficients, which see little of
what is left of a scene that moves, fades or flickers, and without the blocks whose other
coefficients vary most.  Coefficients of twice the size tell whether a scene is left: they have the
same variance for white noise, and a greater one for any scene.
"""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from denoisebench.images.pixels import Pixels

Array = npt.NDArray[np.float64]
Blocks = npt.NDArray[np.float32]

BLOCK_PX = 8
"""Side of a block, of 16 of the finest Haar coefficients of each kind."""

CACHED_PX = 1 << 16
"""Pixels whose coefficients are computed at once."""

BINS, FEWEST = 24, 20
"""Bins of intensity with equal numbers of blocks, and the least number of blocks of each."""

SMOOTHEST = 0.8
"""The share of a bin's blocks that is used."""

CLIPPED = 0.001
"""The share of the values of a bin at the greatest of all above which saturation bends it."""

WHITE = 1.06
"""Differences whose coarser coefficients have more than this times the variance of the finest hold
more than noise.  (One scene: 0.99 to 1.02, one that flickers by a fifth: 1.03.  Cells that move by
a pixel: 1.3, other scenes: 1.5 to 4.)"""


def variance_between(pages: Sequence[Pixels], top: float) -> tuple[Array, Array] | None:
    """Mean and variance of the noise in bins of intensity, at most `BINS`.

    pages: (N, H, W) each; the first and second are neighbours, and the third and fourth.  top: the
    value at which they are saturated; bins that it bends are left out.  Blocks in which neighbours
    are the same hold no noise, or show one page twice: they are left out.  Returns None for too few
    blocks, and where neighbours show unlike scenes.
    """
    blocks = [
        _blocks(first[:, rows], second[:, rows], top)
        for first, second in _pairs(pages)
        for rows in _in_cache(first.shape)
    ]
    if not blocks:
        return None
    joined = np.concatenate(blocks, axis=1)
    joined = joined[:, joined[1] + joined[2] > 0.0]
    if joined.shape[1] < BINS * FEWEST:
        return None
    mean, noise, rest, coarser, clipped = joined.astype(np.float64)
    bins = []
    for members in np.array_split(np.argsort(mean), BINS):
        if clipped[members].mean() <= CLIPPED:
            smooth = members[rest[members] <= np.quantile(rest[members], SMOOTHEST)]
            bins.append([values[smooth].mean() for values in (mean, noise, coarser)])
    if not bins:
        return None
    means, variances, of_coarser = np.array(bins).T
    return (means, variances) if np.mean(of_coarser / variances) <= WHITE else None


def _pairs(pages: Sequence[Pixels]) -> Iterator[tuple[Pixels, Pixels]]:
    for first, second in zip(pages[::2], pages[1::2], strict=False):
        if first.shape == second.shape and min(first.shape[1:]) >= BLOCK_PX:
            yield first, second


def _in_cache(shape: tuple[int, ...]) -> Iterator[slice]:
    """Rows of whole blocks, few enough for the processor's cache."""
    count, height, width = shape
    step = max(CACHED_PX // (count * width * BLOCK_PX), 1) * BLOCK_PX
    whole = height // BLOCK_PX * BLOCK_PX
    return (slice(top, min(top + step, whole)) for top in range(0, whole, step))


def _blocks(first: Pixels, second: Pixels, top: float) -> Blocks:
    """For each block: the mean of both pages, mean squares of Haar coefficients of their difference
    over √2, and the share of saturated values. The coefficients are the finest diagonal ones, the
    other finest, and those of twice the size.  Heights are those of whole blocks.  (5, N)"""
    height, width = first.shape[1], first.shape[2] // BLOCK_PX * BLOCK_PX
    first, second = first[..., :width], second[..., :width]
    finest = _haar((first - second) * np.float32(0.5**0.5))
    coarser = _haar(finest.mean)
    clipped = ((first >= top).astype(np.float32) + (second >= top)) / np.float32(2.0)
    rows = [
        (first + second) / 2.0,
        finest.diagonal**2,
        (finest.vertical**2 + finest.horizontal**2) / 2.0,
        (coarser.diagonal**2 + coarser.vertical**2 + coarser.horizontal**2) / 3.0,
        clipped,
    ]
    return np.stack([_block_means(row, row.shape[-2] * BLOCK_PX // height) for row in rows])


class _Haar(NamedTuple):
    """Coefficients of an image, each of half its sides; of white noise all have its variance."""

    mean: Pixels
    diagonal: Pixels
    vertical: Pixels
    horizontal: Pixels


def _haar(image: Pixels) -> _Haar:
    half = np.float32(0.5)
    down, along = image[:, ::2] - image[:, 1::2], image[:, ::2] + image[:, 1::2]
    return _Haar(
        half * (along[..., ::2] + along[..., 1::2]),
        half * (down[..., ::2] - down[..., 1::2]),
        half * (down[..., ::2] + down[..., 1::2]),
        half * (along[..., ::2] - along[..., 1::2]),
    )


def _block_means(values: Pixels, side: int) -> Blocks:
    """Of whole blocks of `side` values, a power of two: (N, H, W) -> one line of them."""
    count, height, width = values.shape
    sums: Blocks = values.reshape(count, height // side, side, width).sum(axis=2)
    while sums.shape[-1] > width // side:
        sums = sums[..., ::2] + sums[..., 1::2]
    return sums.ravel() / np.float32(side**2)
