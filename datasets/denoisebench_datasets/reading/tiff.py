"""TIFF of one page, gray or RGB."""

import io
from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from denoisebench.plugin import (
    COLOUR,
    GRAY,
    RefusedError,
    refuse_missing_parts,
    refuse_odd_samples,
    silent_tifffile,
    tiff_meaning,
)
from denoisebench_datasets.reading.encoded import UPRIGHT, Encoded, Stored

if TYPE_CHECKING:
    from tifffile import TiffFile, TiffPage

_COLOURS = {"MINISBLACK": GRAY, "MINISWHITE": GRAY, "RGB": COLOUR}
_ORIENTATION, _NODATA = 274, 42113  # tags
_COMPRESSIONS = (
    *("NONE", "LZW", "ADOBE_DEFLATE", "DEFLATE", "PACKBITS", "LZMA", "ZSTD"),
    *("CCITTRLE", "CCITTFAX3", "CCITTFAX4"),
)
"""Of these tifffile decodes no more than a strip or tile has. Parts that are whole image files
(JPEG, JPEG 2000, WebP and the like) are decoded whole, in the size that each states."""


def open_tiff(data: bytes) -> Encoded:
    """The only page."""
    import tifffile

    with silent_tifffile():
        tiff = tifffile.TiffFile(io.BytesIO(data))
        page = _only_page(tiff)
        if min(page.imagelength, page.imagewidth) < 1:
            raise ValueError(f"it is {page.imagewidth}×{page.imagelength} pixels")
        meaning = tiff_meaning(page)
        _refuse_layout(page, meaning)
        _refuse_compression(page)
        refuse_missing_parts(page, len(data))
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


def _only_page(tiff: "TiffFile") -> "TiffPage":
    page = tiff.pages.first
    if len(tiff.pages) != 1 or len(tiff.series) != 1 or tiff.series[0].size != page.size:
        raise RefusedError("holds several images; save each as a file of its own")
    return page


def _refuse_layout(page: "TiffPage", meaning: str) -> None:
    """Raise RefusedError for axes, samples and types of values that are no gray or RGB image's."""
    if page.axes not in ("YX", "YXS", "SYX"):
        raise RefusedError(
            f"has axes {page.axes} and {page.samplesperpixel} samples a pixel; a gray or RGB image"
            " is wanted"
        )
    refuse_odd_samples(page, meaning)


def _refuse_compression(page: "TiffPage") -> None:
    from tifffile import COMPRESSION

    name = COMPRESSION(page.compression).name
    if name not in _COMPRESSIONS:
        raise RefusedError(f"is compressed as {name}; save it uncompressed or with deflate")


def _nodata(page: "TiffPage") -> float | None:
    """The value that GDAL marks missing data with, if the file says so."""
    tag = page.tags.get(_NODATA)
    try:
        return None if tag is None else float(tag.value)
    except (TypeError, ValueError):
        return None


def _decode(page: "TiffPage", meaning: str) -> Stored:
    with silent_tifffile():
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
