"""Denoising images of any size within a limit of memory."""

from collections.abc import Callable
from dataclasses import replace

import torch
from torch import Tensor

from denoisebench.denoising.denoiser import Denoiser
from denoisebench.denoising.memory import core_size, smaller_core
from denoisebench.denoising.self_ensemble import Denoise
from denoisebench.denoising.tiling import tiled
from denoisebench.errors import tells_of_too_little_memory
from denoisebench.freed_memory import freed_memory_kept
from denoisebench.plugin.method import Denoised
from denoisebench.plugin.tiling import Tiling
from denoisebench.progress import Progress, ProgressCallback


class WithinMemory:
    """Denoises an image that fits into memory as it is, and a larger one in tiles.

    Where memory runs out nevertheless, the tiles are halved, and `progress` says so.  A method that
    cannot be tiled gets the whole image whatever its size.

    limit_bytes: what denoising may take.  around: applied to what denoises an image or a tile, as
    `self_ensembled`.
    """

    def __init__(
        self,
        denoiser: Denoiser,
        limit_bytes: int,
        progress: ProgressCallback,
        around: Callable[[Denoise], Denoise] | None = None,
    ) -> None:
        self._denoiser, self._limit, self._progress = denoiser, limit_bytes, progress
        self._around = around or (lambda denoise: denoise)
        self.core_px: int | None = None
        """The side of the part of a tile that is kept, the least of all images; None where none was
        tiled."""

    def __call__(self, noisy: Tensor, level: float | None) -> Tensor | Denoised:
        """The estimate from an image (1, C, H, W).  level: of its noise, if it is known."""
        tiling, (height, width) = self._denoiser.tiling, noisy.shape[-2:]
        if tiling is None:
            return self._around(self._denoiser)(noisy, level)
        core_px = core_size(tiling, self._limit, height, width)
        while True:
            try:
                if core_px is None:
                    return self._around(self._denoiser)(noisy, level)
                return self._in_tiles(noisy, level, tiling, core_px)
            except Exception as error:
                halved = smaller_core(tiling, core_px, height, width)
                if halved is None or not tells_of_too_little_memory(error):
                    raise
            core_px = halved
            if noisy.is_cuda:
                torch.cuda.empty_cache()
            self._progress(Progress(f"memory ran out; tiles of {core_px} pixels are tried", 0, 0))

    def _in_tiles(
        self, noisy: Tensor, level: float | None, tiling: Tiling, core_px: int
    ) -> Denoised:
        told = level
        if level is None and tiling.needs_level:
            told = self._denoiser.task.noise.family.read(noisy[0].cpu().numpy()).required()
        denoise = self._around(self._denoiser.for_tiles_of(noisy))
        with freed_memory_kept():
            made = tiled(denoise, tiling, core_px)(noisy, told)
        self.core_px = min(core_px, self.core_px or core_px)
        return replace(made, level=told if level is None and told else made.level)
