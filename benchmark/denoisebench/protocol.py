"""Protocols: the frozen rules by which an estimate is scored against its clean image.

A protocol's label (`float-1`) is part of every result.  Rules never change under a label: another
rule is another name or a higher version.

`nvlabs` is the evaluation of Laine, Karras, Lehtinen and Aila, "High-quality self-supervised deep
image denoising", NeurIPS 2019, as their official code has it.  Departures: the noise is this
suite's; the gray version of a set is its luma, where theirs is the mean of the channels; the code
has no SSIM, so that ours is of the 8-bit images its PSNR is of.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal

import numpy as np

from denoisebench.errors import UserError, unknown_name
from denoisebench.images import ImageSet, Pixels
from denoisebench.metrics import Array, Float64, psnr_db, ssim
from denoisebench.specs import parse_spec


@dataclass(frozen=True, slots=True)
class Scores:
    """What one estimate of one image is worth."""

    psnr_db: float
    ssim: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Protocol:
    """Rules of evaluation.  A set's figure is the arithmetic mean of its images' scores, an image's
    the mean over its repeats.

    Under all of them the noisy image is float, neither clipped nor rounded, an image is scored
    whole, as it is (RGB or gray), in float64, and the estimate is clipped to [0, 1].
    """

    name: str
    version: int
    summary: str

    square_multiple_px: int | None = None
    """Before noise is added, clean images are reflected at the bottom and the right, to a square as
    large as the largest side of the set, rounded up to a multiple of this; the estimate is cropped.
    None: images are denoised as they are."""

    repeats: tuple[tuple[str, int], ...] = ()
    """How often the images of a set are scored, each time with new noise; once, if not named.  A
    gray version of a set counts as the set."""

    compared: Literal["float", "8-bit"] = "float"
    """What is compared: the estimate and the clean image as they are, or both in 8 bits."""

    def __str__(self) -> str:
        """The label that results carry: `float-1`."""
        return f"{self.name}-{self.version}"

    def repeats_of(self, image_set: str) -> int:
        """How often each image of the set with this spec is scored."""
        return dict(self.repeats).get(parse_spec(image_set).name.removesuffix("-gray"), 1)

    def square_px(self, images: Iterable[Pixels]) -> int | None:
        """The side of the square that all images of a set are padded to; None for no padding."""
        if self.square_multiple_px is None:
            return None
        largest: int = max(side for image in images for side in image.shape[1:])
        return -(-largest // self.square_multiple_px) * self.square_multiple_px

    def refuse(self, image_set: ImageSet, *, transductive: bool) -> None:
        """Raise UserError for a set, or a training on what is scored, that these rules rule out.

        transductive: whether training sees the very noisy images that are scored.
        """
        if self.square_multiple_px is None:
            return
        if image_set.noisy_is_given:
            raise UserError(
                f"protocol {self.name} pads an image before the noise is added, and"
                f" {image_set.spec} gives its noisy images: give --protocol float"
            )
        if transductive:
            raise UserError(
                f"--train-set test trains on the noisy images that are scored, which protocol"
                f" {self.name} pads before the noise is added: give --protocol float"
            )

    def score(self, estimate: Pixels, clean: Pixels) -> Scores:
        """Score `estimate`.  (C, H, W) each.  Raises ValueError when the shapes differ."""
        if self.compared == "8-bit":
            return _scores(levels_255(estimate), levels_255(clean), data_range=255.0)
        return _scores(np.clip(estimate, 0.0, 1.0), clean, data_range=1.0)


def padded_to_square(clean: Pixels, side_px: int) -> Pixels:
    """Reflect an image about its last row and column, again and again where it is small.

    (C, H, W) -> (C, side_px, side_px), the image being at the top left.
    """
    _, height, width = clean.shape
    return np.pad(clean, ((0, 0), (0, side_px - height), (0, side_px - width)), mode="reflect")


def levels_255(pixels: Pixels) -> Float64:
    """The 8-bit levels of pixels, halves rounded up: floor(clip(255 v + 0.5, 0, 255))."""
    return np.floor(np.clip(255.0 * pixels.astype(np.float64) + 0.5, 0.0, 255.0))


def _scores(estimate: Array, clean: Array, *, data_range: float) -> Scores:
    return Scores(
        psnr_db(estimate, clean, data_range=data_range),
        ssim(estimate, clean, data_range=data_range),
    )


_FLOAT = Protocol(
    name="float",
    version=1,
    summary="float noisy input, not clipped; estimate clipped to [0, 1]; whole RGB or gray image",
)

_NVLABS_REPEATS = (("kodak", 10), ("bsd300", 3), ("set14", 20))
_NVLABS = Protocol(
    name="nvlabs",
    version=1,
    summary=(
        "clean images reflected to one square for the set before the noise; float noisy input, not"
        " clipped; estimate cropped, then it and the clean image in 8 bits; with new noise each"
        f" time, {', '.join(f'{name} ×{count}' for name, count in _NVLABS_REPEATS)}"
    ),
    square_multiple_px=32,
    repeats=_NVLABS_REPEATS,
    compared="8-bit",
)

PROTOCOLS: Mapping[str, Protocol] = MappingProxyType({p.name: p for p in (_FLOAT, _NVLABS)})


def get_protocol(name: str) -> Protocol:
    """The protocol called `name`.  Raises UserError when there is none."""
    if name not in PROTOCOLS:
        raise unknown_name("protocol", name, PROTOCOLS)
    return PROTOCOLS[name]
