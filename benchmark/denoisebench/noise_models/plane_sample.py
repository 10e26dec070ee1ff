"""Local means and variances of the noise in some of the planes of a file, in bounded memory: within
pages, or between neighbouring pages where these show the same scene."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from denoisebench.errors import UserError
from denoisebench.images.pixels import Pixels, float_type
from denoisebench.noise.level_estimator import MOST_PATCHES, Patches, local_means, look
from denoisebench.noise_models.page_differences import variance_between
from denoisebench.noise_models.variance_curve import BINS, FEWEST, binned

Array = npt.NDArray[np.float64]
Plane = npt.NDArray[Any]
Planes = Sequence[Plane] | Iterable[Plane] | Plane

MOST_PAGES = 16
"""Looked at: pairs of neighbours, evenly spaced among all."""

MOST_PIXELS = 1 << 22
"""Of a plane that is looked at whole."""

PAGES_WORTH = 4
"""The patches that are looked at in all pages together, as many as in this number of pages."""

CROP_PX, CROPS = 512, 4
"""For larger planes: the side of a crop, and the number of crops in each direction."""


@dataclass(frozen=True, slots=True, eq=False)
class PlaneSample:
    """The content of some pages, in the numbers of the file.

    pages: crops of each, (N, H, W), less one number for all, which costs float32 no digits.
    patches: of each page that tells of its noise; none where pages agree.
    mean, variance: of the noise, in bins of intensity.  agree: whether they are of differences of
    neighbouring pages, which texture does not add to, and not those within pages.
    patch_means: all local means.  top: the greatest value.  saturated_share: the share of the
    values that have it.
    """

    pages: list[Pixels]
    patches: list[Patches]
    mean: Array
    variance: Array
    agree: bool
    patch_means: Array
    top: float
    saturated_share: float

    @property
    def brightest(self) -> float:
        """The intensity that few local means exceed."""
        return float(np.quantile(self.patch_means, 0.99))

    @property
    def darkest(self) -> float:
        """The intensity that few local means fall below."""
        return float(np.quantile(self.patch_means, 0.01))


def sample_planes(planes: Planes) -> PlaneSample:
    """Look at no more than `MOST_PAGES` pages of a file, and at crops of large ones.

    planes: (H, W) each, or (H, W, 3) for RGB, whose colours are looked at apart; or one array
    (N, H, W).  Of an iterable of unknown length up to twice as many are kept.  Raises UserError
    where there is none.
    """
    crops = _chosen(planes)
    if not crops:
        raise UserError("no image to read the noise from; give at least one plane")
    centre = float(np.median([np.median(crop[..., ::8, ::8]) for crop in crops]))
    top = max(float(crop.max()) for crop in crops)
    at_top = sum(int(np.count_nonzero(crop == top)) for crop in crops)
    pages = [_about(centre, crop) for crop in crops]
    most = min(MOST_PATCHES * PAGES_WORTH // len(pages), MOST_PATCHES)
    between = variance_between(pages, max(float(page.max()) for page in pages))
    patches: list[Patches] = []
    if between is not None:
        mean, variance = between
        few = most // 8  # their percentiles alone count
        patch_means = np.concatenate([local_means(page, few) for page in pages])
    else:
        patches = [each for page in pages if (each := look(page, 0, most)) is not None]
        mean, variance, patch_means = _within(patches)
    return PlaneSample(
        pages,
        patches,
        mean + centre,
        variance,
        between is not None,
        patch_means + centre,
        top,
        at_top / sum(crop.size for crop in crops),
    )


def _about(centre: float, crop: Plane) -> Pixels:
    """A crop less `centre`."""
    wide = float_type(crop.dtype)
    numbers: npt.NDArray[np.floating] = crop.astype(wide)
    numbers -= wide(centre)
    return numbers.astype(np.float32, copy=False)


def _within(pages: list[Patches]) -> tuple[Array, Array, Array]:
    """Mean and variance of the noise in bins of intensity of each page, and all local means."""
    means, variances, patch_means = [np.empty(0)], [np.empty(0)], [np.empty(0)]
    for patches in pages:
        if len(patches.mean) >= BINS * FEWEST:
            mean, noise = binned(patches)
            means.append(mean * patches.peak)
            variances.append(noise * patches.peak**2)
            patch_means.append(patches.mean.astype(np.float64) * patches.peak)
    return np.concatenate(means), np.concatenate(variances), np.concatenate(patch_means)


def chosen_places(count: int) -> list[int]:
    """Which of `count` pages are looked at: pairs of neighbours, evenly spaced; all of few."""
    if count <= MOST_PAGES:
        return list(range(count))
    firsts = np.linspace(0, count - 2, MOST_PAGES // 2).round().astype(int)
    return [int(first) + second for first in firsts for second in (0, 1)]


def _chosen(planes: Planes) -> list[Plane]:
    """Crops of the chosen pages."""
    if isinstance(planes, np.ndarray | Sequence):
        return [_crops(planes[place]) for place in chosen_places(len(planes))]
    kept: list[Plane] = []
    step = 1
    for i, plane in enumerate(planes):
        if i // 2 % step == 0:
            kept.append(_crops(plane))
        if len(kept) == 2 * MOST_PAGES:
            kept, step = [page for k, page in enumerate(kept) if k // 2 % 2 == 0], 2 * step
    return kept


def _crops(plane: Plane) -> Plane:
    """(1, H, W) of a small plane; evenly spread crops, (N, h, w), of a large one; thrice as many of
    RGB."""
    if plane.size <= MOST_PIXELS:
        return _colours(np.asarray(plane))
    height, width = (min(side, CROP_PX) for side in plane.shape[:2])
    tops, lefts = (
        np.linspace(0, side - part, CROPS if side > part else 1).astype(int)
        for side, part in zip(plane.shape[:2], (height, width), strict=True)
    )
    parts = [plane[top : top + height, left : left + width] for top in tops for left in lefts]
    return np.concatenate([_colours(np.asarray(part)) for part in parts])


def _colours(plane: Plane) -> Plane:
    """(H, W) or (H, W, 3) -> (1 or 3, H, W)."""
    return np.moveaxis(plane, 2, 0) if plane.ndim == 3 else plane[None]
