"""PNG.  Pillow reads 16-bit RGB as 8-bit, so libpng is used directly."""

import logging
import struct
from functools import partial

import numpy as np
import numpy.typing as npt

from denoisebench.plugin import COLOUR, GRAY, RefusedError
from denoisebench_datasets.reading.encoded import (
    EIGHT_BITS,
    SIXTEEN_BITS,
    UPRIGHT,
    Encoded,
    Stored,
    exif_orientation,
    quiet,
)

_PALETTE = 3
_SAMPLES = {0: 1, 2: 3, _PALETTE: 3, 4: 2, 6: 4}
"""Values of a pixel, by the colour type; of a palette the colours that it stands for."""


def open_png(data: bytes) -> Encoded:
    """The only frame."""
    chunks = _chunks_before_pixels(data)
    if b"acTL" in chunks:
        raise RefusedError("is animated; save one frame")
    width, height, bits, colour_type = struct.unpack_from(">IIBB", chunks[b"IHDR"])
    channels = COLOUR if colour_type & 2 else GRAY
    if colour_type == _PALETTE:
        channels, bits = palette_channels(np.frombuffer(chunks[b"PLTE"], np.uint8)), 8
    return Encoded(
        (channels, height, width),
        _SAMPLES[colour_type] + (b"tRNS" in chunks),
        SIXTEEN_BITS if bits == 16 else EIGHT_BITS,
        max(bits, 8),  # fewer are spread over the 8 bits
        partial(_decode, data, channels),
        orientation=exif_orientation(chunks[b"eXIf"]) if b"eXIf" in chunks else UPRIGHT,
    )


def _chunks_before_pixels(data: bytes) -> dict[bytes, bytes]:
    """Chunk type -> payload."""
    chunks: dict[bytes, bytes] = {}
    at = 8
    while at + 8 <= len(data):
        size, kind = struct.unpack_from(">I4s", data, at)
        if kind == b"IDAT":
            return chunks
        chunks[kind] = data[at + 8 : at + 8 + size]
        at += 12 + size
    raise ValueError("it ends before its pixels")


def _decode(data: bytes, channels: int) -> Stored:
    import imagecodecs

    with quiet(logging.getLogger("imagecodecs")):  # it warns of odd colour profiles
        stored: Stored = imagecodecs.png_decode(data)
    return gray_of_equals(stored) if channels == GRAY and stored.ndim == 3 else stored


def palette_channels(palette: npt.NDArray[np.uint8]) -> int:
    """Gray where all colours of a palette R, G, B, R, G, B, ... are."""
    colours = palette.reshape(-1, 3)
    return GRAY if (colours == colours[:, :1]).all() else COLOUR


def gray_of_equals(stored: Stored) -> Stored:
    """A gray image of one whose R, G and B are equal; alpha stays.  (H, W, 1..4) -> (H, W, 1..2)"""
    return stored if stored.shape[2] < 3 else stored[:, :, [0, *range(3, stored.shape[2])]]
