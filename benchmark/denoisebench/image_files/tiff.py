"""TIFF: plain, ImageJ, OME, shaped, BigTIFF; stacks, RGB, pyramids."""

from math import prod
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

import numpy as np

from denoisebench.image_files.axes import fitting_axes
from denoisebench.image_files.refusals import RefusedError
from denoisebench.image_files.source import OneFile, ReadRows, Stored
from denoisebench.image_files.tiff_checks import (
    COLOURS,
    refuse_absent,
    refuse_missing_parts,
    refuse_odd_samples,
    silent_tifffile,
    tiff_meaning,
)
from denoisebench.image_files.tiff_floats import write_floats
from denoisebench.image_files.tiff_layout import COMPRESSIONS, Ints, Layout
from denoisebench.image_files.tiff_write import replace_pixels

if TYPE_CHECKING:
    from tifffile import TiffFile, TiffPage, TiffPageSeries

_NODATA = 42113  # tag of GDAL
_PREDICTORS = (1, 2, 3)  # none, differences of integers, differences of floats


class TiffPixels(OneFile):
    """One series of a TIFF file, and the levels of its pyramid if it has one.

    levels: the layout of the series and of its smaller copies.  nodata: the value that marks
    missing data.
    """

    has_series = True

    def __init__(
        self, header: tuple[Any, ...], levels: tuple[Layout, ...], nodata: float | None
    ) -> None:
        self.levels, self.nodata = levels, nodata
        self.holds_floats = not levels[0].white_is_zero
        super().__init__(*header)

    def _read(self, plane: int, start: int, stop: int) -> Stored:
        with silent_tifffile(), self.path.open("rb") as file:
            pixels = self.levels[0].read(file, plane, start, stop)
        if self.nodata is not None and (missing := np.count_nonzero(pixels == self.nodata)):
            raise RefusedError(
                f"marks {missing} values as missing (GDAL_NODATA {self.nodata:g}); cut these"
                " pixels away, or fill them and remove the tag"
            )
        return pixels

    def rewrite(
        self, target: BinaryIO, rows: ReadRows, dtype: "np.dtype[Any]", note: str
    ) -> tuple[str, ...]:
        """A copy of the file with its pixels replaced; of floats, a new file."""
        if dtype != self.dtype:
            return write_floats(self, target, rows, dtype, note)
        return replace_pixels(self, target, rows, note)


def open_tiff(path: Path, axes: str | None, series: int) -> TiffPixels:
    """The series of this number, from 0."""
    import tifffile

    with silent_tifffile(), tifffile.TiffFile(path) as tiff:
        chosen = _series(tiff, series)
        page = chosen.keyframe
        meaning = _refuse_page(page)
        found, shape = _axes(chosen, page, meaning)
        file_bytes = path.stat().st_size
        levels = tuple(_layout(level, meaning, file_bytes) for level in chosen.levels)
        remarks = []
        if len(tiff.series) > 1:
            remarks.append(
                f"holds {len(tiff.series)} series; number {series} is taken, the others are copied"
                " as they are"
            )
        if len(levels) > 1:
            remarks.append(f"a pyramid of {len(levels)} levels; the smaller ones are made anew")
        header = (path, fitting_axes(axes, found, shape), shape, page.dtype, _kind(tiff))
        opened = TiffPixels((*header, tuple(remarks)), levels, _nodata(page))
    planes = prod(opened.leading)
    if any(len(level.offsets) != planes for level in levels):
        counts = ", ".join(str(len(level.offsets)) for level in levels)
        raise ValueError(f"its axes {found} of {shape} do not fit its {counts} planes")
    return opened


def _series(tiff: "TiffFile", number: int) -> "TiffPageSeries":
    page = tiff.pages.first
    if min(page.imagelength, page.imagewidth) < 1:
        raise ValueError(f"it is {page.imagewidth}×{page.imagelength} pixels")
    if not 0 <= number < len(tiff.series):
        raise RefusedError(f"has no series {number}; it holds {len(tiff.series)}, from 0")
    chosen = tiff.series[number]
    if chosen.is_multifile:
        raise RefusedError("is spread over several files; save it as one")
    return chosen


def _refuse_page(page: "TiffPage") -> str:
    """The meaning of a page's pixels.  RefusedError for a page that is not read or not written."""
    import tifffile

    meaning = tiff_meaning(page)
    if not _holds_planes(page, meaning):
        refuse_odd_samples(page, meaning)
    compression = tifffile.COMPRESSION(page.compression).name
    if compression not in COMPRESSIONS:
        raise RefusedError(
            f"is compressed by {compression}, which is not written; save it with LZW or DEFLATE"
        )
    if page.dtype is None or page.bitspersample != 8 * page.dtype.itemsize:
        raise RefusedError(f"holds {page.bitspersample}-bit values; save it as 8 or 16 bits")
    if page.predictor not in _PREDICTORS or page.fillorder != 1 or page.imagedepth != 1:
        raise RefusedError("stores its values in a way that is not written; save it uncompressed")
    return meaning


