"""One image file -> pixels: PNG, JPEG, BMP, TIFF and .npy; 8-bit, 16-bit and float; gray and RGB.

Pixels come as they are stored: no EXIF orientation, gamma or colour profile is applied.  A file is
known by its first bytes, not by its ending.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np

from denoisebench.plugin import Pixels, UserError
from denoisebench_datasets.reading import formats, npy
from denoisebench_datasets.reading.formats import RefusedError, Shape, Stored

ENDINGS = (".png", ".jpg", ".jpeg", ".bmp", ".tif", ".tiff", ".npy")


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


def stored_shape(data: bytes, name: str) -> Shape:
    """Channels (1 or 3), height and width, by the header.  name: for the UserError of an unusable
    file."""
    with _told_about(name):
        return _SHAPES[_kind(data)](data)


@contextmanager
def _told_about(name: str) -> Iterator[None]:
    try:
        yield
    except RefusedError as error:
        raise UserError(f"{name} {error}") from None
    except Exception as error:  # noqa: BLE001 - a broken file can raise anything in four libraries
        reason = (str(error).splitlines() or [""])[0] or type(error).__name__
        raise UserError(f"{name} cannot be read as an image: {reason}") from None


def _kind(data: bytes) -> str:
    for start, kind in _MAGIC.items():
        if data.startswith(start):
            return kind
    raise RefusedError(
        "is empty"
        if not data
        else "is not a PNG, JPEG, BMP, TIFF or .npy image, by its first bytes"
    )


def _without_alpha(stored: Stored) -> Stored:
    """(H, W, 1..4) -> (H, W, 1 or 3): alpha goes when it is opaque everywhere."""
    colours = {1: 1, 2: 1, 3: 3, 4: 3}[stored.shape[2]]
    alpha = stored[:, :, colours:]
    opaque = np.iinfo(stored.dtype).max if stored.dtype.kind == "u" else 1
    if not np.all(alpha == opaque):
        raise RefusedError("has transparent pixels; flatten it onto a background first")
    return stored[:, :, :colours]


def _scaled(stored: Stored) -> Pixels:
    if stored.dtype in (np.uint8, np.uint16):
        return stored.astype(np.float32) / np.float32(np.iinfo(stored.dtype).max)
    if stored.dtype.kind not in "fb":
        raise RefusedError(f"holds {stored.dtype} values; 8-bit, 16-bit and float are read")
    if not np.isfinite(stored).all():
        raise RefusedError("holds NaN or infinite values")
    return stored.astype(np.float32)


_MAGIC = {
    b"\x89PNG\r\n\x1a\n": "png",
    b"\xff\xd8\xff": "jpeg",
    b"BM": "bmp",
    b"II*\0": "tiff",
    b"MM\0*": "tiff",
    b"II+\0": "tiff",
    b"MM\0+": "tiff",
    npy.MAGIC: "npy",
}
_DECODERS: dict[str, Callable[[bytes], Stored]] = {
    "png": formats.decode_png,
    "jpeg": formats.decode_pillow,
    "bmp": formats.decode_pillow,
    "tiff": formats.decode_tiff,
    "npy": npy.decode_npy,
}
_SHAPES: dict[str, Callable[[bytes], Shape]] = {
    "png": formats.png_shape,
    "jpeg": formats.pillow_shape,
    "bmp": formats.pillow_shape,
    "tiff": formats.tiff_shape,
    "npy": npy.npy_shape,
}
