"""How much memory denoising may take, and the tiles that fit into it.  Nothing here needs torch
unless the device is a GPU."""

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from denoisebench.errors import UserError
from denoisebench.limits import free_bytes
from denoisebench.plugin.tiling import Tiling

if TYPE_CHECKING:
    from denoisebench.nn.devices import AskedPrecision

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


def in_bf16(tiling: Tiling) -> Tiling:
    """The tiling of a network in bfloat16.  Its numbers take half of the bytes that they take in
    float32, in which `Tiling.bytes_per_pixel` is measured.

    >>> in_bf16(Tiling(multiple=32, halo=128, bytes_per_pixel=450)).bytes_per_pixel
    225
    """
    return replace(tiling, bytes_per_pixel=-(-tiling.bytes_per_pixel // 2))


def core_size(
    tiling: Tiling, limit_bytes: int, height: int, width: int, row_bytes: int = 0
) -> int | None:
    """The side of the part of each tile that is kept, in pixels; None if the whole image fits.

    A multiple of `tiling.multiple`.  The tiles fit with their halos, and are as few as can be, so
    that little is computed twice.  They are as equal as can be, so that the largest takes little
    memory.  The multiple itself where nothing fits.

    row_bytes: held of each pixel in the rows of a tile, from one edge of the image to the other.
    """
    if height * width * (tiling.bytes_per_pixel + row_bytes) <= limit_bytes:
        return None
    multiple = tiling.multiple
    largest = max(height, width) // multiple * multiple
    cores = range(largest, multiple, -multiple)
    fitting = (c for c in cores if _memory(tiling, c, height, width, row_bytes) <= limit_bytes)
    core = next(fitting, multiple)
    equal = max(side / math.ceil(side / core) for side in (height, width))
    return math.ceil(equal / multiple) * multiple


def _memory(tiling: Tiling, core_px: int, height: int, width: int, row_bytes: int) -> int:
    """Bytes of the largest tile with its halos, and of its rows, at most."""
    high, wide = (_shown_side(tiling, core_px, side) for side in (height, width))
    return high * wide * tiling.bytes_per_pixel + high * width * row_bytes


def _shown_side(tiling: Tiling, core_px: int, side: int) -> int:
    """Pixels of it along a side of the image.  At the image's edge a tile has no halo."""
    multiple = tiling.multiple
    halo = -(-tiling.halo // multiple) * multiple
    halos = min(-(-side // core_px) - 1, 2)
    return min(core_px + halos * halo + multiple, side)  # the other edge lies on another grid


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
    tiling: Tiling | None,
    limit_bytes: int,
    height: int,
    width: int,
    core_px: int | None = None,
    row_bytes: int = 0,
    *,
    network: "AskedPrecision | None" = None,
    device: str = "auto",
) -> Tiles | None:
    """The tiles of an image; None if it is denoised as a whole.

    core_px: of the tiles; None for what `core_size` finds.  row_bytes: see there.  network: the
    precision that was asked of it; None without one.  Imports torch for an image that a network
    could not take in float32.
    """
    if tiling is None:
        return None
    found = core_px or core_size(tiling, limit_bytes, height, width, row_bytes)
    if found is None:
        return None
    if network == "auto" and _is_bf16(device):
        return planned_tiles(in_bf16(tiling), limit_bytes, height, width, core_px, row_bytes)
    found = max(found // tiling.multiple, 1) * tiling.multiple
    count = math.prod(-(-side // found) for side in (height, width))
    memory = _memory(tiling, found, height, width, row_bytes)
    return Tiles(count, found, memory) if count > 1 else None


def _is_bf16(device: str) -> bool:
    """Whether networks are computed in bfloat16 there."""
    from denoisebench.nn.devices import pick_device, pick_precision

    return pick_precision(pick_device(device)) == "bf16"


def smaller_core(tiling: Tiling, core_px: int | None, height: int, width: int) -> int | None:
    """Half of a core that did not fit after all, None being the whole image; None where there is no
    smaller one."""
    return (core_px or max(height, width)) // 2 // tiling.multiple * tiling.multiple or None
