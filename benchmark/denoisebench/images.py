"""Images and image sets: what is denoised, where it comes from, and how it is known.

Pixels are float32, (C, H, W), C = 1 (gray) or 3 (RGB), nominally in [0, 1]; 8-bit files are
value / 255, 16-bit files value / 65535, float files as they are.
"""

import hashlib
from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, overload

import numpy as np
import numpy.typing as npt

from denoisebench.errors import UserError

if TYPE_CHECKING:
    from denoisebench.interfaces import ProgressCallback

Pixels = npt.NDArray[np.float32]

GRAY, COLOUR = 1, 3
CHANNEL_WORDS = {GRAY: "gray", COLOUR: "colour"}

LUMA_BT601 = (0.299, 0.587, 0.114)
"""Weights of R, G, B in the luma that the suite's gray versions use (full range, as in JPEG)."""


def to_gray(rgb: Pixels) -> Pixels:
    """The gray version of a colour image: BT.601 luma rounded to 8 bits.  (3, H, W) -> (1, H, W)

    Rounding makes the gray version an 8-bit image, as Set12 and BSD68 are.  A gray image passes
    through as it is.  Sums in float64, in one order, so that the result is the same everywhere.
    """
    if rgb.shape[0] == GRAY:
        return rgb
    red, green, blue = (rgb[c].astype(np.float64) * w for c, w in enumerate(LUMA_BT601))
    luma = np.round((red + green + blue) * 255.0, 4)  # a tie of 8-bit values is a tie again
    levels = np.clip(np.rint(luma), 0.0, 255.0)
    gray: Pixels = (levels / 255.0).astype(np.float32)[None]
    return gray


def pixel_hash(pixels: Pixels) -> str:
    """SHA-256 (hex) of an image's shape and float32 pixels: its name by content."""
    shape = ",".join(str(n) for n in pixels.shape)
    data = np.ascontiguousarray(pixels, dtype="<f4")
    return hashlib.sha256(shape.encode() + b"\n" + data.tobytes()).hexdigest()


@dataclass(frozen=True, slots=True, eq=False)
class LoadedImage:
    """One image of a set, read.  noisy: the noisy image that came with it, if one did."""

    id: str
    clean: Pixels
    noisy: Pixels | None = None


@dataclass(frozen=True, slots=True)
class ImageFile:
    """One image of a set, not yet read.

    `load()` reads it and gives its pixels; it raises UserError, naming the file, what was wrong
    and what to do, for a file that is missing, truncated, unreadable or not the recorded one.
    `load_noisy()`, where there is a given noisy image, does the same for that.  change: what
    `load()` does to the stored pixels, in words; empty for nothing.
    """

    id: str
    sha256: str  # of the stored file's bytes
    load: Callable[[], Pixels]
    load_noisy: Callable[[], Pixels] | None = None
    noisy_sha256: str = ""  # of the given noisy image's file
    change: str = ""

    def __post_init__(self) -> None:
        if (self.load_noisy is None) != (not self.noisy_sha256):
            raise ValueError(f"{self.id}: load_noisy and noisy_sha256 come together")

    def read(self) -> LoadedImage:
        """The image, with its given noisy one.  UserError as of `load`, or when sizes differ."""
        clean = self.load()
        noisy = self.load_noisy() if self.load_noisy else None
        if noisy is not None and noisy.shape != clean.shape:
            raise UserError(f"{self.id} is {clean.shape} and its noisy image {noisy.shape}")
        return LoadedImage(self.id, clean, noisy)

    def gray(self) -> "ImageFile":
        """The gray version of this image (see `to_gray`); reads nothing."""
        return replace(self, load=lambda: to_gray(self.load()))


@dataclass(frozen=True, slots=True, kw_only=True)
class IndexedFile(ImageFile):
    """An image of which size and content are on record, so that neither needs its pixels.

    size: height, width.  pixel_sha256: `pixel_hash` of what `load()` gives.  gray_sha256: the same
    of the gray version.
    """

    size: tuple[int, int]
    pixel_sha256: str
    gray_sha256: str

    def gray(self) -> "IndexedFile":
        """The gray version of this image; reads nothing."""
        return replace(self, load=lambda: to_gray(self.load()), pixel_sha256=self.gray_sha256)


