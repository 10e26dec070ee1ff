"""Images and image sets: what is denoised, where it comes from, and how it is recognised.

Pixels are float32, (C, H, W), C = 1 (gray) or 3 (RGB), nominally in [0, 1]; 8-bit files are
value / 255, 16-bit files value / 65535, float files as they are, unless the set says otherwise.
"""

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import overload

from denoisebench.errors import UserError
from denoisebench.images.channels import GRAY
from denoisebench.images.pixels import Pixels, to_gray


@dataclass(frozen=True, slots=True, eq=False)
class LoadedImage:
    """One image of a set, read.  noisy: the noisy image given with it, or None."""

    id: str
    clean: Pixels
    noisy: Pixels | None = None


@dataclass(frozen=True, slots=True)
class ImageFile:
    """One image of a set, not yet read.

    id: unique in its set.  sha256: of the stored file's bytes.  `load()` reads pixels (C, H, W); it
    raises UserError, naming the file, what was wrong and what to do, for a file that is missing,
    truncated, unreadable or not the recorded one.  `load_noisy()` does the same for a given noisy
    image, and noisy_sha256 is the hash of its file: give both or neither, else ValueError.
    change: what `load()` does to the stored pixels, in words; empty for nothing.
    size: height, width in pixels; None where they are unknown before the image is read.

    >>> image = ImageFile("white", "0" * 64, lambda: np.ones((3, 4, 6), np.float32))
    >>> image.gray().load().shape
    (1, 4, 6)
    """

    id: str
    sha256: str
    load: Callable[[], Pixels]
    load_noisy: Callable[[], Pixels] | None = None
    noisy_sha256: str = ""
    change: str = ""
    size: tuple[int, int] | None = None

    def __post_init__(self) -> None:
        if (self.load_noisy is None) != (not self.noisy_sha256):
            raise ValueError(f"{self.id}: load_noisy and noisy_sha256 come together")

    def read(self) -> LoadedImage:
        """The image with its given noisy one.  Raises UserError as `load` does, or if their shapes
        differ."""
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
    """An image whose size and content are recorded, so that they are known before it is read.

    size: height, width in pixels.  pixel_sha256: `pixel_hash` of what `load()` returns.
    gray_sha256: the same of the gray version.

    >>> white = np.ones((1, 4, 6), np.float32)
    >>> hashes = {"sha256": "0" * 64, "pixel_sha256": pixel_hash(white)}
    >>> IndexedFile("white", load=lambda: white, size=(4, 6), gray_sha256="", **hashes).size
    (4, 6)
    """

    size: tuple[int, int]
    pixel_sha256: str
    gray_sha256: str

    def gray(self) -> "IndexedFile":
        """The gray version of this image; reads nothing."""
        return replace(self, load=lambda: to_gray(self.load()), pixel_sha256=self.gray_sha256)


class LazyImages(Sequence[LoadedImage]):
    """The images of a set too large for memory: each is read anew whenever it is asked for."""

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
    """A record that an image of a set shares content with a file of another set.

    image: id in the set that holds this record.  other: "set/id" of the other, for messages.
    other_sha256: of the other's stored file, by which it is recognised in any set.  how: in words.

    >>> Share("01", "bsd500/35010", "0" * 64, "crop at row 7, column 109").how
    'crop at row 7, column 109'
    """

    image: str
    other: str
    other_sha256: str
    how: str


@dataclass(frozen=True, slots=True)
class ImageSet:
    """A named list of clean images, all gray (channels 1) or all colour (3).  `spec` is canonical.

    A set of pairs has a given noisy image for every clean one.  noise: the spec of their noise, if
    the set knows it.  has_reference: False for noisy images alone, which are then given as the
    clean ones too; nothing may be scored against them.  remark: given the largest pixel of all
    images, a line for the user about their range; empty for nothing.

    >>> image = ImageFile("white", "0" * 64, lambda: np.ones((1, 4, 6), np.float32))
    >>> ImageSet("my-set", GRAY, (image,)).noisy_is_given
    False
    """

    spec: str
    channels: int
    images: tuple[ImageFile, ...]
    shares: tuple[Share, ...] = ()
    noise: str = ""
    has_reference: bool = True
    remark: Callable[[float], str] | None = None

    @property
    def indexed(self) -> tuple[IndexedFile, ...]:
        """All images, if every one is an `IndexedFile`; else none.

        Such a set may be larger than memory: read an image when it is needed.
        """
        files = tuple(image for image in self.images if isinstance(image, IndexedFile))
        return files if len(files) == len(self.images) else ()

    @property
    def digest(self) -> str:
        """SHA-256 (hex) of the set's ids, its files' content and its channels."""
        lines = [f"channels {self.channels}"]
        for image in self.images:
            noisy = f" {image.noisy_sha256}" if image.load_noisy else ""
            change = f" {image.change}" if image.change else ""
            lines.append(f"{image.id} {image.sha256}{noisy}{change}")
        return hashlib.sha256("\n".join(lines).encode("utf-8", "surrogateescape")).hexdigest()

    @property
    def noisy_is_given(self) -> bool:
        """Whether noisy images are given with the set, so that none are made."""
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
