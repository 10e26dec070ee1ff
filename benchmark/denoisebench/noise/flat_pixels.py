"""The flat regions of an image, which hold no noise: masks, borders, what is clipped."""

import numpy as np
import numpy.typing as npt

from denoisebench.images.pixels import Pixels, strips

Mask = npt.NDArray[np.bool_]

SIDE = 7
"""The side of a patch in pixels: 48 directions besides its mean."""


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
    if not _may_be_flat(image):
        return np.zeros(image.shape, np.bool_)
    same = np.ones(image.shape, np.bool_)  # as the pixel below and the one to the right
    same[:, :-1] &= image[:, :-1] == image[:, 1:]
    same[:, :, :-1] &= image[:, :, :-1] == image[:, :, 1:]
    found = same[:, :-1, :-1]  # 2×2 of one value
    if min(image.shape[1:]) > SIDE // 2:  # at least 4×4 of a flat patch lie in it
        found = found[:, :-1, :-1] & found[:, :-1, 1:] & found[:, 1:, :-1]
    if not found.any():
        return np.zeros_like(same)
    half = SIDE // 2
    differs_near = _spread(~same, half, half - 1)
    return _spread(~differs_near, half, half)


def _may_be_flat(image: Pixels) -> bool:
    """Whether four pixels in a row are equal, and those two rows below them: a quick no for most
    images of noise.  At least 4×4 pixels of a flat patch lie in the image, so that every other row
    is enough."""
    if min(image.shape[1:]) <= SIDE // 2:
        return True
    rows = image[:, ::2]
    pairs = rows[:, :, :-1] == rows[:, :, 1:]
    fours = pairs[:, :, :-2] & pairs[:, :, 1:-1] & pairs[:, :, 2:]
    return bool((fours[:, :-1] & fours[:, 1:]).any())


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


def flat_share(noisy: Pixels) -> float:
    """The share of the pixels that lie in flat regions, which hold no noise."""
    return float(flat_pixels(noisy).mean()) if noisy.size else 0.0
