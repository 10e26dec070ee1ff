"""PNG of 8 or 16 bits, gray or RGB.  All chunks but the pixels are copied as they are."""

import struct
import zlib
from collections.abc import Iterator
from functools import cached_property
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np

from denoisebench.image_files.axes import fitting_axes
from denoisebench.image_files.refusals import RefusedError
from denoisebench.image_files.source import ALL_ROWS, OneFile, ReadRows, Stored

SIGNATURE = b"\x89PNG\r\n\x1a\n"
_COLOUR_TYPES = {0: ("gray", 1, 0), 2: ("RGB", 3, 0), 4: ("gray", 1, 1), 6: ("RGB", 3, 1)}
"""Colour type -> name, channels, and samples of alpha."""
_PALETTE = 3
Chunk = tuple[bytes, bytes]

COMPRESSION, RUNS_ALONE, PAETH = 4, 3, 0x80
"""zlib's level and strategy, and PNG's filter of all rows.

Denoised photographs hold runs of one difference, and hardly ever the same pixels twice.  The search
for these takes twice the time, and makes files of 8 bits 1 % larger, of 16 bits 3 %; at level 6 it
takes 5 times the time, and makes them 2 % smaller.  A filter chosen for each row takes longer, and
makes files little smaller."""


class PngPixels(OneFile):
    """One image.  Alpha must be opaque throughout, and is written back."""

    holds_floats = False

    def __init__(self, path: Path, axes: str | None, series: int) -> None:
        chunks = dict(read_chunks(path.read_bytes()))
        if b"IDAT" not in chunks:
            raise ValueError("it ends before its pixels")
        if b"acTL" in chunks:
            raise RefusedError("is animated; save one frame")
        width, height, bits, colour_type = struct.unpack_from(">IIBB", chunks[b"IHDR"])
        if colour_type == _PALETTE:
            raise RefusedError("has a palette; convert it to RGB or gray")
        if bits not in (8, 16):
            raise RefusedError(f"holds {bits}-bit values; convert it to 8 or 16 bits")
        if b"tRNS" in chunks:
            raise RefusedError("has a transparent colour; flatten it onto a background first")
        _, channels, self._alpha = _COLOUR_TYPES[colour_type]
        found, shape = ("YXS", (height, width, 3)) if channels == 3 else ("YX", (height, width))
        dtype = np.dtype(np.uint16 if bits == 16 else np.uint8)
        super().__init__(path, fitting_axes(axes, found, shape), shape, dtype, "png")

    @cached_property
    def _pixels(self) -> Stored:
        import imagecodecs

        decoded: Stored = imagecodecs.png_decode(self.path.read_bytes())
        samples = self.channels + self._alpha
        wanted = (self.height, self.width, *((samples,) if samples > 1 else ()))
        if decoded.shape != wanted or decoded.dtype != self.dtype:
            raise ValueError(f"its pixels are {decoded.shape}, its header says {self.shape}")
        if not self._alpha:
            return decoded
        if not np.all(decoded[:, :, -1] == np.iinfo(self.dtype).max):
            raise RefusedError("has transparent pixels; flatten it onto a background first")
        return decoded[:, :, :-1] if self.channels > 1 else decoded[:, :, 0]

    def _read(self, plane: int, start: int, stop: int) -> Stored:
        return self._pixels[start:stop]

    def rewrite(
        self, target: BinaryIO, rows: ReadRows, dtype: "np.dtype[Any]", note: str
    ) -> tuple[str, ...]:
        """The chunks before the pixels, the new pixels, and the chunks after them."""
        pixels = rows((), ALL_ROWS)
        if self._alpha:
            opaque = np.full((self.height, self.width, 1), np.iinfo(dtype).max, dtype)
            pixels = np.dstack([pixels, opaque])
        write_png(target, read_chunks(self.path.read_bytes()), pixels, note)
        return ()


def write_png(target: BinaryIO, chunks: "Iterator[Chunk]", pixels: Stored, note: str) -> None:
    """Write a PNG of `pixels` with the other chunks of `chunks`, in their order.

    note: becomes a text chunk.  chunks: the header, what precedes the pixels, IDAT, what follows.
    """
    import imagecodecs

    encoded = imagecodecs.png_encode(
        np.ascontiguousarray(pixels), level=COMPRESSION, strategy=RUNS_ALONE, filter=PAETH
    )
    new = [chunk for chunk in read_chunks(bytes(encoded)) if chunk[0] in (b"IHDR", b"IDAT")]
    target.write(SIGNATURE)
    _put(target, new[0])
    written = False
    for kind, data in chunks:
        if kind == b"IDAT" and not written:
            for chunk in new[1:]:
                _put(target, chunk)
            written = True
        if kind not in (b"IHDR", b"IDAT", b"IEND"):
            _put(target, (kind, data))
    if note:
        _put(target, (b"iTXt", b"Software\0\0\0\0\0" + note.encode("utf-8", "replace")))
    _put(target, (b"IEND", b""))


def _put(target: BinaryIO, chunk: Chunk) -> None:
    kind, data = chunk
    target.write(struct.pack(">I", len(data)) + kind + data)
    target.write(struct.pack(">I", zlib.crc32(data, zlib.crc32(kind))))


def read_chunks(data: bytes) -> Iterator[Chunk]:
    """Type and payload of each chunk up to the end."""
    at = len(SIGNATURE)
    while at + 12 <= len(data):
        size, kind = struct.unpack_from(">I4s", data, at)
        yield kind, data[at + 8 : at + 8 + size]
        at += 12 + size
