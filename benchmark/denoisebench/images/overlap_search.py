"""Find the images of two sets that show the same pixels: whole, cropped, turned or mirrored.

Corners that look alike propose how one image lies on another; the region they then share is
compared pixel by pixel, on luma.  Differences pass (another luma or contrast, a new JPEG
compression), so gray and colour versions meet.  A resampled copy is not found, and a region without
texture or of less than about 100×100 pixels may be missed.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from itertools import groupby, islice
from operator import itemgetter

import numpy as np

from denoisebench.images.corners import (
    ORIENTATIONS,
    Corners,
    Floats,
    find_corners,
    join,
    match,
    turn,
    turn_points,
    undo,
)
from denoisebench.images.image_set import ImageSet
from denoisebench.images.pixels import to_gray
from denoisebench.progress import Progress, ProgressCallback

LUMAS_KEPT = 64
LEAST_VOTES = 2  # corners that propose the same placement
PLACEMENTS_TRIED = 3
LEAST_SIDE_PX = 32
FIRST_LOOK_PIXELS = 4096
FIRST_LOOK = 0.6  # correlation of the pixels
SAME = 0.5  # correlation of the edges: 0.9 and more in copies, 0.13 at most in strangers


@dataclass(frozen=True, slots=True)
class Found:
    """Two images that share a region."""

    image_a: str
    image_b: str
    how: str  # e.g. "crop at row 7, column 109"; the place is in the larger image
    pixels: int  # of the region
    differing: int  # of them, those whose luma is not the same in 8 bits

    @property
    def fraction_differing(self) -> float:
        """The share of the region's pixels that are not the same."""
        return self.differing / self.pixels


@dataclass(frozen=True, slots=True)
class Placement:
    """An image b, turned, whose first pixel lies on a row and column of an image a."""

    orientation: int
    row: int
    column: int

    def regions(self, a: Floats, b: Floats) -> tuple[Floats, Floats]:
        """The parts of a, and of b turned, that lie on each other."""
        b = turn(b, self.orientation)
        top, left = max(0, self.row), max(0, self.column)
        bottom = min(a.shape[0], self.row + b.shape[0])
        right = min(a.shape[1], self.column + b.shape[1])
        on_b = b[top - self.row : bottom - self.row, left - self.column : right - self.column]
        return a[top:bottom, left:right], on_b


def find_overlap(a: ImageSet, b: ImageSet, progress: ProgressCallback) -> list[Found]:
    """The pairs of images of `a` and `b` that share a region, in the order of `a`.

    Reads every image.  Raises UserError for an unreadable image.
    """
    what = f"compare {a.spec} with {b.spec}"
    total = len(a.images) + 2 * len(b.images)
    steps = iter(range(total))

    def corners_of(image_set: ImageSet) -> Corners:
        parts = []
        for number, image in enumerate(image_set.images):
            progress(Progress(what, next(steps), total, image.id))
            parts.append(find_corners(to_gray(image.load())[0], number))
        return join(parts)

    corners_a, corners_b = corners_of(a), corners_of(b)
    luma_a, luma_b = _luma_reader(a), _luma_reader(b)
    found: list[tuple[int, Found]] = []
    for j, image in enumerate(b.images):
        progress(Progress(what, next(steps), total, image.id))
        for i, placements in _proposals(corners_a, corners_b.of(j), luma_b(j)):
            place = _best(luma_a(i), luma_b(j), placements)
            if place is not None:
                region = _compare(luma_a(i), luma_b(j), place)
                found.append((i, Found(a.images[i].id, image.id, *region)))
    progress(Progress(what, total, total))
    return [pair for _, pair in sorted(found, key=itemgetter(0))]


def _luma_reader(image_set: ImageSet) -> Callable[[int], Floats]:
    @lru_cache(maxsize=LUMAS_KEPT)
    def luma(number: int) -> Floats:
        gray: Floats = to_gray(image_set.images[number].load())[0]
        return gray

    return luma


