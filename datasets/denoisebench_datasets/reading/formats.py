"""What is inside an image file: its shape by the header alone, and its values as they are stored.

One pair of functions a format: bytes -> (channels, height, width), and bytes -> values, (H, W) or
(H, W, samples).  Both raise RefusedError for a sound file that the suite does not take, and
anything else for a broken one.
"""

import io
import logging
import struct
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from denoisebench.plugin import COLOUR, GRAY

if TYPE_CHECKING:
    from PIL.Image import Image
    from tifffile import TiffFile, TiffPage

Stored = npt.NDArray[Any]  # (H, W) or (H, W, samples), in the file's own type
Shape = tuple[int, int, int]  # channels, height, width


class RefusedError(Exception):
    """A sound file that the suite does not take; the text continues the sentence 'NAME ...'."""


@contextmanager
def quiet(logger: logging.Logger) -> Iterator[None]:
    """Let `logger` say errors only."""
    level = logger.level
    logger.setLevel(logging.ERROR)
    try:
        yield
    finally:
        logger.setLevel(level)


# PNG.  Pillow reads 16-bit RGB as 8-bit, so libpng is used directly.


def _png_chunks(data: bytes) -> dict[bytes, bytes]:
    """What stands before the pixels: chunk type -> payload."""
    chunks: dict[bytes, bytes] = {}
    at = 8
    while at + 8 <= len(data):
        size, kind = struct.unpack_from(">I4s", data, at)
        if kind == b"IDAT":
            return chunks
        chunks[kind] = data[at + 8 : at + 8 + size]
        at += 12 + size
    raise ValueError("it ends before its pixels")


def _png_channels(data: bytes) -> int:
    chunks = _png_chunks(data)
    if b"acTL" in chunks:
        raise RefusedError("is animated; save one frame")
    colour_type = chunks[b"IHDR"][9]
    if colour_type == 3:
        return _palette_channels(np.frombuffer(chunks[b"PLTE"], np.uint8))
    return COLOUR if colour_type & 2 else GRAY


def png_shape(data: bytes) -> Shape:
    """Of the only frame."""
    channels = _png_channels(data)
    width, height = struct.unpack_from(">II", _png_chunks(data)[b"IHDR"])
    return channels, height, width


def decode_png(data: bytes) -> Stored:
    import imagecodecs

    channels = _png_channels(data)
    with quiet(logging.getLogger("imagecodecs")):  # it warns of odd colour profiles
        stored: Stored = imagecodecs.png_decode(data)
    return _gray_of_equals(stored) if channels == GRAY and stored.ndim == 3 else stored


def _palette_channels(palette: npt.NDArray[np.uint8]) -> int:
    colours = palette.reshape(-1, 3)
    return GRAY if (colours == colours[:, :1]).all() else COLOUR


def _gray_of_equals(stored: Stored) -> Stored:
    """A gray image of one whose R, G and B are equal; alpha stays.  (H, W, 1..4) -> (H, W, 1..2)"""
    return stored if stored.shape[2] < 3 else stored[:, :, [0, *range(3, stored.shape[2])]]


# JPEG and BMP


def _open_pillow(data: bytes) -> "Image":
    from PIL import Image

    image = Image.open(io.BytesIO(data), formats=("JPEG", "BMP"))
    if image.mode not in ("1", "L", "P", "RGB", "RGBA"):
        raise RefusedError(f"is stored as {image.mode}; convert it to RGB or gray")
    return image


def _pillow_channels(data: bytes) -> int:
    image = _open_pillow(data)
    if image.mode == "P":
        return _palette_channels(np.asarray(image.getpalette("RGB"), np.uint8))
    return GRAY if image.mode in ("1", "L") else COLOUR


def pillow_shape(data: bytes) -> Shape:
    """As stored: an EXIF orientation is not applied."""
    width, height = _open_pillow(data).size
    return _pillow_channels(data), height, width


def decode_pillow(data: bytes) -> Stored:
    channels, image = _pillow_channels(data), _open_pillow(data)
    if image.mode in ("1", "P"):
        image = image.convert("L" if image.mode == "1" else "RGB")
    stored = np.asarray(image)
    return _gray_of_equals(stored) if channels == GRAY and stored.ndim == 3 else stored


# TIFF


def _tiff_page(tiff: "TiffFile") -> tuple["TiffPage", str]:
    """The only image of a TIFF file, and what its values mean: MINISBLACK, MINISWHITE or RGB."""
    from tifffile import PHOTOMETRIC

    page = tiff.pages.first
    meaning = PHOTOMETRIC(page.photometric).name
    if len(tiff.pages) != 1 or len(tiff.series) != 1 or tiff.series[0].size != page.size:
        raise RefusedError("holds several images; save each as a file of its own")
    if meaning not in ("MINISBLACK", "MINISWHITE", "RGB"):
        raise RefusedError(f"is stored as {meaning}; convert it to RGB or gray")
    if page.axes not in ("YX", "YXS", "SYX") or page.samplesperpixel > 4 or page.dtype is None:
        raise RefusedError(f"has axes {page.axes}; a gray or RGB image is wanted")
    if page.dtype.kind == "u" and page.bitspersample != 8 * page.dtype.itemsize:
        raise RefusedError(f"holds {page.bitspersample}-bit values; save it as 8 or 16 bits")
    return page, meaning


def tiff_shape(data: bytes) -> Shape:
    """Of the only page."""
    import tifffile

    with tifffile.TiffFile(io.BytesIO(data)) as tiff:
        page, meaning = _tiff_page(tiff)
        return COLOUR if meaning == "RGB" else GRAY, page.imagelength, page.imagewidth


def decode_tiff(data: bytes) -> Stored:
    import tifffile

    with tifffile.TiffFile(io.BytesIO(data)) as tiff:
        page, meaning = _tiff_page(tiff)
        stored: Stored = page.asarray()
        if page.axes == "SYX":
            stored = stored.transpose(1, 2, 0)
        if meaning == "MINISWHITE":
            stored = ~stored  # largest value - value
        return stored
