"""One image file -> pixels: PNG, JPEG, BMP, TIFF and .npy; integers and floats; gray and RGB.

Pixels come as they are stored: no EXIF orientation, gamma or colour profile is applied.  A file is
known by its first bytes, not by its ending.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np

from denoisebench.plugin import (
    Pixels,
    RefusedError,
    UserError,
    ordinary_file,
    why_too_compressed,
    why_too_large,
)
from denoisebench_datasets.reading.encoded import Encoded, Stored
from denoisebench_datasets.reading.npy import MAGIC, open_npy
from denoisebench_datasets.reading.pillow import open_bmp, open_jpeg
from denoisebench_datasets.reading.png import open_png
from denoisebench_datasets.reading.scale import Scale
from denoisebench_datasets.reading.tiff import open_tiff

ENDINGS = (".png", ".jpg", ".jpeg", ".bmp", ".tif", ".tiff", ".npy")


REASON_LENGTH = 200  # of what a library says of a broken file


def read_image(path: str | Path) -> Pixels:
    """The pixels of an image file, (C, H, W).  Raises UserError for a file that cannot be used."""
    return decode_image(read_bytes(path), str(path))


def read_bytes(path: str | Path) -> bytes:
    """A file's bytes.  Raises UserError when it cannot be read, or is a pipe or device."""
    path = Path(path)
    try:
        return ordinary_file(path).read_bytes()
    except OSError as error:
        raise UserError(f"{path} cannot be read: {error.strerror or error}") from None


def decode_image(data: bytes, name: str, scale: Scale = Scale()) -> Pixels:  # noqa: B008 - frozen
    """The pixels in a file's bytes, (C, H, W).  name: for the UserError of an unusable one."""
    with _told_about(name):
        encoded = _opened(data)
        pixels = scale.pixels(_decoded(encoded), encoded)
        return np.ascontiguousarray(pixels.transpose(2, 0, 1))


def largest_value(data: bytes, name: str) -> float:
    """The largest value in a file's bytes, in the file's own unit.  name: as of `decode_image`."""
    with _told_about(name):
        stored = _decoded(_opened(data))
        if stored.dtype.kind == "f" and not np.isfinite(stored).all():
            raise RefusedError("holds NaN or infinite values")
        return float(stored.max())


def open_image(data: bytes, name: str) -> Encoded:
    """The header of a file's bytes.  name: for the UserError of an unusable file."""
    with _told_about(name):
        return _opened(data)


@contextmanager
def _told_about(name: str) -> Iterator[None]:
    try:
        yield
    except UserError:
        raise
    except RefusedError as error:
        raise UserError(f"{name} {_cut(str(error))}") from None
    except MemoryError:
        raise UserError(f"{name} is too large for the memory of this machine") from None
    except Exception as error:  # noqa: BLE001 - a broken file can raise anything in four libraries
        reason = (str(error).splitlines() or [""])[0] or type(error).__name__
        raise UserError(f"{name} cannot be read as an image: {_cut(reason)}") from None


def _cut(text: str) -> str:
    """A reason without what a file may put into it at any length."""
    return text if len(text) <= 2 * REASON_LENGTH else f"{text[:REASON_LENGTH]} ..."


def _opened(data: bytes) -> Encoded:
    """The header.  RefusedError for what is no image, and for more pixels than are read."""
    encoded = _format(data)(data)
    channels, height, width = encoded.shape
    if min(height, width) < 1:
        raise ValueError(f"it is {width}×{height} pixels")
    floats = channels * height * width * np.dtype(np.float32).itemsize
    decoded = encoded.decoded_bytes
    why = why_too_large(width, height, decoded + floats) or why_too_compressed(
        width, height, decoded, len(data)
    )
    if why:
        raise RefusedError(why)
    return encoded


def _format(data: bytes) -> Callable[[bytes], Encoded]:
    for start, opened in _FORMATS.items():
        if data.startswith(start):
            return opened
    raise RefusedError(
        "is empty"
        if not data
        else "is not a PNG, JPEG, BMP, TIFF or .npy image, by its first bytes"
    )


_FORMATS: dict[bytes, Callable[[bytes], Encoded]] = {
    b"\x89PNG\r\n\x1a\n": open_png,
    b"\xff\xd8\xff": open_jpeg,
    b"BM": open_bmp,
    b"II*\0": open_tiff,
    b"MM\0*": open_tiff,
    b"II+\0": open_tiff,
    b"MM\0+": open_tiff,
    MAGIC: open_npy,
}


def _decoded(encoded: Encoded) -> Stored:
    """The values, (H, W, 1 or 3), of the shape that the header says; opaque alpha is dropped."""
    stored = encoded.decode()
    if stored.ndim == 2:
        stored = stored[:, :, None]
    channels, height, width = encoded.shape
    alpha = stored[:, :, channels:]
    if stored.shape[:2] != (height, width) or stored.shape[2] < channels or alpha.shape[2] > 1:
        raise ValueError(f"its header says {encoded.shape} and its pixels are {stored.shape}")
    opaque = np.iinfo(stored.dtype).max if stored.dtype.kind in "iu" else 1
    if not np.all(alpha == opaque):
        raise RefusedError("has transparent pixels; flatten it onto a background first")
    return stored[:, :, :channels]
