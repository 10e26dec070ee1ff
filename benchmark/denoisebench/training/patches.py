"""Training images on the device, and patches cut from them there.

Images lie in one flat tensor; a patch, its flip and its rotation are one gather. The evidence
decides what a batch holds: the method never sees anything else.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from denoisebench.images.pixels import Pixels


@dataclass(frozen=True, slots=True)
class TrainingImage:
    """One image as the evidence shows it.

    planes: (C, H, W) each, cut alike: the noisy image, then its target if it has one; the clean
    image alone where noise is drawn anew each time.  level: of the noise, nan when unknown.
    """

    planes: tuple[Pixels, ...]
    level: float = math.nan


def flat(plane: Pixels) -> Pixels:
    """(C, H, W) -> (H·W, C)"""
    return plane.transpose(1, 2, 0).reshape(-1, plane.shape[0])


class Cutter:
    """Cuts random patches, each with one of the 8 flips and rotations, out of images that lie in
    flat tensors of (pixel, channel).

    Every patch of every image is equally likely.  sizes: (images, 2), heights and widths, none
    smaller than the crop.  starts: (images,), the first pixel of each.  levels: (images,).
    """

    def __init__(
        self,
        sizes: npt.NDArray[np.int64],
        starts: npt.NDArray[np.int64],
        levels: Pixels,
        crop: int,
        device: torch.device,
    ) -> None:
        self._crop = crop
        free = sizes - crop + 1
        self._rows, self._columns = (torch.from_numpy(free[:, k].copy()).to(device) for k in (0, 1))
        self._widths = torch.from_numpy(sizes[:, 1].copy()).to(device)
        self._starts = torch.from_numpy(starts).to(device)
        self._levels = torch.from_numpy(levels).to(device)
        places = free.prod(axis=1).astype(np.float64)
        self._cumulative = torch.from_numpy(
            (np.cumsum(places) / places.sum()).astype(np.float32)
        ).to(device)
        ramp = torch.arange(crop, device=device)
        self._i, self._j = ramp.view(1, -1, 1), ramp.view(1, 1, -1)

    def cut(
        self, planes: Sequence[Tensor], count: int, rng: torch.Generator
    ) -> tuple[list[Tensor], Tensor]:
        """The same `count` patches of each plane, (B, C, crop, crop), channels_last, and the
        levels of their images, (B, 1, 1, 1)."""
        draws = torch.rand((4, count), generator=rng, device=rng.device)
        image = torch.searchsorted(self._cumulative, draws[0].contiguous(), right=True)
        image = image.clamp_max(len(self._widths) - 1)
        row = (draws[1] * self._rows[image]).long()
        column = (draws[2] * self._columns[image]).long()
        turn = (draws[3] * 8).long().view(-1, 1, 1)
        width = self._widths[image]
        start = (self._starts[image] + row * width + column).view(-1, 1, 1)
        index = start + self._offsets(turn, width.view(-1, 1, 1))
        return [_gather(plane, index) for plane in planes], self._levels[image].view(-1, 1, 1, 1)

    def _offsets(self, turn: Tensor, width: Tensor) -> Tensor:
        """Where the patch's pixels lie: bit 0 flips rows, bit 1 flips columns, bit 2 transposes."""
        last = self._crop - 1
        i = torch.where(turn & 1 == 1, last - self._i, self._i)
        j = torch.where(turn & 2 == 2, last - self._j, self._j)
        return torch.where(turn & 4 == 4, j * width + i, i * width + j)


def _gather(plane: Tensor, index: Tensor) -> Tensor:
    """(B, h, w) pixel indices -> (B, C, h, w), channels_last."""
    rows = plane.index_select(0, index.reshape(-1))
    return rows.view(*index.shape, -1).permute(0, 3, 1, 2)


class Pool(Protocol):
    """The images that patches are cut from."""

    def cut(self, step: int, count: int, rng: torch.Generator) -> tuple[list[Tensor], Tensor]:
        """Patches of the images in the window at a step, as `Cutter.cut` gives them."""


class AllImages:
    """Every image of a set, at every step."""

    def __init__(self, images: Sequence[TrainingImage], crop: int, device: torch.device) -> None:
        planes = zip(*(image.planes for image in images), strict=True)
        self._planes = [
            torch.from_numpy(np.concatenate([*map(flat, p)])).to(device) for p in planes
        ]
        sizes = np.array([image.planes[0].shape[1:] for image in images])
        pixels = sizes.prod(axis=1)
        levels = np.array([image.level for image in images], dtype=np.float32)
        self._cutter = Cutter(sizes, np.cumsum(pixels) - pixels, levels, crop, device)

    def cut(self, step: int, count: int, rng: torch.Generator) -> tuple[list[Tensor], Tensor]:
        return self._cutter.cut(self._planes, count, rng)
