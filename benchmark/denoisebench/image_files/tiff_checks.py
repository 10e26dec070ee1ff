"""Checks of a TIFF page before its pixels are read."""

import logging
import math
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING

from denoisebench.image_files.refusals import RefusedError

if TYPE_CHECKING:
    from tifffile import TiffPage

COLOURS = {"MINISBLACK": 1, "MINISWHITE": 1, "RGB": 3}
"""The meanings of pixels that are read, and the number of channels of each."""
_ALPHA = (1, 2)  # of ExtraSamples; 0 is a sample of unspecified meaning
_PHOTOMETRIC = 262  # tag
_LISTS = (273, 324, 279, 325)  # tags: offsets and byte counts of strips and tiles
_MOST_IN_PARTS = 2**24  # values in all strips or tiles that are harmless, whatever the image's size


@contextmanager
def silent_tifffile() -> Iterator[None]:
    """Keep tifffile's log from the terminal: what matters of it is checked or raised.

    >>> import logging
    >>> with silent_tifffile():
    ...     logging.getLogger("tifffile").error("never shown")
    """
    logger = logging.getLogger("tifffile")
    # setLevel would empty the caches of all loggers
    before, logger.disabled = logger.disabled, True
    try:
        yield
    finally:
        logger.disabled = before


def tiff_meaning(page: "TiffPage") -> str:
    """MINISBLACK, MINISWHITE or RGB.  Where the file does not say, as libtiff takes it.

    Raises RefusedError for other meanings, such as a palette.

    >>> import io, tifffile
    >>> file = io.BytesIO()
    >>> tifffile.imwrite(file, np.zeros((4, 6), np.uint8))
    >>> page = tifffile.TiffFile(io.BytesIO(file.getvalue())).pages.first
    >>> tiff_meaning(page)
    'MINISBLACK'
    """
    from tifffile import PHOTOMETRIC

    if _PHOTOMETRIC not in page.tags and page.photometric == PHOTOMETRIC.MINISWHITE:
        if page.bitspersample == 1:
            raise RefusedError("does not say whether 0 is black or white; save it as 8 bits")
        return "RGB" if page.samplesperpixel >= COLOURS["RGB"] else "MINISBLACK"
    meaning = PHOTOMETRIC(page.photometric).name
    if meaning not in COLOURS:
        raise RefusedError(f"is stored as {meaning}; convert it to RGB or gray")
    return meaning


def refuse_odd_samples(page: "TiffPage", meaning: str) -> None:
    """Raise RefusedError for samples and types of values that are no gray or RGB image's.

    meaning: of `tiff_meaning`.

    >>> import io, tifffile
    >>> file = io.BytesIO()
    >>> tifffile.imwrite(file, np.zeros((4, 6), np.uint8))
    >>> page = tifffile.TiffFile(io.BytesIO(file.getvalue())).pages.first
    >>> refuse_odd_samples(page, "MINISBLACK")
    """
    extra = page.samplesperpixel - COLOURS[meaning]
    if extra < 0:
        raise RefusedError(f"is stored as RGB with {page.samplesperpixel} samples a pixel")
    if extra > 1:
        raise RefusedError(
            f"has axes {page.axes} and {page.samplesperpixel} samples a pixel; a gray or RGB image"
            " is wanted"
        )
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


def refuse_missing_parts(page: "TiffPage", file_bytes: int) -> None:
    """Raise when a strip or tile is missing or lies outside the file: it would be read as 0.

    Raises RefusedError for a sparse file, ValueError for a broken one.

    >>> import io, tifffile
    >>> file = io.BytesIO()
    >>> tifffile.imwrite(file, np.zeros((4, 6), np.uint8))
    >>> page = tifffile.TiffFile(io.BytesIO(file.getvalue())).pages.first
    >>> refuse_missing_parts(page, len(file.getvalue()))
    """
    wanted = math.prod(page.chunked)
    if wanted * math.prod(page.chunks) > max(_MOST_IN_PARTS, 4 * page.size):
        raise ValueError(f"its {parts_word(page)} are larger than the image")
    listed = [page.tags[tag].count for tag in _LISTS if tag in page.tags]
    if any(count != wanted for count in listed):
        raise ValueError(f"it lists {min(listed)} of its {wanted} {parts_word(page)}")
    refuse_absent(page.dataoffsets, page.databytecounts, page, file_bytes)


def refuse_absent(
    offsets: Sequence[int], counts: Sequence[int], page: "TiffPage", file_bytes: int
) -> None:
    """The same of the parts of one page that is laid out as `page`."""
    parts, wanted = parts_word(page), math.prod(page.chunked)
    if len(offsets) != wanted or len(counts) != wanted:
        listed = min(len(offsets), len(counts))
        raise ValueError(f"it lists {listed} of its {wanted} {parts}")
    missing = sum(not at or not size for at, size in zip(offsets, counts, strict=True))
    if missing:
        raise RefusedError(
            f"leaves out {missing} of its {wanted} {parts} (a sparse file); write it whole, as"
            " gdal_translate -co SPARSE_OK=FALSE does"
        )
    if any(at + size > file_bytes for at, size in zip(offsets, counts, strict=True)):
        raise ValueError(f"it ends before the end of its {parts}")


def parts_word(page: "TiffPage") -> str:
    """The names of the parts of a page."""
    return "tiles" if page.is_tiled else "strips"
