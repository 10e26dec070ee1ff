"""The noise of neighbouring pages from their differences.

Where two pages show one scene, half the variance of their difference is that of the noise of one,
and holds no texture.  What is left of a scene that moves, fades or flickers is passed over in two
ways: the finest diagonal Haar coefficients see little of it, and of the blocks of a bin of
intensity only those count whose other coefficients vary least.  White noise is independent in the
two, so that the choice bends what is measured by less than 1 %.
"""

from collections.abc import Iterator, Sequence

import numpy as np
import numpy.typing as npt

from denoisebench.images.pixels import Pixels

Array = npt.NDArray[np.float64]
Blocks = npt.NDArray[np.float32]

BLOCK_PX = 8
"""Side of a block, of 16 Haar coefficients of each kind."""

BINS, FEWEST = 24, 20
"""Of intensity, with as many blocks each, and so many at least."""

SMOOTHEST = 0.5
"""What is used of a bin: this share of its blocks."""


CLIPPED = 0.001
"""The share of the values of a bin at the greatest of all above which saturation bends it."""


def variance_between(pages: Sequence[Pixels], top: float) -> tuple[Array, Array] | None:
    """Mean and variance of the noise in bins of intensity, at most `BINS`; None: too few blocks.

    pages: (N, H, W) each; the first and second are neighbours, and the third and fourth.  top: the
    value at which they are saturated; bins that it bends are left out.  Blocks in which neighbours
    are the same hold no noise, or show one page twice: they are left out.
    """
    blocks = [_blocks(*pair, top) for pair in _pairs(pages)]
    if not blocks:
        return None
    joined = np.concatenate(blocks, axis=1)
    mean, noise, rest, clipped = joined[:, joined[1] + joined[2] > 0.0]
    if len(mean) < BINS * FEWEST:
        return None
    bins = []
    for members in np.array_split(np.argsort(mean), BINS):
        if clipped[members].mean() <= CLIPPED:
            smooth = members[rest[members] <= np.quantile(rest[members], SMOOTHEST)]
            bins.append((mean[smooth].mean(dtype=np.float64), noise[smooth].mean(dtype=np.float64)))
    return (np.array(bins)[:, 0], np.array(bins)[:, 1]) if bins else None


def _pairs(pages: Sequence[Pixels]) -> Iterator[tuple[Pixels, Pixels]]:
    for first, second in zip(pages[::2], pages[1::2], strict=False):
        if first.shape == second.shape:
            yield first, second


def _blocks(first: Pixels, second: Pixels, top: float) -> Blocks:
    """Of each block: the mean of the two pages, the mean squares of the diagonal and of the other
    Haar coefficients of (first − second)/√2, and the share of saturated values.  (4, N)"""
    height, width = (side // BLOCK_PX * BLOCK_PX for side in first.shape[1:])
    first, second = first[:, :height, :width], second[:, :height, :width]
    difference = (first - second) * np.float32(0.5**0.5)
    above, below = difference[:, ::2], difference[:, 1::2]
    down, along = above - below, above + below
    diagonal = (down[..., ::2] - down[..., 1::2]) / 2.0
    vertical = (down[..., ::2] + down[..., 1::2]) / 2.0
    horizontal = (along[..., ::2] - along[..., 1::2]) / 2.0
    clipped = ((first >= top).astype(np.float32) + (second >= top)) / np.float32(2.0)
    half = BLOCK_PX // 2
    return np.stack(
        [
            _block_means((first + second) / 2.0, BLOCK_PX),
            _block_means(diagonal**2, half),
            _block_means((vertical**2 + horizontal**2) / 2.0, half),
            _block_means(clipped, BLOCK_PX),
        ]
    )


def _block_means(values: Pixels, side: int) -> Blocks:
    """Of whole blocks of `side` pixels: (N, H, W) -> one line of them."""
    count, height, width = values.shape
    split = values.reshape(count, height // side, side, width // side, side)
    means: Blocks = split.mean(axis=(2, 4)).ravel()
    return means
