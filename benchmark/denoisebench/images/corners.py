"""Corners of gray images: points that are found again in a crop, a turned or a mirrored copy.

Each corner is described by the blurred patch around it, so that equal places can be looked up among
hundreds of images with one matrix product.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float32]
Ints = npt.NDArray[np.intp]
Shape = tuple[int, int]

ORIENTATIONS = 8
LEAST_DISTANCE_PX = 10  # no two corners are closer
LEAST_RESPONSE = 1e-7  # Harris, on values in [0, 1]
LEAST_CONTRAST = 0.02  # of a patch, as its standard deviation
BLUR_PX = 1.5
GRID_PX = np.arange(-9, 10, 3)  # where a patch is sampled, from its corner
BORDER_PX = 12  # a patch and its blur
ALIKE = 0.95  # correlation from which two patches may be one
PATCHES_AT_ONCE = 8192


@dataclass(frozen=True, slots=True)
class Corners:
    """Corners of one image or of many."""

    image: Ints  # (N,) index of the image in its set
    points: Ints  # (N, 2) row, column
    patches: Floats  # (N, 7, 7), each of mean 0 and norm 1

    def of(self, image: int) -> "Corners":
        """Those of one image."""
        mine = self.image == image
        return Corners(self.image[mine], self.points[mine], self.patches[mine])


def find_corners(luma: Floats, image: int) -> Corners:
    """The corners of a gray image (H, W), to be known as number `image`."""
    from skimage.feature import corner_harris, peak_local_max
    from skimage.filters import gaussian

    if min(luma.shape) <= 2 * BORDER_PX:
        return join([])
    response = corner_harris(luma, sigma=BLUR_PX)  # type: ignore[no-untyped-call]
    points: Ints = peak_local_max(  # type: ignore[no-untyped-call]
        response,
        min_distance=LEAST_DISTANCE_PX,
        threshold_abs=LEAST_RESPONSE,
        exclude_border=BORDER_PX,
    )
    rows = points[:, 0, None, None] + GRID_PX[:, None]
    columns = points[:, 1, None, None] + GRID_PX
    patches = gaussian(luma, BLUR_PX)[rows, columns]  # type: ignore[no-untyped-call]
    patches = patches - patches.mean(axis=(1, 2), keepdims=True)
    norms = np.sqrt(np.square(patches).sum(axis=(1, 2), keepdims=True))
    keep = norms[:, 0, 0] > LEAST_CONTRAST * GRID_PX.size
    unit = (patches[keep] / norms[keep]).astype(np.float32)
    return Corners(np.full(len(unit), image), points[keep], unit)


def join(parts: list[Corners]) -> Corners:
    """The corners of several images, one after the other."""
    none = Corners(np.empty(0, int), np.empty((0, 2), int), np.empty((0, 7, 7), np.float32))
    parts = [none, *parts]
    return Corners(
        np.concatenate([part.image for part in parts]),
        np.concatenate([part.points for part in parts]),
        np.concatenate([part.patches for part in parts]),
    )


def match(a: Floats, b: Floats) -> tuple[Ints, Ints]:
    """The patches of a and b that are alike, as two lists of indices."""
    values = GRID_PX.size**2
    flat_a, flat_b = a.reshape(-1, values), b.reshape(-1, values).T
    for_a, for_b = [np.empty(0, int)], [np.empty(0, int)]
    for start in range(0, len(flat_a), PATCHES_AT_ONCE):
        rows, columns = np.nonzero(flat_a[start : start + PATCHES_AT_ONCE] @ flat_b > ALIKE)
        for_a.append(rows + start)
        for_b.append(columns)
    return np.concatenate(for_a), np.concatenate(for_b)


def turn(images: Floats, orientation: int) -> Floats:
    """Orientation 0..7 of (..., H, W): mirrored left-right from 4 on, then quarter turns left."""
    mirrored = images if orientation < 4 else images[..., ::-1]
    return np.rot90(mirrored, orientation % 4, axes=(-2, -1))


def undo(orientation: int) -> int:
    """The orientation that takes `orientation` back."""
    return -orientation % 4 if orientation < 4 else orientation


def turn_points(points: Ints, shape: Shape, orientation: int) -> Ints:
    """Where `turn` takes the pixels `points`, (N, 2) row and column, of an image of `shape`."""
    (rows, columns), (height, width) = points.T, shape
    if orientation >= 4:
        columns = width - 1 - columns
    for _ in range(orientation % 4):
        rows, columns, height, width = width - 1 - columns, rows, width, height
    return np.stack([rows, columns], axis=1)
