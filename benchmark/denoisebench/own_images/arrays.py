"""`denoisebench.denoise`: an array in, an array of the same shape and type out."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np

from denoisebench.image_files.copy import fit_values
from denoisebench.own_images.correlation import correlation_warnings
from denoisebench.own_images.denoisers import Denoisers
from denoisebench.own_images.options import DenoiseOptions
from denoisebench.own_images.planes import EVERY_ROW, ArrayPlanes, Plane, Values
from denoisebench.own_images.planes_job import denoise_planes
from denoisebench.own_images.treatments import chooser, looks_of, settle_all
from denoisebench.progress import Progress
from denoisebench.registry.loader import load


@dataclass(frozen=True, slots=True, eq=False)
class Report:
    """The output of `denoise`, and how it was made.  For each channel along C: noise and denoiser,
    in words; the level of the noise as the denoiser saw it, in the unit of its family.  warnings:
    in words.

    >>> Report(np.zeros((4, 6)), ("gaussian: σ 3",), ("nlm",), (25.0,), ()).noise
    ('gaussian: σ 3',)
    """

    image: Values
    noise: tuple[str, ...]
    denoiser: tuple[str, ...]
    level: tuple[float, ...]
    warnings: tuple[str, ...]


class _ArraySink:
    """Puts planes into an array, in its type."""

    done: frozenset[Plane] = frozenset()

    def __init__(self, array: Values) -> None:
        self._array = array

    def write(self, plane: Plane, pixels: Values, rows: slice = EVERY_ROW) -> None:
        self._array[plane][rows], _ = fit_values(pixels, self._array.dtype)

    def plane_done(self, plane: Plane) -> None:
        pass


def denoise(
    image: Any,
    method: str | None = None,
    noise: str = "auto",
    *,
    unit: Literal["scaled", "adu"] = "scaled",
    axes: str | None = None,
    weights: str | Path = "auto",
    scale: str = "auto",
    offset: float | None = None,
    gain: float | None = None,
    tile: int | None = None,
    memory: float | None = None,
    device: str = "auto",
    progress: Callable[[str], None] | None = None,
    details: bool = False,
) -> Any:
    """An image with less noise: `bench denoise` for an array.

    image: (H, W), (H, W, 3) for RGB, (N, H, W), or as `axes` says (TCYX); of whole numbers or
    floats, or anything that NumPy reads plane by plane.  The result has its shape and type.
    method, noise, unit, weights, scale, offset, gain, tile, memory, device: as of `bench denoise`.
    progress: takes a line of text now and then.  details: return a `Report`, not the image alone.

    Raises UserError, which is a ValueError, for input that cannot be denoised.

    >>> denoised = denoisebench.denoise(image)
    >>> denoised.shape == image.shape, denoised.dtype == image.dtype
    (True, True)
    """
    options = DenoiseOptions(
        method=method,
        noise=noise,
        unit=unit,
        weights=str(weights),
        scale=scale,
        gain=gain,
        offset=offset,
        axes=axes,
        tile=tile,
        memory=memory,
        device=device,
    )
    source = ArrayPlanes(image, axes)
    registries = load(())
    looks = looks_of(source, options, registries)
    treatments = settle_all(source, looks, chooser(options, registries))
    result = np.empty(source.shape, source.dtype)

    def show(at: Progress) -> None:
        if progress is not None:
            progress(str(at))

    denoisers = Denoisers(device, tile, memory, show)
    denoise_planes(source, treatments, _ArraySink(result), denoisers, show)
    if not details:
        return result
    each = treatments.values()
    warnings = [line for t in each for line in t.warnings]
    warnings += correlation_warnings(source, ArrayPlanes(result, source.axes), treatments)
    return Report(
        image=result,
        noise=tuple(t.noise.text for t in each),
        denoiser=tuple(t.label for t in each),
        level=tuple(t.level for t in each),
        warnings=tuple(dict.fromkeys(warnings)),
    )
