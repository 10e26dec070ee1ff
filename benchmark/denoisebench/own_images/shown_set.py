"""Planes of a user's files as an image set, each shown with noise of one level."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from statistics import median
from typing import NamedTuple, Self

import numpy as np

from denoisebench.errors import UserError
from denoisebench.image_files.source import PixelFile, open_pixels
from denoisebench.images.image_set import ImageFile, ImageSet
from denoisebench.images.pixels import Pixels
from denoisebench.outside_text import printable
from denoisebench.own_images.intensity import Intensity
from denoisebench.own_images.options import LookOptions
from denoisebench.own_images.planes import Plane, group_of
from denoisebench.own_images.treatment import Look
from denoisebench.own_images.treatments import looks_of
from denoisebench.registry.registries import Registries


@dataclass(frozen=True, slots=True)
class Seen:
    """A file and what was found of its noise.  sha256: of the file.  looks: by place along C."""

    source: PixelFile
    sha256: str
    looks: dict[int, Look]

    @classmethod
    def of(cls, path: Path, options: LookOptions, registries: Registries) -> Self:
        """Look at a file. Raises UserError for an unreadable file, and for a file whose noise
        cannot be found."""
        source = open_pixels(path, options.axes, options.series)
        return cls(source, source.sha256(), looks_of(source, options, registries))

    @property
    def has_noise(self) -> bool:
        return any(not look.noise.is_none for look in self.looks.values())


def failure_line(path: Path, error: Exception) -> str:
    """Why a file is left out; many reasons name it already."""
    text = str(error)
    return text if text.startswith(printable(str(path))) else f"{path}: {text}"


class Place(NamedTuple):
    """A plane of a file, and what is known of its channel."""

    file: Seen
    plane: Plane
    look: Look


def noisy_planes(files: Sequence[Seen]) -> list[Place]:
    """All planes with noise to remove, in the order of the files."""
    places = [
        Place(file, plane, file.looks[group])
        for file in files
        for plane in file.source.planes()
        if (group := group_of(file.source, plane)) in file.looks
    ]
    return [place for place in places if not place.look.noise.is_none]


def shown_level(files: Sequence[Seen], what: str) -> float:
    """The median level of the noise as it is shown, to three digits, in 0-255 units.

    Raises UserError, saying what is asked for, for told noise that is not made Gaussian.
    """
    looks = [look for file in files for look in file.looks.values() if not look.noise.is_none]
    if any(look.noise.other is not None for look in looks):
        raise UserError(f"{what} is for gaussian, poisson and poisson-gaussian noise")
    return float(f"{median(look.level for look in looks):.3g}")


def shown_set(
    spec: str,
    places: Sequence[Place],
    channels: int,
    level: float,
    most: int,
    *,
    noise: str = "real",
    side_px: int | None = None,
) -> ImageSet:
    """Planes as images whose noise has this level; of more than `most`, evenly spread ones.

    noise: its spec.  side_px: of a larger plane the middle of this side is taken.
    """
    kept = np.unique(np.linspace(0, len(places) - 1, min(len(places), most)).round().astype(int))
    images = []
    for index in kept:
        file, plane, look = places[index]
        intensity = look.intensity.with_level(look.noise.sigma, (level, level))
        load = partial(_shown, file.source, plane, intensity, side_px)
        cut = "" if side_px is None else f" {side_px}"
        digest = hashlib.sha256(f"{file.sha256} {plane} {intensity}{cut}".encode()).hexdigest()
        name = f"{index:06}-{file.source.path.name}-{'-'.join(map(str, plane))}"
        size = _shown_px(file.source.height, side_px), _shown_px(file.source.width, side_px)
        images.append(ImageFile(name, digest, load, load, digest, size=size))
    return ImageSet(spec, channels, tuple(images), noise=noise, has_reference=False)


def _shown(source: PixelFile, plane: Plane, intensity: Intensity, side_px: int | None) -> Pixels:
    rows, columns = (_middle(side, side_px) for side in (source.height, source.width))
    return intensity.shown(source.read(plane, rows)[:, columns])


def _shown_px(side: int, side_px: int | None) -> int:
    return side if side_px is None else min(side, side_px)


def _middle(side: int, side_px: int | None) -> slice:
    if side_px is None or side <= side_px:
        return slice(None)
    first = (side - side_px) // 2
    return slice(first, first + side_px)
