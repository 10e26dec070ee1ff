"""How much memory denoising may take, and the tiles that fit into it.  Nothing here needs torch
unless the device is a GPU."""

import math
from dataclasses import dataclass

from denoisebench.errors import UserError
from denoisebench.limits import free_bytes
from denoisebench.plugin.tiling import Tiling

MOST_BYTES = 4 * 10**9
"""Where no limit is asked for, denoising takes no more, however much is free."""


def memory_limit(asked_gb: float | None, device: str = "cpu") -> int:
    """The bytes that denoising may take: what is asked for, else half of what is free on the
    device, at most `MOST_BYTES`.  Raises UserError for a limit that is none."""
    if asked_gb is not None:
        if not 0.0 < asked_gb * 1e9 < math.inf:
            raise UserError(f"--memory {asked_gb:g}: give gigabytes above 0, as --memory 2")
        return int(asked_gb * 1e9)
    if device.startswith("cuda"):
        import torch

        return min(torch.cuda.mem_get_info(device)[0] // 2, MOST_BYTES)
    return int(min(free_bytes() / 2, MOST_BYTES))


def core_size(tiling: Tiling, limit_bytes: int, height: int, width: int) -> int | None:
    """The side of the part of each tile that is kept, in pixels; None if the whole image fits.

    A multiple of `tiling.multiple`: the largest whose tile with its halo fits, so that as little as
    can be is computed twice; the multiple itself where nothing fits.
    """
    pixels = limit_bytes // tiling.bytes_per_pixel
    if height * width <= pixels:
        return None
    multiple = tiling.multiple
    side = math.isqrt(pixels) - _around(tiling)
    return max(side // multiple, 1) * multiple


def _around(tiling: Tiling) -> int:
    """Pixels that a tile is higher, or wider, than its core, at most."""
    multiple = tiling.multiple
    halo = -(-tiling.halo // multiple) * multiple
    return 2 * halo + multiple  # the other edge lies on another grid


@dataclass(frozen=True, slots=True)
class Tiles:
    """The tiles of an image.  memory: of denoising the largest of them, in bytes, about.

    >>> print(Tiles(36, core_px=1344, memory=3_800_000_000))
    36 tiles of 1344 pixels, about 3.8 GB
    """

    count: int
    core_px: int
    memory: int

    def __str__(self) -> str:
        return f"{self.count} tiles of {self.core_px} pixels, about {self.memory / 1e9:.2g} GB"


def planned_tiles(
    tiling: Tiling | None, limit_bytes: int, height: int, width: int, core_px: int | None = None
) -> Tiles | None:
    """The tiles of an image; None if it is denoised as a whole.  core_px: of the tiles; None for
    what `core_size` finds."""
    if tiling is None:
        return None
    core_px = core_px or core_size(tiling, limit_bytes, height, width)
    if core_px is None:
        return None
    core_px = max(core_px // tiling.multiple, 1) * tiling.multiple
    shown = math.prod(min(core_px + _around(tiling), side) for side in (height, width))
    count = math.prod(-(-side // core_px) for side in (height, width))
    return Tiles(count, core_px, shown * tiling.bytes_per_pixel) if count > 1 else None


def smaller_core(tiling: Tiling, core_px: int | None, height: int, width: int) -> int | None:
    """Half of a core that did not fit after all, None being the whole image; None where there is no
    smaller one."""
    return (core_px or max(height, width)) // 2 // tiling.multiple * tiling.multiple or None
