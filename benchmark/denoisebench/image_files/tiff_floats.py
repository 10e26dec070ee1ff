"""A new TIFF file of float32 pixels with what is known of the metadata of a file of integers."""

import re
from typing import TYPE_CHECKING, Any, BinaryIO

import numpy as np

from denoisebench.image_files.source import PixelFile, ReadRows
from denoisebench.image_files.tiff_checks import silent_tifffile
from denoisebench.image_files.tiff_layout import ROWS_BYTES

if TYPE_CHECKING:
    from tifffile import TiffFile

    from denoisebench.image_files.tiff import TiffPixels

_IMAGEJ_ORDER = "TZCYXS"
_IMAGEJ_BYTES = 2**32 - 2**20  # of pixels; the rest is for its tags
_OF_SHAPE = {"ImageJ", "images", "channels", "slices", "frames", "hyperstack", "axes", "shape"}
"""Keys of ImageJ's and tifffile's descriptions that are written by the shape."""


def write_floats(
    source: "TiffPixels", target: BinaryIO, rows: ReadRows, dtype: "np.dtype[Any]", note: str
) -> tuple[str, ...]:
    """Write an uncompressed file of one series, without smaller levels.  Returns remarks."""
    import tifffile

    size = int(np.prod(source.shape)) * dtype.itemsize
    with silent_tifffile(), tifffile.TiffFile(source.path) as tiff:
        imagej = source.format == "imagej" and _fits_imagej(source.axes, size)
        page = tiff.pages.first
        options: dict[str, Any] = {
            "resolution": page.resolution,
            "resolutionunit": page.resolutionunit,
            "photometric": "rgb" if source.channels > 1 else "minisblack",
            "software": "; ".join(filter(None, (page.software, note))) or False,
            "datetime": page.tags.valueof(306),
            "iccprofile": page.tags.valueof(34675),
            **_description(tiff, source, imagej=imagej),
        }
        writer = tifffile.TiffWriter(
            target, bigtiff=size > _IMAGEJ_BYTES, byteorder=tiff.byteorder, imagej=imagej
        )
        with writer:
            place = writer.write(
                None, shape=source.shape, dtype=dtype, returnoffset=True, **options
            )
        order = tiff.byteorder
    assert place is not None
    write_planes(source, target, place[0], rows, dtype.newbyteorder(order))
    remarks = ["float32 values are stored without compression"]
    if source.format == "imagej" and not imagej:
        remarks.append("ImageJ's own tags do not fit axes and size, so they are left out")
    return tuple(remarks)


def write_planes(
    source: PixelFile, target: BinaryIO, offset: int, rows: ReadRows, stored: "np.dtype[Any]"
) -> None:
    """Write all planes, one after the other, from a place in a file on.  stored: as they lie."""
    step = max(1, ROWS_BYTES // (source.width * source.channels * stored.itemsize))
    target.seek(offset)
    for plane in source.planes():
        for start in range(0, source.height, step):
            target.write(rows(plane, slice(start, start + step)).astype(stored).tobytes())


def _fits_imagej(axes: str, size: int) -> bool:
    return size <= _IMAGEJ_BYTES and axes == "".join(a for a in _IMAGEJ_ORDER if a in axes)


def _description(tiff: "TiffFile", source: "TiffPixels", *, imagej: bool) -> dict[str, Any]:
    """Axes and units of the file, for `TiffWriter.write`."""
    if imagej or source.format == "imagej":
        told = (tiff.imagej_metadata or {}) if imagej else {}
        kept = {key: value for key, value in told.items() if key not in _OF_SHAPE}
        return {"metadata": {**kept, "axes": source.axes}}
    if source.format == "ome-tiff":
        xml = re.sub(
            r'(<(?:\w+:)?Pixels\b[^>]*?\bType=")\w+"', r'\1float"', tiff.ome_metadata or ""
        )
        xml = re.sub(r'(<(?:\w+:)?Pixels\b[^>]*?) SignificantBits="\d+"', r"\1", xml)
        return {"metadata": None, "description": xml.encode()}
    if tiff.is_shaped:
        shaped = (tiff.shaped_metadata or ({},))[0]
        kept = {key: value for key, value in shaped.items() if key not in _OF_SHAPE}
        return {"metadata": {**kept, "axes": source.axes}}
    return {"metadata": None, "description": tiff.pages.first.description}
