"""Images and image sets: what is denoised, where it comes from, and how it is known.

Pixels are float32, (C, H, W), C = 1 (gray) or 3 (RGB), nominally in [0, 1]; 8-bit files are
value / 255, 16-bit files value / 65535, float files as they are.
"""

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import overload

from denoisebench.errors import UserError
from denoisebench.images.pixels import GRAY, Pixels, to_gray


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


class LazyImages(Sequence[LoadedImage]):
    """The images of a set that is too large for memory: each is read when it is taken, every time
    anew, and not kept."""

    def __init__(self, files: Sequence[IndexedFile]) -> None:
        self.files = tuple(files)

    def __len__(self) -> int:
        return len(self.files)

    @overload
    def __getitem__(self, index: int) -> LoadedImage: ...
    @overload
    def __getitem__(self, index: slice) -> "LazyImages": ...
    def __getitem__(self, index: int | slice) -> "LoadedImage | LazyImages":
        if isinstance(index, slice):
            return LazyImages(self.files[index])
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
