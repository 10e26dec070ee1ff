"""The pixels of a user's image file, plane by plane, in the file's own numbers.

Pixels come as they are stored: no EXIF orientation, gamma or colour profile is applied.  A file is
known by its first bytes, not by its ending.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from importlib import import_module
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
import numpy.typing as npt

from denoisebench.files import ordinary_file
from denoisebench.image_files.refusals import RefusedError, named
from denoisebench.limits import why_too_large
from denoisebench.outside_text import printable

Stored = npt.NDArray[Any]
"""(H, W), or (H, W, 3) of a colour plane, in the file's type and the machine's byte order."""
Plane = tuple[int, ...]
"""Indices along all axes but Y, X and S."""
ReadRows = Callable[[Plane, slice], Stored]

ALL_ROWS = slice(None)
DTYPES = ("uint8", "uint16", "int16", "uint32", "float16", "float32", "float64")
SMALL_BYTES = 64 * 2**20  # of a decoded plane: harmless, whatever the file says
MOST_TIMES_LARGER = 2000  # decoded than stored; deflate, of PNG and TIFF, reaches 1032


class PixelFile(ABC):
    """An image file that was opened: axes, type, and pixels plane by plane.

    path: the file.  axes: a letter for each axis of `shape`, such as TZCYX, YX or YXS; the last
    ones are YX or YXS, S being the samples R, G, B.  dtype: of the values, in the machine's byte
    order.  format: tiff, imagej, ome-tiff, png, jpeg, bmp or npy.  remarks: sentences for the user.
    holds_floats: whether the copy of a file of integers may hold floats.
    """

    holds_floats = True

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
        self._refuse_size(path.stat().st_size)

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

        Raises UserError for a broken file, and for values that are not finite.
        """
        where = f"{self.path}, {self.plane_text(plane)}" if plane else str(self.path)
        with named(where):
            start, stop, _ = rows.indices(self.height)
            pixels = self._read(self.number(plane), start, max(start, stop))
            if pixels.dtype.kind == "f" and not np.isfinite(pixels).all():
                raise RefusedError("holds NaN or infinite values; replace or cut them first")
            return pixels

    def plane_text(self, plane: Plane) -> str:
        """A plane in words, such as T=3 C=0."""
        return " ".join(f"{axis}={k}" for axis, k in zip(self.axes, plane, strict=False))

    @abstractmethod
    def _read(self, plane: int, start: int, stop: int) -> Stored:
        """Rows start to stop of the plane of this number."""

    @abstractmethod
    def rewrite(
        self, target: BinaryIO, rows: ReadRows, dtype: "np.dtype[Any]", note: str
    ) -> tuple[str, ...]:
        """Write this file anew with the pixels that `rows` gives.  Returns remarks for the user.

        target: an empty file.  dtype: of the new pixels: this file's, or float32.  note: a line
        that is added to what the file says of the software that wrote it.  Raises RefusedError
        where the format cannot hold the pixels.
        """

    def _refuse_size(self, file_bytes: int) -> None:
        """Raise RefusedError for a plane that is empty, or larger than the file can hold."""
        text = f"{self.width}×{self.height}"
        if min(self.shape) < 1:
            raise RefusedError(f"has axes {self.axes} of {self.shape}, so no pixels")
        why = why_too_large(self.width, self.height)
        if why:
            raise RefusedError(why)
        plane_bytes = self.height * self.width * self.channels * self.dtype.itemsize
        if plane_bytes > max(SMALL_BYTES, MOST_TIMES_LARGER * file_bytes):
            raise RefusedError(f"says that it is {text}, more than {file_bytes} bytes can hold")


def open_pixels(path: Path, axes: str | None = None, series: int = 0) -> PixelFile:
    """Open an image file; its pixels are not read yet.

    axes: what its axes are, where the file does not say it or is wrong.  series: the number, from
    0, of the series of a TIFF file that holds several.  Raises UserError in one line for a file
    that cannot be used, and for axes that do not fit its shape.
    """
    path = Path(path)
    with named(str(path)):
        with ordinary_file(path).open("rb") as file:
            start = file.read(16)
        module, opener = _format(start)
        opened: PixelFile = getattr(import_module(module), opener)(path, axes, series)
        if series and not opened.format.endswith(("tiff", "imagej")):
            raise RefusedError(f"has no series {series}; it holds one image")
        return opened


_HOME = "denoisebench.image_files."
_FORMATS = {
    b"\x89PNG\r\n\x1a\n": (_HOME + "png", "PngPixels"),
    b"\xff\xd8\xff": (_HOME + "pillow", "JpegPixels"),
    b"BM": (_HOME + "pillow", "BmpPixels"),
    b"\x93NUMPY": (_HOME + "npy", "NpyPixels"),
    b"II*\0": (_HOME + "tiff", "open_tiff"),
    b"MM\0*": (_HOME + "tiff", "open_tiff"),
    b"II+\0": (_HOME + "tiff", "open_tiff"),
    b"MM\0+": (_HOME + "tiff", "open_tiff"),
}
"""First bytes -> module and name of what opens such a file; imported when one is met."""


def _format(start: bytes) -> tuple[str, str]:
    for magic, home in _FORMATS.items():
        if start.startswith(magic):
            return home
    raise RefusedError(
        "is empty"
        if not start
        else "is not a TIFF, PNG, JPEG, BMP or .npy image, by its first bytes"
    )


def fitting_axes(told: str | None, found: str, shape: tuple[int, ...]) -> str:
    """The axes that the user told, if any, else those found.  RefusedError if they do not fit.

    >>> fitting_axes("zyx", "QYX", (5, 64, 64))
    'ZYX'
    """
    if told is None:
        return found
    axes = told.upper()
    ends = axes.endswith("YX") or (axes.endswith("YXS") and shape[-1] == 3)
    once = len(set(axes)) == len(axes) and axes.isalpha()
    same_samples = found.startswith("Q") or axes.endswith("S") == found.endswith("S")
    if len(axes) == len(shape) and ends and once and same_samples:
        return axes
    raise RefusedError(
        f"has shape {shape} with axes {found}, which the axes {printable(told[:20])!r} do not fit;"
        f" give {len(shape)} different letters that end in {found[found.index('Y') :]}"
    )
