"""Training images on the device, and patches cut from them there.

All images lie in one flat tensor; a patch, its flip and its rotation are one gather.  What a batch
holds is decided by the evidence: the method never sees anything else.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import torch
from torch import Tensor

from denoisebench.images import Pixels
from denoisebench.interfaces import Evidence, Task
from denoisebench.noise.model import Noise


@dataclass(frozen=True, slots=True)
class Batch:
    """What a loss is given.  noisy: (B, C, h, w).  target: the same shape; the second noisy copy
    (NOISY_PAIRS), the clean patch (CLEAN) or None (NOISY).  level: (B, 1, 1, 1) in the unit of
    the noise family, or None when the parameters are unknown."""

    noisy: Tensor
    target: Tensor | None
    level: Tensor | None


@dataclass(frozen=True, slots=True)
class TrainingImage:
    """One image as the evidence shows it.  noisy, target: (C, H, W)."""

    noisy: Pixels
    target: Pixels | None
    level: float


class _Planes:
    """Images in one flat tensor of (pixel, channel)."""

    def __init__(self, images: Sequence[Pixels], device: torch.device) -> None:
        flat = [image.transpose(1, 2, 0).reshape(-1, image.shape[0]) for image in images]
        self.values = torch.from_numpy(np.concatenate(flat)).to(device)

    def gather(self, index: Tensor) -> Tensor:
        """(B, h, w) pixel indices -> (B, C, h, w), channels_last."""
        rows = self.values.index_select(0, index.reshape(-1))
        return rows.view(*index.shape, -1).permute(0, 3, 1, 2)


class _Cutter:
    """Cuts random patches, each with one of the 8 flips and rotations, out of aligned planes.

    Every patch of every image is equally likely.  No image may be smaller than the crop.
    """

    def __init__(self, planes: Sequence[Sequence[Pixels]], crop: int, device: torch.device) -> None:
        sizes = np.array([image.shape[1:] for image in planes[0]])
        self._crop = crop
        self._planes = [_Planes(images, device) for images in planes]
        free = sizes - crop + 1
        self._rows, self._columns = (torch.from_numpy(free[:, k].copy()).to(device) for k in (0, 1))
        self._widths = torch.from_numpy(sizes[:, 1].copy()).to(device)
        pixels = sizes.prod(axis=1)
        self._starts = torch.from_numpy(np.cumsum(pixels) - pixels).to(device)
        places = free.prod(axis=1).astype(np.float64)
        self._cumulative = torch.from_numpy(
            (np.cumsum(places) / places.sum()).astype(np.float32)
        ).to(device)
        ramp = torch.arange(crop, device=device)
        self._i, self._j = ramp.view(1, -1, 1), ramp.view(1, 1, -1)

    def cut(self, count: int, rng: torch.Generator) -> tuple[list[Tensor], Tensor]:
        """The same `count` patches of each plane, (B, C, crop, crop), and their image numbers."""
        draws = torch.rand((4, count), generator=rng, device=rng.device)
        image = torch.searchsorted(self._cumulative, draws[0].contiguous(), right=True)
        image = image.clamp_max(len(self._widths) - 1)
        row = (draws[1] * self._rows[image]).long()
        column = (draws[2] * self._columns[image]).long()
        turn = (draws[3] * 8).long().view(-1, 1, 1)
        width = self._widths[image]
        start = (self._starts[image] + row * width + column).view(-1, 1, 1)
        index = start + self._offsets(turn, width.view(-1, 1, 1))
        return [plane.gather(index) for plane in self._planes], image

    def _offsets(self, turn: Tensor, width: Tensor) -> Tensor:
        """Where the patch's pixels lie: bit 0 flips rows, bit 1 flips columns, bit 2 transposes."""
        last = self._crop - 1
        i = torch.where(turn & 1 == 1, last - self._i, self._i)
        j = torch.where(turn & 2 == 2, last - self._j, self._j)
        return torch.where(turn & 4 == 4, j * width + i, i * width + j)


class BatchSource(Protocol):
    """Where the training engine gets its batches."""

    def sample(self, count: int, rng: torch.Generator) -> Batch:
        """`count` patches, drawn from `rng` alone, which lives on the batch's device."""


class FixedBatches:
    """Patches of images whose noise was drawn once, before training."""

    def __init__(
        self,
        images: Sequence[TrainingImage],
        crop: int,
        *,
        told_level: bool,
        device: torch.device,
    ) -> None:
        planes = [[image.noisy for image in images]]
        targets = [image.target for image in images if image.target is not None]
        if targets:
            planes.append(targets)
        self._cutter = _Cutter(planes, crop, device)
        levels = torch.tensor([image.level for image in images], device=device)
        self._levels = levels if told_level else None

    def sample(self, count: int, rng: torch.Generator) -> Batch:
        patches, image = self._cutter.cut(count, rng)
        level = None if self._levels is None else self._levels[image].view(-1, 1, 1, 1)
        return Batch(patches[0], patches[1] if len(patches) > 1 else None, level)


class FreshBatches:
    """Patches whose noise is drawn anew each time, as the papers' codes do.

    Over the epochs this leaks the clean images, which are kept in here and not shown.  Levels of
    a range are drawn for the two copies of a pair independently.
    """

    def __init__(
        self,
        clean: Sequence[Pixels],
        crop: int,
        *,
        task: Task,
        evidence: Evidence,
        device: torch.device,
    ) -> None:
        self._cutter = _Cutter([clean], crop, device)
        self._task, self._evidence = task, evidence

    def sample(self, count: int, rng: torch.Generator) -> Batch:
        (clean,), _ = self._cutter.cut(count, rng)
        task = self._task
        noisy, level = _noisy(clean, task.noise, rng)
        target = None
        if self._evidence is Evidence.CLEAN:
            target = clean
        elif self._evidence is Evidence.NOISY_PAIRS:
            target, _ = _noisy(clean, task.target_noise or task.noise, rng)
        return Batch(noisy, target, level if task.parameters == "known" else None)


def _noisy(clean: Tensor, noise: Noise, rng: torch.Generator) -> tuple[Tensor, Tensor]:
    """A noisy copy of each patch, and its level, (B, 1, 1, 1)."""
    u = torch.rand((len(clean), 1, 1, 1), generator=rng, device=rng.device)
    low, high = noise.low, noise.high
    level = low + (high - low) * u if noise.levels_even else low * (high / low) ** u
    return noise.family.resample(clean, level, rng), level
