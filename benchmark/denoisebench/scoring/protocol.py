"""The rules that a protocol may have, and scoring by them.

The protocols themselves are in `protocols`; `protocol_text` says their rules in words.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal, NamedTuple

import numpy as np

from denoisebench.errors import UserError
from denoisebench.images.channels import COLOUR
from denoisebench.images.image_set import ImageSet
from denoisebench.images.pixels import Pixels
from denoisebench.scoring.metrics import Array, Float64, psnr_db, ssim
from denoisebench.specs import Spec, parse_spec

LUMA_STUDIO = (65.481, 128.553, 24.966)
"""Weights of R, G, B in BT.601's luma of studio range, 16 to 235, as Matlab's rgb2ycbcr has it."""


@dataclass(frozen=True, slots=True)
class Scores:
    """The score of one estimate of one image."""

    psnr_db: float
    ssim: float


class Compared(NamedTuple):
    """The two images that are compared: (C, H, W) each, with black 0 and white `white`."""

    estimate: Array
    clean: Array
    white: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Protocol:
    """Rules of evaluation.  An image's score is the mean over its repeats.

    Raises UserError for an average that is not db: a setting changes that, and labels say so.

    >>> str(Protocol(name="cut", version=1, summary="without 8 pixels at each side", border_px=8))
    'cut-1'
    """

    name: str
    version: int
    summary: str

    square_multiple_px: int | None = None
    """Images are reflected at the bottom and the right, to a square as large as the largest side,
    rounded up to a multiple of this; the estimate is cropped.  None: images are denoised as they
    are."""

    square_of: Literal["clean", "noisy"] = "clean"
    """What is reflected to a square: clean images, to one square for the set, before the noise; or
    each noisy image to one of its own, so that what lies outside mirrors the noise too."""

    noise_by: Literal["image", "size"] = "image"
    """The key of an image's noise: its pixels, or its size. With its size, images of one size share
    one field, and one level if the noise is a range."""

    noisy: Literal["float", "8-bit"] = "float"
    """The input of the denoiser: the noisy image as it is, or clipped to [0, 1] and rounded to 8
    bits."""

    repeats: tuple[tuple[str, int], ...] = ()
    """How often the images of a set are scored, each time with new noise; once, if not named.  A
    gray version of a set counts as the set."""

    estimate: Literal["float", "half-up", "half-even", "truncated"] = "float"
    """The values that are compared. Either the estimate clipped to [0, 1] with the clean image as
    it is, or the estimate's 8-bit levels, rounded or truncated, with the rounded clean image."""

    channels: Literal["stored", "luma"] = "stored"
    """The compared part of RGB: its channels, or its luma (`LUMA_STUDIO`).  Gray is as it is."""

    border_px: int = 0
    """The rows and columns at each side of an image that are left out."""

    average: Literal["db", "mse"] = "db"
    """The average over the images of a set: of their PSNRs, or of their mean squared errors,
    followed by the PSNR of that mean."""

    departures: tuple[str, ...] = ()
    """Where these rules, or the images, are not those of the code they are named after."""

    changes: tuple[tuple[str, str], ...] = ()
    """The settings that were changed, by name, and their values as they are typed."""

    def __post_init__(self) -> None:
        if self.average != "db" and "average" not in dict(self.changes):
            raise UserError(
                f"protocol {self.name}: average stays db; {self.name}:average={self.average}"
                " changes it, and labels then say so"
            )

    def __str__(self) -> str:
        """The label that results carry: `float-1`."""
        return str(Spec(f"{self.name}-{self.version}", (), self.changes))

    @property
    def spec(self) -> str:
        """The name to type: `float`."""
        return str(Spec(self.name, (), self.changes))

    def repeats_of(self, image_set: str) -> int:
        """How often each image of the set with this spec is scored."""
        return dict(self.repeats).get(parse_spec(image_set).name.removesuffix("-gray"), 1)

    def square_px(self, images: Iterable[Pixels]) -> int | None:
        """The side of the square that images are padded to; None for no padding.

        images: all clean ones of a set, or one noisy one: see `square_of`.
        """
        if self.square_multiple_px is None:
            return None
        largest: int = max(side for image in images for side in image.shape[1:])
        return -(-largest // self.square_multiple_px) * self.square_multiple_px

    @property
    def pads_clean(self) -> bool:
        """Whether an image is padded before the noise is added."""
        return self.square_multiple_px is not None and self.square_of == "clean"

    def refuse(self, image_set: ImageSet, *, transductive: bool) -> None:
        """Raise UserError for a set, or a training on what is scored, that these rules rule out.

        transductive: whether training sees the very noisy images that are scored.
        """
        if image_set.noisy_is_given and self.pads_clean:
            raise UserError(
                f"protocol {self.spec} pads an image before the noise is added, and"
                f" {image_set.spec} gives its noisy images: give --protocol float"
            )
        done = self._not_as_trained_on()
        if transductive and done:
            raise UserError(
                f"--train-set test trains on the noisy images that are scored, which protocol"
                f" {self.spec} {done}: give --protocol float"
            )

    def _not_as_trained_on(self) -> str:
        """What is done to the noisy images that are scored and to no others; mostly nothing."""
        if self.pads_clean:
            return "pads before the noise is added"
        if self.noise_by == "size":
            return "gives one noise field to all images of a size"
        return "rounds to 8 bits" if self.noisy == "8-bit" else ""

    def shown(self, noisy: Pixels) -> Pixels:
        """The denoiser's input, from a noisy image.  (C, H, W)"""
        if self.noisy == "float":
            return noisy
        pixels: Pixels = (levels_255(noisy) / 255.0).astype(np.float32)
        return pixels

    def score(self, estimate: Pixels, clean: Pixels) -> Scores:
        """Score `estimate`.  (C, H, W) each.

        Raises ValueError when the shapes differ, UserError when the border is the whole image.
        """
        x, y, white = self.compared(estimate, clean)
        return Scores(psnr_db(x, y, data_range=white), ssim(x, y, data_range=white))

    def compared(self, estimate: Pixels, clean: Pixels) -> Compared:
        """The compared parts of an estimate and its clean image; raises like `score`."""
        pair: tuple[Array, Array]
        if self.estimate == "float":
            pair, white = (np.clip(estimate, 0.0, 1.0), clean), 1.0
        else:
            pair, white = (_LEVELS[self.estimate](estimate), levels_255(clean)), 255.0
        if self.channels == "luma":
            pair = luma(pair[0], white), luma(pair[1], white)
        height, width = clean.shape[1:]
        px = self.border_px
        if min(height, width) <= 2 * px:
            raise UserError(
                f"protocol {self.spec} leaves nothing of an image of {width}×{height} pixels:"
                " give a smaller border_px"
            )
        inside = (slice(None), slice(px, height - px), slice(px, width - px))
        return Compared(pair[0][inside], pair[1][inside], white)


def padded_to_square(image: Pixels, side_px: int) -> Pixels:
    """Reflect an image about its last row and column, again and again where it is small.

    (C, H, W) -> (C, side_px, side_px), the image being at the top left.
    """
    _, height, width = image.shape
    return np.pad(image, ((0, 0), (0, side_px - height), (0, side_px - width)), mode="reflect")


def levels_255(pixels: Pixels) -> Float64:
    """The 8-bit levels of pixels, halves rounded up: floor(clip(255 v + 0.5, 0, 255))."""
    return np.floor(np.clip(255.0 * pixels.astype(np.float64) + 0.5, 0.0, 255.0))


def luma(pixels: Array, white: float) -> Array:
    """BT.601's luma of studio range: Y = (16 white + 65.481 R + 128.553 G + 24.966 B) / 255.

    (3, H, W) -> (1, H, W), in the unit of `white`; a gray image passes through as it is.
    """
    if len(pixels) != COLOUR:
        return pixels
    weighted: Float64 = np.tensordot(np.array(LUMA_STUDIO), pixels.astype(np.float64), 1)
    return (weighted[None] + 16.0 * white) / 255.0


def _half_even(pixels: Pixels) -> Float64:
    return np.rint(_times_255(pixels)).astype(np.float64)


def _truncated(pixels: Pixels) -> Float64:
    return np.floor(_times_255(pixels)).astype(np.float64)


def _times_255(pixels: Pixels) -> Pixels:
    """In float32, as the papers' codes multiply: what was 8 bits is a whole number again."""
    return np.clip(pixels, 0.0, 1.0) * np.float32(255.0)


_LEVELS: Mapping[str, Callable[[Pixels], Float64]] = MappingProxyType(
    {"half-up": levels_255, "half-even": _half_even, "truncated": _truncated}
)