def _proposals(a: Corners, b: Corners, luma_b: Floats) -> Iterator[tuple[int, list[Placement]]]:
    """The images of a that one image may lie on, each with the likeliest placements."""
    height, width = luma_b.shape
    every = range(ORIENTATIONS)
    patches = np.concatenate([turn(b.patches, k) for k in every])
    points = np.concatenate([turn_points(b.points, (height, width), k) for k in every])
    orientation = np.repeat(np.arange(ORIENTATIONS), len(b.points))
    for_a, for_b = match(a.patches, patches)
    places = np.column_stack(
        [a.image[for_a], orientation[for_b], a.points[for_a] - points[for_b]],
    )
    places, votes = np.unique(places, axis=0, return_counts=True)
    places, votes = places[votes >= LEAST_VOTES], votes[votes >= LEAST_VOTES]
    likeliest_first = np.lexsort((-votes, places[:, 0]))
    for i, group in groupby(places[likeliest_first].tolist(), key=itemgetter(0)):
        yield i, [Placement(*place) for _, *place in islice(group, PLACEMENTS_TRIED)]


def _best(a: Floats, b: Floats, placements: list[Placement]) -> Placement | None:
    """The placement in which a and b agree best, if they agree in any."""
    scored = [(_agreement(*place.regions(a, b)), place) for place in placements]
    agreement, place = max(scored, key=itemgetter(0))
    return place if agreement > SAME else None


def _agreement(x: Floats, y: Floats) -> float:
    """How well the edges of two regions correlate; 0 where a first look shows two things.

    Edges, because the light and shade of two photographs may well agree; correlation, because
    copies differ in brightness and contrast.
    """
    if min(x.shape) < LEAST_SIDE_PX:
        return 0.0
    step = max(1, int((x.size / FIRST_LOOK_PIXELS) ** 0.5))
    if _correlation(x[::step, ::step], y[::step, ::step]) < FIRST_LOOK:
        return 0.0
    return _correlation(_edges(x), _edges(y))


def _edges(x: Floats) -> Floats:
    return np.concatenate([np.diff(x, axis=axis).ravel() for axis in (0, 1)])


def _correlation(x: Floats, y: Floats) -> float:
    x, y = x - x.mean(), y - y.mean()
    norms = float(np.sqrt(np.square(x).sum() * np.square(y).sum()))
    return float((x * y).sum()) / norms if norms else 0.0


def _compare(a: Floats, b: Floats, place: Placement) -> tuple[str, int, int]:
    """How two images lie on each other, the size of their region and what differs in it."""
    x, y = place.regions(a, b)
    differing = np.rint(x * 255.0) != np.rint(y * 255.0)
    return _in_words(a, b, place), x.size, int(differing.sum())


def _in_words(a: Floats, b: Floats, place: Placement) -> str:
    region = place.regions(a, b)[0]
    mirrored = " mirrored" if place.orientation >= 4 else ""
    quarters = place.orientation % 4
    turned = f"{mirrored} turned {90 * quarters}°" if quarters else mirrored
    suffix = f",{turned}" if turned else ""
    if region.size == a.size == b.size:
        return f"the same image{suffix}"
    row, column = _first_pixel(a, b, place)
    kind = (
        "crop"
        if region.size == min(a.size, b.size)
        else f"{region.shape[0]}×{region.shape[1]} pixels"
    )
    return f"{kind} at row {row}, column {column}{suffix}"


def _first_pixel(a: Floats, b: Floats, place: Placement) -> tuple[int, int]:
    """Row and column of the region in the larger image, as that is stored."""
    top, left = max(0, place.row), max(0, place.column)
    if a.size >= b.size:
        return top, left
    height, width = place.regions(a, b)[0].shape
    first = np.array([top - place.row, left - place.column])
    last = first + np.array([height - 1, width - 1])
    turned_height, turned_width = turn(b, place.orientation).shape
    ends = turn_points(
        np.stack([first, last]), (turned_height, turned_width), undo(place.orientation)
    )
    row, column = ends.min(axis=0)
    return int(row), int(column)
