"""The denoisers of one call, each loaded once, and one plane denoised by one of them."""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import torch

from denoisebench.denoising.denoiser import Denoiser, denoise_checked, load_denoiser
from denoisebench.denoising.memory import core_size, memory_limit
from denoisebench.denoising.tiling import Band, denoise_band, tile_rows
from denoisebench.errors import PluginError, plugin_code
from denoisebench.images.pixels import Pixels
from denoisebench.nn.devices import pick_device, pick_precision, true_float32
from denoisebench.own_images.denoiser_choice import ChosenDenoiser
from denoisebench.own_images.planes import EVERY_ROW, Plane, Planes, Values
from denoisebench.own_images.treatment import Treatment
from denoisebench.progress import Progress, ProgressCallback

COPIED_ROWS = 1024
"""Of a plane without noise, copied at a time."""

Write = Callable[[Plane, Values, slice], None]


@dataclass(frozen=True)
class Denoisers:
    """tile: side of a tile, in pixels.  memory: at most, in GB.  None: as it is best."""

    device: str
    tile: int | None
    memory: float | None
    progress: ProgressCallback
    _loaded: dict[tuple[str, Path | None], Denoiser] = field(default_factory=dict)

    def denoise(self, source: Planes, plane: Plane, treatment: Treatment, write: Write) -> None:
        """Read a plane, denoise it, write it; a large one in bands of tiles."""
        chosen, intensity = treatment.denoiser, treatment.intensity
        if chosen is None:
            for top in range(0, source.height, COPIED_ROWS):
                rows = slice(top, min(top + COPIED_ROWS, source.height))
                write(plane, source.read(plane, rows), rows)
            return
        device = pick_device(self.device)
        denoiser, level = self._load(chosen, device).for_level(treatment.level), treatment.level
        tiling, core = denoiser.tiling, None
        if tiling is not None:
            limit = memory_limit(self.memory, device)
            core = self.tile or core_size(tiling, limit, source.height, source.width)
        if tiling is None or core is None:
            noisy = intensity.shown(source.read(plane))
            made = denoise_checked(chosen.method.name, denoiser, noisy, level, device)
            write(plane, intensity.restored(made.image), EVERY_ROW)
            return
        for band in tile_rows(source.height, source.width, tiling, core):
            noisy = intensity.shown(source.read(plane, band.source))
            image = self._band(chosen.method.name, denoiser, band, noisy, level, device)
            write(plane, intensity.restored(image), band.target)
            done = band.target.stop
            self.progress(Progress(f"{source.path.name}, rows", done, source.height))

    @torch.no_grad()
    def _band(
        self,
        name: str,
        denoiser: Denoiser,
        band: Band,
        noisy: Pixels,
        level: float,
        device: str,
    ) -> Pixels:
        """The rows that come out of a band, (C, h', W).  Raises PluginError for what is wrong."""
        with plugin_code(name), true_float32():
            rows = torch.from_numpy(noisy)[None].to(device)
            image: Pixels = denoise_band(denoiser, band, rows, level).image[0].float().cpu().numpy()
        if not np.isfinite(image).all():
            raise PluginError(f"{name} made pixels that are not finite")
        return image

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