def _holds_planes(page: "TiffPage", meaning: str) -> bool:
    """Whether the samples of a page are gray planes, one after the other."""
    return page.shaped[0] > 1 and COLOURS[meaning] == 1


def _axes(series: "TiffPageSeries", page: "TiffPage", meaning: str) -> tuple[str, tuple[int, ...]]:
    """Axes that end in YX or YXS, and the shape along them."""
    axes, shape = list(series.axes), list(series.shape)
    if _holds_planes(page, meaning):
        if "S" in axes:
            axes[axes.index("S")] = "Q" if "C" in axes else "C"
    elif page.samplesperpixel > 1:  # next to Y and X, called S or C
        place = len(axes) - 1 if page.shaped[0] == 1 else axes.index("Y") - 1
        del axes[place], shape[place]
    if "".join(axes[-2:]) != "YX" or len(set(axes)) < len(axes):
        raise RefusedError(f"has axes {series.axes}; planes of Y and X are wanted")
    if COLOURS[meaning] > 1:
        axes, shape = [*axes, "S"], [*shape, COLOURS[meaning]]
    return "".join(axes), tuple(int(length) for length in shape)


def _layout(series: "TiffPageSeries", meaning: str, file_bytes: int) -> Layout:
    """Where the pixels of a series, or of a level of its pyramid, lie."""
    page = series.keyframe
    assert page.dtype is not None  # refused before
    offsets, counts, part, directories = _one_after_the_other(series) or _by_pages(
        series, file_bytes
    )
    separate = page.shaped[0] > 1 and not _holds_planes(page, meaning)
    samples = page.samplesperpixel if separate else 1
    places = (-1, samples, -(-page.imagelength // part[0]), -(-page.imagewidth // part[1]))
    layout = Layout(
        height=page.imagelength,
        width=page.imagewidth,
        channels=COLOURS[meaning],
        alpha=not _holds_planes(page, meaning) and page.samplesperpixel > COLOURS[meaning],
        separate=separate,
        part=part,
        stored=page.dtype.newbyteorder(page.parent.byteorder),
        compression=int(page.compression),
        predictor=int(page.predictor),
        white_is_zero=meaning == "MINISWHITE",
        decode=page.decode,
        offsets=offsets.reshape(places),
        counts=counts.reshape(places),
        directories=directories,
    )
    _refuse_short(layout, file_bytes)
    return layout


Places = tuple[Ints, Ints, tuple[int, int], tuple[int, ...]]
"""Offsets and byte counts of parts, their rows and columns, and where their pages are described."""


def _one_after_the_other(series: "TiffPageSeries") -> Places | None:
    """Planes without gaps, where only the first need be described; None for others."""
    if series.dataoffset is None:
        return None
    page = series.keyframe
    size = page.imagelength * page.imagewidth * page.shaped[4] * series.dtype.itemsize
    planes = series.nbytes // size
    offsets = series.dataoffset + size * np.arange(planes, dtype=np.int64)
    return offsets, np.full_like(offsets, size), (page.imagelength, page.imagewidth), ()


def _by_pages(series: "TiffPageSeries", file_bytes: int) -> Places:
    first = series.keyframe
    offsets, counts, directories = [], [], []
    refuse_missing_parts(first, file_bytes)
    for page in series:
        if page is None:
            raise RefusedError("lacks pages that its description names; save it anew")
        refuse_absent(page.dataoffsets, page.databytecounts, first, file_bytes)
        offsets.append(np.array(page.dataoffsets, np.int64))
        counts.append(np.array(page.databytecounts, np.int64))
        directories.append(page.offset)
    rows, columns = first.chunks[-3:-1] if first.shaped[4] > 1 else first.chunks[-2:]
    return np.array(offsets), np.array(counts), (rows, columns), tuple(directories)


def _refuse_short(layout: Layout, file_bytes: int) -> None:
    """Raise ValueError for unpacked parts that hold less than their rows, or end with the file."""
    if layout.packed:
        return
    rows = np.minimum(
        layout.part[0], layout.height - layout.part[0] * np.arange(layout.offsets.shape[2])
    )
    needed = (rows * layout.row_bytes)[:, None]
    if (layout.counts < needed).any() or (layout.offsets + needed > file_bytes).any():
        raise ValueError("it ends before its last pixel")


def _kind(tiff: "TiffFile") -> str:
    return "ome-tiff" if tiff.is_ome else "imagej" if tiff.is_imagej else "tiff"


def _nodata(page: "TiffPage") -> float | None:
    """The value that GDAL marks missing data with, if the file says so."""
    tag = page.tags.get(_NODATA)
    try:
        return None if tag is None else float(tag.value)
    except (TypeError, ValueError):
        return None
