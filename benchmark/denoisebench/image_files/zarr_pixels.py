"""Zarr folders: arrays, and images of OME-Zarr with their pyramids, read chunk by chunk."""

import hashlib
import os
from functools import lru_cache
from itertools import product
from math import prod
from pathlib import Path
from typing import Any

import numpy as np

from denoisebench.image_files.axes import fitting_axes
from denoisebench.image_files.refusals import RefusedError, named
from denoisebench.image_files.source import PixelFile, ReadRows, Stored
from denoisebench.image_files.whole_folder import whole_folder
from denoisebench.image_files.zarr_copy import write_zarr
from denoisebench.image_files.zarr_layout import ZarrImage, open_levels, open_node, zarr_image

KEPT_BYTES = 2**27
"""Of decoded chunks that are kept: a chunk of several planes is met again at the next one."""
LARGEST_CHUNK = 2**31
"""Bytes; decoders take no larger one."""

MOST_PLANES = 10**7
"""That a folder is believed to have, whose metadata may say anything."""


class ZarrPixels(PixelFile):
    """An array, or an image with its smaller levels.  A chunk that is not stored has its fill value
    everywhere, as Zarr has it."""

    has_series = True

    def __init__(self, path: Path, image: ZarrImage, array: Any, axes: str) -> None:
        shape = tuple(int(length) for length in array.shape)
        dtype = np.dtype(array.dtype)
        self.image, self._array = image, array
        self._chunk = tuple(int(length) for length in array.chunks)
        super().__init__(path, axes, shape, dtype, image.format, image.remarks)
        chunk_bytes = prod(self._chunk) * dtype.itemsize
        if chunk_bytes > LARGEST_CHUNK:
            raise RefusedError(
                f"is stored in chunks of {chunk_bytes / 2**30:.3g} GiB; save it in smaller ones"
            )
        if prod(self.leading) > MOST_PLANES:
            raise RefusedError(f"says that it has {prod(self.leading)} planes; give a part of it")
        self._decoded = lru_cache(max(1, KEPT_BYTES // chunk_bytes))(self._decode)

    def _read(self, plane: int, start: int, stop: int) -> Stored:
        outer, inside = self._place(plane)
        begin = (start, *(0 for _ in self.shape[len(outer) + 1 :]))
        end = (stop, *self.shape[len(outer) + 1 :])
        sides = self._chunk[len(outer) :]
        pixels = np.empty(np.subtract(end, begin), self.dtype)
        spans = zip(begin, end, sides, strict=True)
        for index in product(*(range(a // side, -(-b // side)) for a, b, side in spans)):
            first = np.multiply(index, sides)
            low, high = np.maximum(first, begin), np.minimum(first + sides, end)
            part = self._decoded((*outer, *index))[inside]
            pixels[_slices(low - begin, high - begin)] = part[_slices(low - first, high - first)]
        return pixels

    def _place(self, plane: int) -> tuple[tuple[int, ...], tuple[int, ...]]:
        """The chunk of a plane along the leading axes, and the place of the plane in it."""
        if not self.leading:
            return (), ()
        place = np.unravel_index(plane, self.leading)
        pairs = [divmod(int(k), side) for k, side in zip(place, self._chunk, strict=False)]
        return tuple(chunk for chunk, _ in pairs), tuple(within for _, within in pairs)

    def _decode(self, index: tuple[int, ...]) -> Stored:
        """A chunk, without what of it lies beyond the array."""
        at = (slice(k * side, (k + 1) * side) for k, side in zip(index, self._chunk, strict=True))
        return np.asarray(self._array[tuple(at)])

    def write_copy(
        self, path: Path, rows: ReadRows, dtype: "np.dtype[Any]", note: str
    ) -> tuple[str, ...]:
        """A copy of the folder with other chunks; levels are made of the new pixels."""
        with named(str(self.path)), whole_folder(path) as folder:
            return write_zarr(self, folder, rows, dtype, note)

    def sha256(self) -> str:
        """Of the names and bytes of all files."""
        found = hashlib.sha256()
        with named(str(self.path)):
            for parent, folders, names in os.walk(self.path):
                folders.sort()
                for name in sorted(names):
                    file = Path(parent, name)
                    found.update(str(file.relative_to(self.path)).encode(errors="surrogateescape"))
                    with file.open("rb") as stream:
                        found.update(hashlib.file_digest(stream, "sha256").digest())
        return found.hexdigest()


def _slices(starts: Stored, stops: Stored) -> tuple[slice, ...]:
    return tuple(map(slice, starts, stops))


def open_zarr(path: Path, axes: str | None, series: int) -> ZarrPixels:
    """The array or image of a Zarr folder.  Raises RefusedError where the extra is missing."""
    node = open_node(path)
    image = zarr_image(path, node, axes, series)
    array = open_levels(path, image)[0]
    return ZarrPixels(path, image, array, fitting_axes(axes, image.axes, tuple(array.shape)))