class ReadWhenTaken(Sequence[LoadedImage]):
    """The images of a set that is too large for memory: each is read when it is taken, every time
    anew, and not kept."""

    def __init__(self, files: Sequence[IndexedFile]) -> None:
        self.files = tuple(files)

    def __len__(self) -> int:
        return len(self.files)

    @overload
    def __getitem__(self, index: int) -> LoadedImage: ...
    @overload
    def __getitem__(self, index: slice) -> "ReadWhenTaken": ...
    def __getitem__(self, index: int | slice) -> "LoadedImage | ReadWhenTaken":
        if isinstance(index, slice):
            return ReadWhenTaken(self.files[index])
        return self.files[index].read()


@dataclass(frozen=True, slots=True)
class Share:
    """A record that an image of a set shares content with a file of another set."""

    image: str  # id in the set that holds this record
    other: str  # "set/id" of the other, for messages
    other_sha256: str  # of the other's stored file: how it is recognised, whatever set holds it
    how: str  # e.g. "crop at row 7, column 109"


@dataclass(frozen=True, slots=True)
class ImageSet:
    """A named list of clean images, all gray or all colour.  `spec` is canonical.

    A set of pairs has a given noisy image for every clean one.  noise: the spec of the noise that
    these have, where the set knows it.  has_reference: False for noisy images alone, which stand in
    the place of the clean ones too; nothing may be scored against them.
    """

    spec: str
    channels: int
    images: tuple[ImageFile, ...]
    shares: tuple[Share, ...] = ()
    noise: str = ""
    has_reference: bool = True

    @property
    def indexed(self) -> tuple[IndexedFile, ...]:
        """The images of a set that is indexed whole; else none.

        Such a set may be larger than memory: what uses it reads an image when it needs one.
        """
        files = tuple(image for image in self.images if isinstance(image, IndexedFile))
        return files if len(files) == len(self.images) else ()

    @property
    def digest(self) -> str:
        """SHA-256 (hex) that names the set by its ids, its files' content and its channels."""
        lines = [f"channels {self.channels}"]
        for image in self.images:
            noisy = f" {image.noisy_sha256}" if image.load_noisy else ""
            change = f" {image.change}" if image.change else ""
            lines.append(f"{image.id} {image.sha256}{noisy}{change}")
        return hashlib.sha256("\n".join(lines).encode()).hexdigest()

    @property
    def noisy_is_given(self) -> bool:
        """Whether the set has noisy images of its own, so that none are made."""
        return any(image.load_noisy for image in self.images)

    def gray(self, spec: str) -> "ImageSet":
        """The gray version of this set (see `to_gray`), under the name `spec`.

        Raises UserError for colour images with given noisy ones: their luma has other noise.
        """
        if self.noisy_is_given and self.channels != GRAY:
            raise UserError(
                f"{self.spec} has colour images with given noise, of which there is no gray version"
            )

        images = tuple(image.gray() for image in self.images)
        return replace(self, spec=spec, channels=GRAY, images=images)


@dataclass(frozen=True, slots=True)
class PackChoice:
    """Which images are packed, and as what.  channels: 0 for what the files are.

    min_side_px, max_side_px: both sides of an image lie within, inclusive.
    """

    min_side_px: int
    max_side_px: int | None = None
    channels: int = 0

    def __post_init__(self) -> None:
        if self.min_side_px < 1:
            raise ValueError(f"the smallest side is {self.min_side_px}; give 1 pixel or more")
        if self.max_side_px is not None and self.max_side_px < self.min_side_px:
            raise ValueError(
                f"the sides run from {self.min_side_px} to {self.max_side_px} pixels: no image has"
                " such a size"
            )


@dataclass(frozen=True, slots=True)
class Packed:
    """What became of a folder that was packed.  left_out: reason -> a line for each such image."""

    image_set: ImageSet
    file_bytes: int
    left_out: dict[str, list[str]]


class ImagePacker(ABC):
    """An image source whose sets can be made: one file of the many images of a folder."""

    @abstractmethod
    def pack(
        self, folder: Path, out: Path, choice: PackChoice, progress: "ProgressCallback"
    ) -> Packed:
        """Write the images in and below `folder` into the new file `out`.

        The file appears whole or not at all.  Raises UserError when it exists, cannot be written
        or would hold no image.
        """
