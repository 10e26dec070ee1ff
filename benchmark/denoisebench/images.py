"""Images and image sets: what is denoised, where it comes from, and how it is known.

Pixels are float32, (C, H, W), C = 1 (gray) or 3 (RGB), nominally in [0, 1]; 8-bit files are
value / 255, 16-bit files value / 65535, float files as they are.
"""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from denoisebench.errors import UserError

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
    `load_noisy()`, where there is a given noisy image, does the same for that.
    """

    id: str
    sha256: str  # of the stored file's bytes
    load: Callable[[], Pixels]
    load_noisy: Callable[[], Pixels] | None = None
    noisy_sha256: str = ""  # of the given noisy image's file

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

    A set of pairs has a given noisy image for every clean one.
    """

    spec: str
    channels: int
    images: tuple[ImageFile, ...]
    shares: tuple[Share, ...] = ()

    @property
    def digest(self) -> str:
        """SHA-256 (hex) that names the set by its ids, its files' content and its channels."""
        lines = [f"channels {self.channels}"]
        for image in self.images:
            noisy = f" {image.noisy_sha256}" if image.load_noisy else ""
            lines.append(f"{image.id} {image.sha256}{noisy}")
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

        def gray_file(image: ImageFile) -> ImageFile:
            return replace(image, load=lambda: to_gray(image.load()))

        return replace(self, spec=spec, channels=GRAY, images=tuple(map(gray_file, self.images)))
