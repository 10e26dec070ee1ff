"""How much the noise of neighbouring pixels is alike, read off one noisy image: no clean image, no
network.

The blocks of an image that are flattest among blocks as bright hold little but noise.  A plane is
taken off each block, and the rest multiplied with itself, shifted.  The plane takes noise away too:
what it does to each lag of an autocorrelation is known, and undone.

    E[P·Γ·Pᵀ] = Σ_k γ(k)·P·T_k·Pᵀ       T_k: the pairs of pixels that lie k apart

P takes off the plane, γ is the autocovariance within `FARTHEST` pixels, 0 beyond.  Solved for γ.

Texture adds to the correlation of weak noise: of gaussian:5 on photographs neighbours seem to
correlate by 0.1, of some by 0.3.  The flattest blocks hold less of correlated noise than others,
and its correlation is found a fifth too small: 0.4 of 0.5, 0.62 of 0.78.
"""

import itertools
import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float64]
Plane = npt.NDArray[Any]

CORRELATED = 0.25
"""Above it, the noise is called correlated: texture under weak noise seldom reaches it."""

FARTHEST = 4
"""Pixels, along rows and columns, over which noise may correlate."""

SIDE = 8
"""The side of a block in pixels.  Smaller blocks are flatter."""

OFFSET = 4
"""The row and column of the first block.  Blocks lie across those of JPEG files, whose flat ones
were rounded to one value."""

GROUPS = 4
"""The number of groups of blocks that are alike in brightness: noise may grow with it."""

FLATTEST = 0.05
"""The share of a group's blocks that is used."""

FEWEST_BLOCKS = 12
"""With fewer flat blocks nothing is said."""


@dataclass(frozen=True, slots=True)
class NoiseCorrelation:
    """The correlation of the noise of two pixels, −1 to 1.

    right, below: of neighbours.  two_apart: of pixels two apart in a row or a column, the mean.

    >>> NoiseCorrelation(0.625, 0.615, 0.2).of_neighbours
    0.62
    >>> str(NoiseCorrelation(0.625, 0.615, 0.2))
    'neighbours correlate by 0.62 (right 0.62, below 0.61); pixels two apart by 0.20'
    """

    right: float
    below: float
    two_apart: float

    @property
    def of_neighbours(self) -> float:
        return (self.right + self.below) / 2.0

    @property
    def is_strong(self) -> bool:
        return self.of_neighbours > CORRELATED

    def __str__(self) -> str:
        return (
            f"neighbours correlate by {self.of_neighbours:.2f} (right {self.right:.2f},"
            f" below {self.below:.2f}); pixels two apart by {self.two_apart:.2f}"
        )


def noise_correlation(planes: Iterable[Plane]) -> NoiseCorrelation | None:
    """The correlation of the noise of planes (H, W), such as the channels of an image.

    None where they are too small or too flat: noise needs some 240 blocks of 8×8 pixels that are
    not clipped.

    >>> white = np.random.default_rng(0).normal(size=(1, 256, 256))
    >>> abs(noise_correlation(white).of_neighbours) < 0.05
    True
    """
    found = [group for plane in planes for group in _flat_groups(plane)]
    if sum(count for count, _ in found) < FEWEST_BLOCKS:
        return None
    products = np.mean([covariance for _, covariance in found], axis=0)
    lags = _lags()
    gamma = np.linalg.solve(lags.mixing, (lags.pairs * products).sum(axis=(1, 2)))
    if not gamma[0] > 0.0:
        return None
    of = dict(zip(lags.offsets, (gamma / gamma[0]).tolist(), strict=True))
    return NoiseCorrelation(of[0, 1], of[1, 0], (of[0, 2] + of[2, 0]) / 2.0)


def _flat_groups(plane: Plane) -> Iterator[tuple[int, Array]]:
    """The number of flat blocks of each group, and the mean products of their pixels' noise, of
    mean variance 1: (SIDE², SIDE²)."""
    blocks = _blocks(plane)
    if not len(blocks):
        return
    rest = blocks @ _lags().levelled
    variance = np.square(rest).mean(axis=1)
    for group in np.array_split(np.argsort(blocks.mean(axis=1), kind="stable"), GROUPS):
        count = math.ceil(FLATTEST * len(group))
        flattest = group[np.argsort(variance[group], kind="stable")[:count]]
        if count and (power := float(variance[flattest].mean())) > 0.0:
            yield count, rest[flattest].T @ rest[flattest] / (count * power)


def _blocks(plane: Plane) -> Array:
    """The blocks of a plane without its least or greatest value, where noise is clipped, and that
    are not of one value: (N, SIDE²)."""
    values = plane[OFFSET:, OFFSET:].astype(np.float64)
    down, across = (side // SIDE for side in values.shape)
    whole = values[: down * SIDE, : across * SIDE].reshape(down, SIDE, across, SIDE)
    blocks = whole.swapaxes(1, 2).reshape(-1, SIDE**2)
    if not blocks.size or not np.isfinite(plane).all():
        return blocks[:0]
    least, most = blocks.min(axis=1), blocks.max(axis=1)
    used: Array = blocks[(least > plane.min()) & (most < plane.max()) & (least < most)]
    return used


@dataclass(frozen=True, slots=True, eq=False)
class _Lags:
    """offsets: (rows, columns) of each lag, the zero first.  pairs: T_k of each.  levelled: P, that
    takes off a plane.  mixing: what that makes of the covariances, lag by lag."""

    offsets: list[tuple[int, int]]
    pairs: Array
    levelled: Array
    mixing: Array


@cache
def _lags() -> _Lags:
    rows, columns = np.divmod(np.arange(SIDE**2), SIDE)
    slopes, _ = np.linalg.qr(np.stack([np.ones(SIDE**2), rows, columns], axis=1))
    levelled = np.eye(SIDE**2) - slopes @ slopes.T
    apart = [np.abs(places[:, None] - places) for places in (rows, columns)]
    reach = range(FARTHEST + 1)
    offsets = list(itertools.product(reach, reach))
    pairs = np.stack([(apart[0] == down) & (apart[1] == right) for down, right in offsets])
    pairs = pairs.astype(np.float64)
    seen = levelled @ pairs @ levelled
    return _Lags(offsets, pairs, levelled, np.einsum("lij,kij->lk", pairs, seen))
