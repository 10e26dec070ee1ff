"""The file that a user's image file becomes: the same with other pixels, written plane by plane."""

import math
from collections.abc import Callable
from pathlib import Path
from shutil import rmtree
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from denoisebench.errors import UserError
from denoisebench.files import told_of_writing
from denoisebench.image_files.part import Part
from denoisebench.image_files.source import ALL_ROWS, PixelFile, Plane, Stored
from denoisebench.images.pixels import float_type

Floats = npt.NDArray[np.floating[Any]]


class PixelCopy:
    """The copy of an image file that is being written.

    source: the file.  path: of the copy; its folder is made.  key: a hash of all that the pixels
    depend on; what an earlier process wrote under the same key is kept, else it begins anew.
    dtype: `same` as the source, or float32.  note: a line that is added to what the file says of
    the software that wrote it; empty for none.

    done: the planes that are finished.  remarks: sentences for the user, once it is finished.
    Raises UserError when the copy would replace its source, cannot be written, or is of a format
    that does not hold float32.
    """

    def __init__(
        self,
        source: PixelFile,
        path: Path,
        key: str,
        dtype: Literal["same", "float32"] = "same",
        note: str = "",
    ) -> None:
        self.source, self.path, self._note = source, path, " ".join(note.split())
        self.dtype = source.dtype if dtype == "same" else np.dtype(np.float32)
        self.remarks: tuple[str, ...] = ()
        self._clipped: dict[int, int] = {}
        if self.dtype != source.dtype and not source.holds_floats:
            raise UserError(f"{path} cannot hold {self.dtype} values; keep {source.dtype}")
        self._refuse_source()
        count = int(np.prod(source.leading))
        row = (source.width, 3) if source.channels > 1 else (source.width,)
        self._part = Part(_part_folder(path), key, (count, source.height, *row), self.dtype)
        self._clipped.update(self._part.done)

    @property
    def done(self) -> set[Plane]:
        """The planes that need not be written any more."""
        return {plane for k, plane in enumerate(self.source.planes()) if k in self._part.done}

    @property
    def clipped(self) -> int:
        """How many values lay beyond the range of the type, of the planes written so far."""
        return sum(self._clipped.values())

    def write(self, plane: Plane, pixels: Floats, rows: slice = ALL_ROWS) -> None:
        """Write rows of a plane, (h, W) or (h, W, 3), in the numbers of the source.

        For integers they are rounded, half to even, and clipped to the range of the type.  Floats
        stay as they are.  ValueError for a wrong shape, and for values that are not finite.
        """
        number = self.source.number(plane)
        start, stop, _ = rows.indices(self.source.height)
        colours = (3,) if self.source.channels > 1 else ()
        if pixels.shape != (stop - start, self.source.width, *colours):
            raise ValueError(f"{pixels.shape} pixels for rows {start} to {stop} of a plane")
        fitting, clipped = fit_values(pixels, self.dtype)
        self._part.write(number, start, fitting)
        self._clipped[number] = self._clipped.get(number, 0) + clipped

    def plane_done(self, plane: Plane) -> None:
        """Note that a plane is whole, so that it is not written again after a crash."""
        number = self.source.number(plane)
        self._part.plane_done(number, self._clipped.get(number, 0))

    def read(self, plane: Plane, rows: slice = ALL_ROWS) -> Stored:
        """The written part of a plane, as the copy stores it.  Not once it is finished."""
        start, stop, _ = rows.indices(self.source.height)
        return self._part.read(self.source.number(plane), start, stop)

    def finish(self, beside: Callable[[], None] = lambda: None) -> None:
        """Write the copy, whole or not at all, and remove the part.

        beside: writes the metadata of the copy, once the copy exists.  Where the process is killed
        before it is done, the part tells it: see `left_part`.  Raises UserError when the copy
        cannot be written; the finished planes are kept then.  ValueError while a plane is not done.
        """
        if unfinished := sum(1 for _ in self.source.planes()) - len(self._part.done):
            raise ValueError(f"{unfinished} planes are not done")
        self._refuse_source()

        self.remarks = self.source.write_copy(self.path, self.read, self.dtype, self._note)
        beside()
        self._part.remove()

    def close(self) -> None:
        """Stop here: what was written is kept for the next process."""
        self._part.close()

    def _refuse_source(self) -> None:
        """Raise UserError where the copy would replace its source, also through a link."""
        with told_of_writing(self.path):
            if self.path.exists() and self.path.samefile(self.source.path):
                raise UserError(f"{self.path} is the image itself; write to another folder")
            if self.source.path.resolve() in self.path.resolve().parents:
                raise UserError(f"{self.path} is inside the image; write to another folder")


def left_part(path: Path) -> bool:
    """Whether a process that was killed left a part of a copy."""
    return _part_folder(path).exists()


def remove_part(path: Path) -> None:
    """Remove what is left of writing a copy that is whole: its process was killed at the end."""
    rmtree(_part_folder(path), ignore_errors=True)


def _part_folder(path: Path) -> Path:
    return path.with_name(path.name + ".part")


def fit_values(pixels: Floats, dtype: "np.dtype[Any]") -> tuple[Stored, int]:
    """Pixels as values of a type, and how many of them lay beyond its range.

    For integers they are rounded, half to even; clipped.  ValueError for what is not finite.
    """
    darkest, brightest = (float(end) for end in (pixels.min(initial=0.0), pixels.max(initial=0.0)))
    if not (math.isfinite(darkest) and math.isfinite(brightest)):  # NaN if a pixel is
        raise ValueError("the denoised pixels are not all finite")
    if dtype.kind == "f":
        largest = float(np.finfo(dtype).max)
        fitting = pixels.astype(np.float64) if dtype.itemsize > 4 else pixels
        least = -largest
    else:
        limits = np.iinfo(dtype)
        least, largest = float(limits.min), float(limits.max)
        fitting = np.rint(pixels, dtype=np.result_type(pixels, float_type(dtype)))
    if least <= darkest and brightest <= largest:
        return fitting.astype(dtype), 0
    clipped = int(np.count_nonzero((fitting < least) | (fitting > largest)))
    return np.clip(fitting, least, largest).astype(dtype), clipped
