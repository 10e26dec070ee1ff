"""JPEG and BMP, gray or RGB, as Pillow decodes them.  The copy is a PNG file with the same profile,
resolution and EXIF data."""

import struct
import zlib
from abc import abstractmethod
from collections.abc import Iterator
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

import numpy as np

from denoisebench.image_files.axes import fitting_axes
from denoisebench.image_files.png import write_png
from denoisebench.image_files.refusals import RefusedError
from denoisebench.image_files.source import ALL_ROWS, OneFile, ReadRows, Stored

if TYPE_CHECKING:
    from PIL.ImageFile import ImageFile

_AXES = {"L": "YX", "RGB": "YXS"}
_EXIF_START = b"Exif\0\0"
_INCHES_A_METRE = 1.0 / 0.0254


class PillowPixels(OneFile):
    """An image of 8 bits that a class of Pillow opens."""

    holds_floats = False
    format_name: str
    remark: str

    def __init__(self, path: Path, axes: str | None, series: int) -> None:
        with path.open("rb") as file:
            image = self._open(file)
            mode, (width, height), self._info = image.mode, image.size, dict(image.info)
        if mode not in _AXES:
            raise RefusedError(f"is stored as {mode}; convert it to RGB or gray")
        found = _AXES[mode]
        shape = (height, width, 3)[: len(found)]
        fitting = fitting_axes(axes, found, shape)
        super().__init__(path, fitting, shape, np.dtype(np.uint8), self.format_name, (self.remark,))

    @staticmethod
    @abstractmethod
    def _open(file: BinaryIO) -> "ImageFile":
        """The image, its pixels not yet decoded.  `Image.open` limits sizes too."""

    @cached_property
    def _pixels(self) -> Stored:
        with self.path.open("rb") as file:
            return np.asarray(self._open(file))

    def _read(self, plane: int, start: int, stop: int) -> Stored:
        return self._pixels[start:stop]

    def rewrite(
        self, target: BinaryIO, rows: ReadRows, dtype: "np.dtype[Any]", note: str
    ) -> tuple[str, ...]:
        """A PNG file."""
        write_png(target, self._chunks(), rows((), ALL_ROWS), note)
        return ()

    def _chunks(self) -> Iterator[tuple[bytes, bytes]]:
        """The same metadata of a PNG file: profile, resolution, EXIF."""
        if profile := self._info.get("icc_profile"):
            yield b"iCCP", b"ICC profile\0\0" + zlib.compress(profile)
        if dpi := self._info.get("dpi"):
            metre = (round(float(dots) * _INCHES_A_METRE) for dots in dpi)
            yield b"pHYs", struct.pack(">IIB", *metre, 1)
        if exif := self._info.get("exif"):
            yield b"eXIf", exif.removeprefix(_EXIF_START)
        yield b"IDAT", b""


class JpegPixels(PillowPixels):
    """The first image of the file: cameras add a small copy for preview."""

    format_name = "jpeg"
    remark = "JPEG loses detail at each saving, so the copy is PNG"

    @staticmethod
    def _open(file: BinaryIO) -> "ImageFile":
        from PIL.JpegImagePlugin import JpegImageFile

        return JpegImageFile(file)


class BmpPixels(PillowPixels):
    format_name = "bmp"
    remark = "BMP holds no metadata, so the copy is PNG"

    @staticmethod
    def _open(file: BinaryIO) -> "ImageFile":
        from PIL.BmpImagePlugin import BmpImageFile

        return BmpImageFile(file)
