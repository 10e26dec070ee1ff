"""MRC files of electron microscopes: images, stacks of images, volumes, stacks of volumes."""

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from denoisebench.image_files.axes import fitting_axes
from denoisebench.image_files.extras import extra_package
from denoisebench.image_files.ome_tiff import ToOmeTiff
from denoisebench.image_files.source import Stored

_REMARK = "MRC files are not written, so the copy is OME-TIFF; it keeps the size of a pixel"


class MrcPixels(ToOmeTiff):
    """Images of a stack are taken as times, planes of a volume as depths."""

    def __init__(self, path: Path, axes: str | None, series: int) -> None:
        with _opened(path) as mrc:
            shape, dtype = tuple(map(int, mrc.data.shape)), mrc.data.dtype
            depth = "T" if mrc.is_image_stack() else "Z"
            self._angstroms = {axis: float(mrc.voxel_size[axis.lower()]) for axis in "XYZ"}
        if dtype == np.float16:  # which OME does not have
            dtype = np.dtype(np.float32)
        found = {2: "YX", 3: f"{depth}YX", 4: "TZYX"}[len(shape)]
        super().__init__(path, fitting_axes(axes, found, shape), shape, dtype, "mrc", (_REMARK,))

    def _read(self, plane: int, start: int, stop: int) -> Stored:
        with _opened(self.path) as mrc:
            planes = mrc.data.reshape(-1, self.height, self.width)
            return np.array(planes[plane, start:stop], self.dtype)

    def ome_metadata(self) -> dict[str, Any]:
        known = {axis: size for axis, size in self._angstroms.items() if size > 0.0}
        sizes = {f"PhysicalSize{axis}": size for axis, size in known.items()}
        return {**sizes, **{f"PhysicalSize{axis}Unit": "Å" for axis in known}}


@contextmanager
def _opened(path: Path) -> Iterator[Any]:
    """The file with its pixels mapped into memory.  ValueError for a broken one."""
    mrcfile = extra_package("mrcfile", "bio")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        with mrcfile.mmap(path, mode="r") as mrc:
            yield mrc
