"""CZI files of Zeiss microscopes, as the readers of bioio give them."""

from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np

from denoisebench.image_files.axes import fitting_axes
from denoisebench.image_files.extras import extra_package
from denoisebench.image_files.ome_tiff import ToOmeTiff
from denoisebench.image_files.refusals import RefusedError
from denoisebench.image_files.source import Stored

_REMARK = (
    "{} files are not written, so the copy is OME-TIFF; it keeps the sizes of pixels and the names"
    " of channels"
)


class BioPixels(ToOmeTiff):
    """A scene of a file.  Axes of length 1 are left out; planes are decoded one by one."""

    has_series = True

    def __init__(self, path: Path, axes: str | None, series: int) -> None:
        self._image = extra_package("bioio", "bio").BioImage(path)
        scenes = self._image.scenes
        if series >= len(scenes):
            raise RefusedError(f"has no series {series}; it holds {len(scenes)}, from 0")
        self._image.set_scene(series)
        kind, remarks = path.suffix[1:].upper(), []
        if len(scenes) > 1:
            remarks.append(f"holds {len(scenes)} series; number {series} is taken")
        remarks.append(_REMARK.format(kind))
        lengths = zip(self._image.dims.order, self._image.shape, strict=True)
        kept = {axis: int(length) for axis, length in lengths if length > 1 or axis in "YX"}
        self._found = "".join(kept)
        shape = tuple(kept.values())
        if not self._found.endswith("YX"):  # bioio gives each colour the pixels of the first
            raise RefusedError(
                f"has axes {self._found} of {shape}; gray planes are read: save colour as TIFF"
            )
        fitting = fitting_axes(axes, self._found, shape)
        super().__init__(path, fitting, shape, self._image.dtype, kind.lower(), tuple(remarks))
        self._plane = lru_cache(1)(self._decode)

    def _read(self, plane: int, start: int, stop: int) -> Stored:
        return self._plane(plane)[start:stop]

    def _decode(self, plane: int) -> Stored:
        place = np.unravel_index(plane, self.leading) if self.leading else ()
        at = {axis: int(k) for axis, k in zip(self._found, place, strict=False)}
        lazy = self._image.get_image_dask_data("YX", **at)
        return np.asarray(lazy.compute(scheduler="synchronous")).astype(self.dtype, copy=False)

    def ome_metadata(self) -> dict[str, Any]:
        sizes = self._image.physical_pixel_sizes
        known = {axis: size for axis in "XYZ" if (size := getattr(sizes, axis))}
        names = [str(name) for name in self._image.channel_names or ()]
        return {
            **{f"PhysicalSize{axis}": size for axis, size in known.items()},
            **{f"PhysicalSize{axis}Unit": "µm" for axis in known},
            **({"Channel": {"Name": names}} if names else {}),
        }
