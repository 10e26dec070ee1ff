"""The denoisers of one call, each loaded once, and one plane denoised by one of them."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from itertools import count
from pathlib import Path

import numpy as np
import torch

from denoisebench.denoising.denoiser import Denoiser, denoise_checked, load_denoiser
from denoisebench.denoising.memory import core_size, memory_limit, smaller_core
from denoisebench.denoising.tiling import Band, denoise_band, tile_rows
from denoisebench.errors import PluginError, plugin_code
from denoisebench.images.pixels import Pixels
from denoisebench.nn.devices import kind_of, pick_device, pick_precision, true_float32
from denoisebench.own_images.denoiser_choice import ChosenDenoiser
from denoisebench.own_images.planes import Plane, Planes, Values, steps_of
from denoisebench.own_images.treatment import Treatment
from denoisebench.plugin.method import Denoised
from denoisebench.plugin.tiling import Tiling
from denoisebench.progress import Progress, ProgressCallback

HELD_BYTES = 16
"""Bytes of each value of the rows that are denoised: as stored, as shown, and its estimate."""

Write = Callable[[Plane, Values, slice], None]


@dataclass(frozen=True)
class Denoisers:
    """tile: side of a tile, in pixels.  memory: at most, in GB.  None: as it is best."""

    device: str
    tile: int | None
    memory: float | None
    progress: ProgressCallback
    _loaded: dict[tuple[str, Path | None], Denoiser] = field(default_factory=dict)
    _limits: dict[str, int] = field(default_factory=dict)

    def denoise(self, source: Planes, plane: Plane, treatment: Treatment, write: Write) -> None:
        """Read a plane, denoise it, write it; a large one in bands of tiles.

        Where memory runs out nevertheless, the tiles are halved, and `progress` says so.
        """
        chosen = treatment.denoiser
        assert chosen is not None  # else there is no noise
        device = pick_device(self.device)
        name = source.path.name
        denoiser = self._load(chosen, device).for_level(treatment.level)
        denoiser = replace(denoiser, added=treatment.added / 255.0)
        denoiser = denoiser.telling(
            lambda part: self.progress(Progress(f"{name}, {part.what}", part.done, part.total))
        )
        core = self._core(denoiser.tiling, source, device)
        while True:
            try:
                bands = _bands_of(source, denoiser.tiling, core)
                tell = self._tell_of(source, sum(len(band.tiles) for band in bands))
                for band in bands:
                    rows = _rows_of(source, plane, band, treatment, denoiser, device, tell)
                    for part, values in rows:
                        write(plane, values, part)
            except MemoryError:
                if denoiser.tiling is None:
                    raise
                core = smaller_core(denoiser.tiling, core, source.height, source.width)
                if core is None:
                    raise
            else:
                return
            if kind_of(device) == "cuda":
                torch.cuda.empty_cache()
            self.progress(Progress(f"memory ran out; tiles of {core} pixels are tried", 0, 0))

    def _core(self, tiling: Tiling | None, source: Planes, device: str) -> int | None:
        """The side of the tiles; None where the plane is denoised as a whole."""
        if tiling is None or self.tile is not None:
            return None if tiling is None else self.tile
        limit = self._limit(device)
        return core_size(tiling, limit, source.height, source.width, row_bytes(source))

    def _limit(self, device: str) -> int:
        """The memory for denoising, in bytes; found once, so that all planes have the same
        tiles."""
        if device not in self._limits:
            self._limits[device] = memory_limit(self.memory, device)
        return self._limits[device]

    def _tell_of(self, source: Planes, tiles: int) -> Callable[[], None]:
        """The function that is called after each tile of a plane: a tile can take minutes."""
        done = count(1)
        return lambda: self.progress(Progress(f"{source.path.name}, tiles", next(done), tiles))

    def _load(self, chosen: ChosenDenoiser, device: str) -> Denoiser:
        key = (chosen.label, chosen.weights)
        if key not in self._loaded:
            self._loaded[key] = load_denoiser(
                chosen.method,
                chosen.config,
                chosen.task,
                chosen.weights,
                device,
                pick_precision(device),
            )
        return self._loaded[key]


def row_bytes(source: Planes) -> int:
    """Held of each pixel of the rows that are denoised, beside what the denoiser takes."""
    return HELD_BYTES * source.channels


def _bands_of(source: Planes, tiling: Tiling | None, core: int | None) -> list[Band]:
    """The bands of a plane, or one without tiles that is the whole plane."""
    if tiling is None or core is None:
        whole = slice(0, source.height)
        return [Band(whole, whole, ())]
    return list(tile_rows(source.height, source.width, tiling, core))


def _rows_of(
    source: Planes,
    plane: Plane,
    band: Band,
    treatment: Treatment,
    denoiser: Denoiser,
    device: str,
    tell: Callable[[], None],
) -> Iterator[tuple[slice, Values]]:
    """The denoised rows `band.target` of a plane, some at a time, in the numbers of the file."""
    name, intensity, level = denoiser.method.name, treatment.intensity, treatment.level
    values, begin = source.read(plane, band.source), band.source.start
    noisy = np.empty((source.channels, *values.shape[:2]), np.float32)
    for rows in steps_of(source, band.source):
        inside = slice(rows.start - begin, rows.stop - begin)
        noisy[:, inside] = intensity.shown(values[inside])
    if band.tiles:
        image = _of_tiles(name, denoiser, band, noisy, level, device, tell)
    else:
        image = denoise_checked(name, denoiser, noisy, level, device).image
    for rows in steps_of(source, band.target):
        inside = slice(rows.start - begin, rows.stop - begin)
        made = image[:, rows.start - band.target.start : rows.stop - band.target.start]
        yield rows, intensity.denoised(values[inside], noisy[:, inside], made)


@torch.no_grad()
def _of_tiles(
    name: str,
    denoiser: Denoiser,
    band: Band,
    noisy: Pixels,
    level: float,
    device: str,
    tell: Callable[[], None],
) -> Pixels:
    """The rows that come out of a band, (C, h', W).  Raises PluginError for what is wrong."""

    def denoise(shown: torch.Tensor, level: float | None) -> torch.Tensor | Denoised:
        made = denoiser(shown, level)
        tell()
        return made

    with plugin_code(name), true_float32():
        rows = torch.from_numpy(noisy)[None].to(device)
        image: Pixels = denoise_band(denoise, band, rows, level).image[0].float().cpu().numpy()
    if not np.isfinite(image).all():
        raise PluginError(f"{name} made pixels that are not finite")
    return image
