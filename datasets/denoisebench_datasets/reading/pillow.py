"""JPEG and BMP.  The first image of a JPEG file with several (as cameras write, with a preview)."""

import io
from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from denoisebench.plugin import COLOUR, GRAY, RefusedError
from denoisebench_datasets.reading.encoded import (
    EIGHT_BITS,
    UPRIGHT,
    Encoded,
    Stored,
    exif_orientation,
)
from denoisebench_datasets.reading.png import gray_of_equals, palette_channels

if TYPE_CHECKING:
    from PIL.ImageFile import ImageFile


def open_jpeg(data: bytes) -> Encoded:
    """As stored: an EXIF orientation is not applied."""
    from PIL.JpegImagePlugin import JpegImageFile

    return _opened(JpegImageFile(io.BytesIO(data)))


def open_bmp(data: bytes) -> Encoded:
    """Its rows from the top down."""
    from PIL.BmpImagePlugin import BmpImageFile

    return _opened(BmpImageFile(io.BytesIO(data)))


def _opened(image: "ImageFile") -> Encoded:
    """An image opened by its format's class: `Image.open` limits its size too."""
    if image.mode not in ("1", "L", "P", "RGB", "RGBA"):
        raise RefusedError(f"is stored as {image.mode}; convert it to RGB or gray")
    channels = GRAY if image.mode in ("1", "L") else COLOUR
    if image.palette is not None:  # `image.getpalette` would decode the pixels
        order, colours = image.palette.getdata()
        entries = np.frombuffer(colours, np.uint8).reshape(-1, len(order))
        channels = palette_channels(np.ascontiguousarray(entries[:, : len("RGB")]))
    samples = {"1": 1, "L": 1, "RGBA": 4}.get(image.mode, 3)
    width, height = image.size
    decode = partial(_decode, image, channels)
    orientation = exif_orientation(image.info["exif"]) if "exif" in image.info else UPRIGHT
    return Encoded(
        (channels, height, width), samples, EIGHT_BITS, 8, decode, orientation=orientation
    )


def _decode(image: "ImageFile", channels: int) -> Stored:
    converted = {"1": "L", "P": "RGB"}.get(image.mode)
    stored = np.asarray(image.convert(converted) if converted else image)
    return gray_of_equals(stored) if channels == GRAY and stored.ndim == 3 else stored
