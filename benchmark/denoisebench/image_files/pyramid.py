"""The smaller levels of a pyramid: each pixel is the mean of the pixels below it."""

from itertools import product
from typing import Any

import numpy as np
import numpy.typing as npt

from denoisebench.image_files.refusals import RefusedError
from denoisebench.image_files.source import Plane, ReadRows, Stored

Bounds = npt.NDArray[np.int64]


def level_rows(
    rows: ReadRows, full: tuple[int, ...], level: tuple[int, ...], dtype: "np.dtype[Any]"
) -> ReadRows:
    """The rows of a level, from those of the largest one.

    full, level: their shapes, ending in height and width, without samples.  Raises RefusedError
    for a level that is larger.
    """
    if level == full:
        return rows
    if len(level) != len(full) or any(
        small > large for small, large in zip(level, full, strict=True)
    ):
        raise RefusedError("has a pyramid that does not get smaller")
    *leading, down, across = map(_bounds, full, level)

    def made(plane: Plane, wanted: slice) -> Stored:
        start, stop, _ = wanted.indices(level[-2])
        top, bottom = int(down[start]), int(down[stop])
        falling = [range(*bounds[k : k + 2]) for bounds, k in zip(leading, plane, strict=True)]
        planes = list(product(*falling))
        parts = (rows(each, slice(top, bottom)) for each in planes)
        within = down[start : stop + 1] - top
        means = np.mean([_means(part, within, across) for part in parts], axis=0)
        fitting: Stored = np.rint(means) if dtype.kind in "iu" else means
        return fitting.astype(dtype.newbyteorder("="))

    return made


def _bounds(length: int, parts: int) -> Bounds:
    """The start of each of `count` parts of a length, and the end of the last one."""
    return np.arange(parts + 1, dtype=np.int64) * length // parts


def _means(pixels: Stored, down: Bounds, across: Bounds) -> npt.NDArray[np.float64]:
    """The mean of each part of pixels (h, W) or (h, W, 3)."""
    sums = np.add.reduceat(pixels.astype(np.float64), down[:-1], axis=0)
    sums = np.add.reduceat(sums, across[:-1], axis=1)
    areas = np.outer(np.diff(down), np.diff(across))
    means: npt.NDArray[np.float64] = sums / (areas if sums.ndim == 2 else areas[:, :, None])
    return means
