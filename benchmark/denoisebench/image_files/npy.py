"""NumPy's .npy files, never unpickled.  Each plane is read from where it lies in the file."""

from math import prod
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
from numpy.lib import format as npy_format

from denoisebench.image_files.axes import fitting_axes, planes_of
from denoisebench.image_files.refusals import RefusedError
from denoisebench.image_files.source import OneFile, ReadRows, Stored

_READERS: dict[tuple[int, int], Any] = {
    (1, 0): npy_format.read_array_header_1_0,
    (2, 0): npy_format.read_array_header_2_0,
}
COPIED_BYTES = 2**22  # at once


class NpyPixels(OneFile):
    """An array.  Its last two axes are Y and X, unless the user says that they are YXS."""

    def __init__(self, path: Path, axes: str | None, series: int) -> None:
        with path.open("rb") as file:
            version = npy_format.read_magic(file)
            if version not in _READERS:
                raise RefusedError(f"is .npy version {version[0]}; plain numbers are wanted")
            shape, by_columns, dtype = _READERS[version](file)
            self._start = file.tell()
        if by_columns and min(shape, default=0) > 1:
            raise RefusedError("is in Fortran order; save numpy.ascontiguousarray of it")
        found, remarks = planes_of(shape, axes)
        self._stored = dtype
        super().__init__(path, fitting_axes(axes, found, shape), shape, dtype, "npy", remarks)
        if path.stat().st_size < self._start + prod(shape) * dtype.itemsize:
            raise ValueError("it ends before its last pixel")

    def _read(self, plane: int, start: int, stop: int) -> Stored:
        row = (self.width, self.channels) if self.channels > 1 else (self.width,)
        row_bytes = prod(row) * self.dtype.itemsize
        with self.path.open("rb") as file:
            file.seek(self._start + (plane * self.height + start) * row_bytes)
            data = file.read((stop - start) * row_bytes)
        return np.frombuffer(data, self._stored).reshape(-1, *row).astype(self.dtype)

    def rewrite(
        self, target: BinaryIO, rows: ReadRows, dtype: "np.dtype[Any]", note: str
    ) -> tuple[str, ...]:
        """The same header, if the type is the same; .npy has no place for a note."""
        if dtype == self.dtype:
            stored = self._stored
            with self.path.open("rb") as file:
                target.write(file.read(self._start))
        else:
            stored = dtype
            header = {"shape": self.shape, "fortran_order": False, "descr": dtype.str}
            npy_format.write_array_header_1_0(target, header)
        step = max(1, COPIED_BYTES // (self.width * self.channels * stored.itemsize))
        for plane in self.planes():
            for start in range(0, self.height, step):
                target.write(rows(plane, slice(start, start + step)).astype(stored).tobytes())
        return ()
