"""TIFF of one page, gray or RGB."""

import io
import logging
import math
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from denoisebench.plugin import COLOUR, GRAY
from denoisebench_datasets.reading.encoded import UPRIGHT, Encoded, RefusedError, Stored, quiet

if TYPE_CHECKING:
    from tifffile import TiffFile, TiffPage

_COLOURS = {"MINISBLACK": GRAY, "MINISWHITE": GRAY, "RGB": COLOUR}
_ALPHA = (1, 2)  # of ExtraSamples; 0 is a sample of unspecified meaning
_PHOTOMETRIC, _ORIENTATION, _NODATA = 262, 274, 42113  # tags
_MOST_IN_PARTS = 2**24  # values in all strips or tiles that are harmless, whatever the image's size
_COMPRESSIONS = (
    *("NONE", "LZW", "ADOBE_DEFLATE", "DEFLATE", "PACKBITS", "LZMA", "ZSTD"),
    *("CCITTRLE", "CCITTFAX3", "CCITTFAX4"),
)
"""Of these tifffile decodes no more than a strip or tile has.  Parts that are image files of their
own (JPEG, JPEG 2000, WebP and the like) are decoded whole, in the size that each says itself."""
_OFFSETS, _BYTE_COUNTS = (273, 324), (279, 325)  # tags, of strips and of tiles


def open_tiff(data: bytes) -> Encoded:
    """The only page."""
    import tifffile

    with _silent():
        tiff = tifffile.TiffFile(io.BytesIO(data))
        page = _only_page(tiff)
        if min(page.imagelength, page.imagewidth) < 1:
            raise ValueError(f"it is {page.imagewidth}×{page.imagelength} pixels")
        meaning = _meaning(page)
        _refuse_layout(page, meaning)
        _refuse_compression(page)
        _refuse_missing_parts(page, len(data))
    assert page.dtype is not None  # refused with the layout
    return Encoded(
        (_COLOURS[meaning], page.imagelength, page.imagewidth),
        page.samplesperpixel,
        page.dtype,
        int(page.bitspersample),
        partial(_decode, page, meaning),
        _nodata(page),
        int(page.tags.valueof(_ORIENTATION, UPRIGHT)),
    )


@contextmanager
def _silent() -> Iterator[None]:
    """Keep tifffile's log from the terminal: what matters of it is checked or raised."""
    with quiet(logging.getLogger("tifffile"), logging.CRITICAL + 1):
        yield


def _only_page(tiff: "TiffFile") -> "TiffPage":
    page = tiff.pages.first
    if len(tiff.pages) != 1 or len(tiff.series) != 1 or tiff.series[0].size != page.size:
        raise RefusedError("holds several images; save each as a file of its own")
    return page


def _meaning(page: "TiffPage") -> str:
    """MINISBLACK, MINISWHITE or RGB.  Where the file does not say, as libtiff takes it."""
    from tifffile import PHOTOMETRIC

    if _PHOTOMETRIC not in page.tags and page.photometric == PHOTOMETRIC.MINISWHITE:
        if page.bitspersample == 1:
            raise RefusedError("does not say whether 0 is black or white; save it as 8 bits")
        return "RGB" if page.samplesperpixel >= COLOUR else "MINISBLACK"
    meaning = PHOTOMETRIC(page.photometric).name
    if meaning not in _COLOURS:
        raise RefusedError(f"is stored as {meaning}; convert it to RGB or gray")
    return meaning


def _refuse_layout(page: "TiffPage", meaning: str) -> None:
    """Raise RefusedError for axes, samples and types of values that are no gray or RGB image's."""
    extra = page.samplesperpixel - _COLOURS[meaning]
    if page.axes not in ("YX", "YXS", "SYX") or extra > 1:
        raise RefusedError(
            f"has axes {page.axes} and {page.samplesperpixel} samples a pixel; a gray or RGB image"
            " is wanted"
        )
    if extra < 0:
        raise RefusedError(f"is stored as RGB with {page.samplesperpixel} samples a pixel")
    if extra and tuple(page.extrasamples) not in [(kind,) for kind in _ALPHA]:
        raise RefusedError(
            f"has {page.samplesperpixel} samples a pixel, and of the last one it does not say that"
            " it is alpha; save it without, or each channel as a file of its own"
        )
    if page.dtype is None:
        raise RefusedError(f"holds {page.bitspersample}-bit values of a type that is not read")
    if meaning == "MINISWHITE" and page.dtype.kind not in "bu":
        raise RefusedError(
            f"holds {page.dtype} values with 0 for white, so that white and black are unclear;"
            " save it with 0 for black"
        )


def _refuse_compression(page: "TiffPage") -> None:
    from tifffile import COMPRESSION

    name = COMPRESSION(page.compression).name
    if name not in _COMPRESSIONS:
        raise RefusedError(f"is compressed as {name}; save it uncompressed or with deflate")


def _refuse_missing_parts(page: "TiffPage", file_bytes: int) -> None:
    """Raise when a strip or tile is missing or lies outside the file: it would be read as 0."""
    parts = "tiles" if page.is_tiled else "strips"
    wanted = math.prod(page.chunked)
    if wanted * math.prod(page.chunks) > max(_MOST_IN_PARTS, 4 * page.size):
        raise ValueError(f"its {parts} are larger than the image")
    offsets, counts = page.dataoffsets, page.databytecounts
    listed = [page.tags[tag].count for tag in (*_OFFSETS, *_BYTE_COUNTS) if tag in page.tags]
    listed += [len(offsets), len(counts)]
    if any(count != wanted for count in listed):
        raise ValueError(f"it lists {min(listed)} of its {wanted} {parts}")
    missing = sum(not at or not size for at, size in zip(offsets, counts, strict=True))
    if missing:
        raise RefusedError(
            f"leaves out {missing} of its {wanted} {parts} (a sparse file); write it whole, as"
            " gdal_translate -co SPARSE_OK=FALSE does"
        )
    if any(at + size > file_bytes for at, size in zip(offsets, counts, strict=True)):
        raise ValueError(f"it ends before the end of its {parts}")


def _nodata(page: "TiffPage") -> float | None:
    """The value that GDAL marks missing data with, if the file says so."""
    tag = page.tags.get(_NODATA)
    try:
        return None if tag is None else float(tag.value)
    except (TypeError, ValueError):
        return None


def _decode(page: "TiffPage", meaning: str) -> Stored:
    with _silent():
        stored: Stored = page.asarray()
    if page.axes == "SYX":
        stored = stored.transpose(1, 2, 0)
    if meaning != "MINISWHITE":
        return stored
    largest = np.array(2 ** int(page.bitspersample) - 1, stored.dtype)
    if stored.ndim == 3:  # alpha is not inverted
        stored[:, :, 0] = largest ^ stored[:, :, 0]
        return stored
    return largest ^ stored
