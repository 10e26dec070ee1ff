"""The pixels of a user's image file, plane by plane, in the file's own numbers.

Pixels come as they are stored: no EXIF orientation, gamma or colour profile is applied.  A file is
known by its first bytes, not by its ending.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from hashlib import file_digest
from importlib import import_module
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
import numpy.typing as npt

from denoisebench.files import ordinary_file, whole_file
from denoisebench.image_files.names import is_zarr
from denoisebench.image_files.refusals import RefusedError, named, sound
from denoisebench.images.pixels import why_no_values
from denoisebench.limits import why_too_compressed, why_too_large

Stored = npt.NDArray[Any]
"""(H, W), or (H, W, 3) of a colour plane, in the file's type and the machine's byte order."""
Plane = tuple[int, ...]
"""Indices along all axes but Y, X and S."""
ReadRows = Callable[[Plane, slice], Stored]

ALL_ROWS = slice(None)
DTYPES = ("uint8", "uint16", "int16", "uint32", "float16", "float32", "float64")


class PixelFile(ABC):
    """An image file that was opened: axes, type, and pixels plane by plane.

    path: the file.  axes: a letter for each axis of `shape`, such as TZCYX, YX or YXS; the last
    ones are YX or YXS, S being the samples R, G, B.  dtype: of the values, in the machine's byte
    order.  format: tiff, imagej, ome-tiff, png, jpeg, bmp, npy, mrc, czi, zarr or ome-zarr.
    remarks: sentences for the user.  holds_floats: whether the copy of integers may hold floats.
    has_series: whether such files may hold several images; one of them is opened.
    """

    holds_floats = True
    has_series = False

    def __init__(
        self,
        path: Path,
        axes: str,
        shape: tuple[int, ...],
        dtype: "np.dtype[Any]",
        file_format: str,
        remarks: tuple[str, ...] = (),
    ) -> None:
        self.path, self.axes, self.shape = path, axes, shape
        self.dtype, self.format, self.remarks = dtype.newbyteorder("="), file_format, remarks
        if dtype.name not in DTYPES:
            raise RefusedError(f"holds {dtype.name} values; {', '.join(DTYPES)} are read")
        if min(shape) < 1:
            raise RefusedError(f"has axes {axes} of {shape}, so no pixels")
        why = why_too_large(self.width, self.height)
        if why:
            raise RefusedError(why)

    @property
    def channels(self) -> int:
        """3 of a colour plane, else 1."""
        return 3 if self.axes.endswith("S") else 1

    @property
    def height(self) -> int:
        """Rows of a plane."""
        return self.shape[self.axes.index("Y")]

    @property
    def width(self) -> int:
        """Columns of a plane."""
        return self.shape[self.axes.index("X")]

    @property
    def leading(self) -> tuple[int, ...]:
        """The shape without Y, X and S."""
        return self.shape[: self.axes.index("Y")]

    def planes(self) -> Iterator[Plane]:
        """The indices of all planes, in the order of the file."""
        return iter(np.ndindex(self.leading))

    def number(self, plane: Plane) -> int:
        """The place of a plane in the order of the file, from 0."""
        return int(np.ravel_multi_index(plane, self.leading)) if plane else 0

    def read(self, plane: Plane, rows: slice = ALL_ROWS) -> Stored:
        """The pixels of a plane, or of some of its rows: (h, W) or (h, W, 3).

        Raises UserError for a broken file, and for values that are not finite or beyond 1e15.
        """
        where = f"{self.path}, {self.plane_text(plane)}" if plane else str(self.path)
        with named(where):
            start, stop, _ = rows.indices(self.height)
            pixels = self._read(self.number(plane), start, max(start, stop))
            if why := why_no_values(pixels):
                raise RefusedError(why)
            return pixels

    def plane_text(self, plane: Plane) -> str:
        """A plane in words, such as T=3 C=0."""
        return " ".join(f"{axis}={k}" for axis, k in zip(self.axes, plane, strict=False))

    @abstractmethod
    def _read(self, plane: int, start: int, stop: int) -> Stored:
        """Rows start to stop of the plane of this number."""

    @abstractmethod
    def write_copy(
        self, path: Path, rows: ReadRows, dtype: "np.dtype[Any]", note: str
    ) -> tuple[str, ...]:
        """Write this file anew, whole or not at all, with the pixels that `rows` gives.

        path: of the new file.  dtype: of the new pixels: this file's, or float32.  note: a line
        that is added to what the file says of the software that wrote it.  Returns remarks for the
        user.  Raises UserError where it cannot be written, or the format cannot hold the pixels.
        """

    def sha256(self) -> str:
        """A hash of all stored bytes, in hexadecimal digits.  Raises UserError."""
        with named(str(self.path)), self.path.open("rb") as file:
            return file_digest(file, "sha256").hexdigest()


class OneFile(PixelFile):
    """An image that is a file, not a folder of files."""

    def __init__(
        self,
        path: Path,
        axes: str,
        shape: tuple[int, ...],
        dtype: "np.dtype[Any]",
        file_format: str,
        remarks: tuple[str, ...] = (),
    ) -> None:
        super().__init__(path, axes, shape, dtype, file_format, remarks)
        plane_bytes = self.height * self.width * self.channels * self.dtype.itemsize
        why = why_too_compressed(self.width, self.height, plane_bytes, path.stat().st_size)
        if why:
            raise RefusedError(why)

    def write_copy(
        self, path: Path, rows: ReadRows, dtype: "np.dtype[Any]", note: str
    ) -> tuple[str, ...]:
        name = str(self.path)
        with named(name), whole_file(path) as file, sound(name):
            return self.rewrite(file, rows, dtype, note)

    @abstractmethod
    def rewrite(
        self, target: BinaryIO, rows: ReadRows, dtype: "np.dtype[Any]", note: str
    ) -> tuple[str, ...]:
        """Write the copy into an empty file; the rest as of `write_copy`."""


def open_pixels(path: Path, axes: str | None = None, series: int = 0) -> PixelFile:
    """Open an image file, or a Zarr folder; its pixels are not read yet.

    axes: what its axes are, where the file does not say it or is wrong.  series: the number, from
    0, of the image of a file that holds several.  Raises UserError in one line for a file that
    cannot be used, and for axes that do not fit its shape.
    """
    path = Path(path)
    with named(str(path)):
        module, opener = _ZARR if is_zarr(path) else _format(path)
        opened: PixelFile = getattr(import_module(module), opener)(path, axes, series)
        if series and not opened.has_series:
            raise RefusedError(f"has no series {series}; it holds one image")
        return opened


_HOME = "denoisebench.image_files."
_ZARR = (_HOME + "zarr_pixels", "open_zarr")
_MRC_MARK, _MRC_AT = b"MAP ", 208  # the one format that begins with numbers
_FORMATS = {
    b"\x89PNG\r\n\x1a\n": (_HOME + "png", "PngPixels"),
    b"\xff\xd8\xff": (_HOME + "pillow", "JpegPixels"),
    b"BM": (_HOME + "pillow", "BmpPixels"),
    b"\x93NUMPY": (_HOME + "npy", "NpyPixels"),
    b"ZISRAWFILE": (_HOME + "bio", "BioPixels"),
    b"II*\0": (_HOME + "tiff", "open_tiff"),
    b"MM\0*": (_HOME + "tiff", "open_tiff"),
    b"II+\0": (_HOME + "tiff", "open_tiff"),
    b"MM\0+": (_HOME + "tiff", "open_tiff"),
}
"""First bytes -> module and name of what opens such a file; imported when one is met."""


def _format(path: Path) -> tuple[str, str]:
    with ordinary_file(path).open("rb") as file:
        start = file.read(_MRC_AT + len(_MRC_MARK))
    for magic, home in _FORMATS.items():
        if start.startswith(magic):
            return home
    if start.endswith(_MRC_MARK):
        return _HOME + "mrc", "MrcPixels"
    raise RefusedError(
        "is empty"
        if not start
        else "is not a TIFF, PNG, JPEG, BMP, MRC, CZI or .npy image, by its first bytes"
    )
