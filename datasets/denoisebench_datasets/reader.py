"""One image file -> pixels: PNG, JPEG, BMP and TIFF; 8-bit, 16-bit and float; gray and RGB.

Pixels come as they are stored: no EXIF orientation, gamma or colour profile is applied.  A file is
known by its first bytes, not by its ending.
"""

import io
import logging
import struct
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from denoisebench.errors import UserError
from denoisebench.images import COLOUR, GRAY, Pixels

if TYPE_CHECKING:
    from PIL.Image import Image
    from tifffile import TiffFile, TiffPage

Stored = npt.NDArray[Any]  # (H, W) or (H, W, samples), in the file's own type

ENDINGS = (".png", ".jpg", ".jpeg", ".bmp", ".tif", ".tiff")


class _RefusedError(Exception):
    """A sound file that the suite does not take; the text continues the sentence 'NAME ...'."""


def read_image(path: str | Path) -> Pixels:
    """The pixels of an image file, (C, H, W).  Raises UserError for one that cannot be used."""
    return decode_image(read_bytes(path), str(path))


def read_bytes(path: str | Path) -> bytes:
    """A file's bytes.  Raises UserError when it cannot be read."""
    try:
        return Path(path).read_bytes()
    except OSError as error:
        raise UserError(f"{path} cannot be read: {error.strerror or error}") from None


def decode_image(data: bytes, name: str) -> Pixels:
    """The pixels in a file's bytes, (C, H, W).  name: for the UserError of an unusable one."""
    with _told_about(name):
        stored = _DECODERS[_kind(data)](data)
        if stored.ndim == 2:
            stored = stored[:, :, None]
        pixels = _scaled(_without_alpha(stored))
        return np.ascontiguousarray(pixels.transpose(2, 0, 1))


def stored_channels(data: bytes, name: str) -> int:
    """GRAY or COLOUR, by the header alone.  name: for the UserError of an unusable file."""
    with _told_about(name):
        return _HEADERS[_kind(data)](data)


@contextmanager
def quiet(logger: logging.Logger) -> Iterator[None]:
    """Let `logger` say errors only."""
    level = logger.level
    logger.setLevel(logging.ERROR)
    try:
        yield
    finally:
        logger.setLevel(level)


@contextmanager
def _told_about(name: str) -> Iterator[None]:
    try:
        yield
    except _RefusedError as error:
        raise UserError(f"{name} {error}") from None
    except Exception as error:  # noqa: BLE001 - a broken file can raise anything in three libraries
        reason = (str(error).splitlines() or [""])[0] or type(error).__name__
        raise UserError(f"{name} cannot be read as an image: {reason}") from None


def _kind(data: bytes) -> str:
    for start, kind in _MAGIC.items():
        if data.startswith(start):
            return kind
    raise _RefusedError(
        "is empty" if not data else "is not a PNG, JPEG, BMP or TIFF image, by its first bytes"
    )


def _without_alpha(stored: Stored) -> Stored:
    """(H, W, 1..4) -> (H, W, 1 or 3): alpha goes when it is opaque everywhere."""
    colours = {1: 1, 2: 1, 3: 3, 4: 3}[stored.shape[2]]
    alpha = stored[:, :, colours:]
    opaque = np.iinfo(stored.dtype).max if stored.dtype.kind == "u" else 1
    if not np.all(alpha == opaque):
        raise _RefusedError("has transparent pixels; flatten it onto a background first")
    return stored[:, :, :colours]


def _scaled(stored: Stored) -> Pixels:
    if stored.dtype in (np.uint8, np.uint16):
        return stored.astype(np.float32) / np.float32(np.iinfo(stored.dtype).max)
    if stored.dtype.kind not in "fb":
        raise _RefusedError(f"holds {stored.dtype} values; 8-bit, 16-bit and float are read")
    if not np.isfinite(stored).all():
        raise _RefusedError("holds NaN or infinite values")
    return stored.astype(np.float32)


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
        raise _RefusedError("is animated; save one frame")
    colour_type = chunks[b"IHDR"][9]
    if colour_type == 3:
        return _palette_channels(np.frombuffer(chunks[b"PLTE"], np.uint8))
    return COLOUR if colour_type & 2 else GRAY


def _decode_png(data: bytes) -> Stored:
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
        raise _RefusedError(f"is stored as {image.mode}; convert it to RGB or gray")
    return image


def _pillow_channels(data: bytes) -> int:
    image = _open_pillow(data)
    if image.mode == "P":
        return _palette_channels(np.asarray(image.getpalette("RGB"), np.uint8))
    return GRAY if image.mode in ("1", "L") else COLOUR


def _decode_pillow(data: bytes) -> Stored:
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
        raise _RefusedError("holds several images; save each as a file of its own")
    if meaning not in ("MINISBLACK", "MINISWHITE", "RGB"):
        raise _RefusedError(f"is stored as {meaning}; convert it to RGB or gray")
    if page.axes not in ("YX", "YXS", "SYX") or page.samplesperpixel > 4 or page.dtype is None:
        raise _RefusedError(f"has axes {page.axes}; a gray or RGB image is wanted")
    if page.dtype.kind == "u" and page.bitspersample != 8 * page.dtype.itemsize:
        raise _RefusedError(f"holds {page.bitspersample}-bit values; save it as 8 or 16 bits")
    return page, meaning


def _tiff_channels(data: bytes) -> int:
    import tifffile

    with tifffile.TiffFile(io.BytesIO(data)) as tiff:
        return COLOUR if _tiff_page(tiff)[1] == "RGB" else GRAY


def _decode_tiff(data: bytes) -> Stored:
    import tifffile

    with tifffile.TiffFile(io.BytesIO(data)) as tiff:
        page, meaning = _tiff_page(tiff)
        stored: Stored = page.asarray()
        if page.axes == "SYX":
            stored = stored.transpose(1, 2, 0)
        if meaning == "MINISWHITE":
            stored = ~stored  # largest value - value
        return stored


_MAGIC = {
    b"\x89PNG\r\n\x1a\n": "png",
    b"\xff\xd8\xff": "jpeg",
    b"BM": "bmp",
    b"II*\0": "tiff",
    b"MM\0*": "tiff",
    b"II+\0": "tiff",
    b"MM\0+": "tiff",
}
_DECODERS: dict[str, Callable[[bytes], Stored]] = {
    "png": _decode_png,
    "jpeg": _decode_pillow,
    "bmp": _decode_pillow,
    "tiff": _decode_tiff,
}
_HEADERS: dict[str, Callable[[bytes], int]] = {
    "png": _png_channels,
    "jpeg": _pillow_channels,
    "bmp": _pillow_channels,
    "tiff": _tiff_channels,
}
