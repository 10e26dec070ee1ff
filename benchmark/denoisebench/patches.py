"""Training images on the device, and patches cut from them there.

All images lie in one flat tensor; a patch, its flip and its rotation are one gather.  What a batch
holds is decided by the evidence: the method never sees anything else.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from denoisebench.errors import UserError
from denoisebench.images import Pixels
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


class PatchSampler:
    """Draws batches of random patches with one of the 8 flips and rotations each.

    crop: side in pixels; an image smaller than it cannot be trained on (UserError).
    images: what the evidence shows.  Larger images are drawn more often, in proportion to the
    number of patches they hold, so that every patch is equally likely.
    """

    def __init__(
        self,
        images: Sequence[TrainingImage],
        crop: int,
        *,
        told_level: bool,
        device: torch.device,
    ) -> None:
        sizes = np.array([image.noisy.shape[1:] for image in images])
        if (sizes < crop).any():
            height, width = sizes[(sizes < crop).any(axis=1)][0]
            raise UserError(
                f"a training image is {width}×{height} pixels, smaller than the crop of {crop};"
                " leave it out or give a smaller --crop"
            )
        self.crop = crop
        self._noisy = _Planes([image.noisy for image in images], device)
        targets = [image.target for image in images if image.target is not None]
        self._target = _Planes(targets, device) if targets else None
        self._told_level = told_level
        self._levels = torch.tensor([i.level for i in images], device=device)
        free = sizes - crop + 1
        self._rows, self._columns = (torch.from_numpy(free[:, k].copy()).to(device) for k in (0, 1))
        self._widths = torch.from_numpy(sizes[:, 1].copy()).to(device)
        pixels = sizes.prod(axis=1)
        self._starts = torch.from_numpy(np.cumsum(pixels) - pixels).to(device)
        places = free.prod(axis=1).astype(np.float64)
        self._cumulative = torch.from_numpy(np.cumsum(places) / places.sum()).to(device)
        ramp = torch.arange(crop, device=device)
        self._i, self._j = ramp.view(1, -1, 1), ramp.view(1, 1, -1)

    def sample(self, count: int, rng: torch.Generator) -> Batch:
        """`count` patches.  rng: of the sampler's device."""
        draws = torch.rand((4, count), generator=rng, device=rng.device, dtype=torch.float64)
        image = torch.searchsorted(self._cumulative, draws[0], right=True)
        image = image.clamp_max(len(self._widths) - 1)
        row = (draws[1] * self._rows[image]).long()
        column = (draws[2] * self._columns[image]).long()
        turn = (draws[3] * 8).long()
        width = self._widths[image]
        start = self._starts[image] + row * width + column
        index = start.view(-1, 1, 1) + self._turned(turn.view(-1, 1, 1), width.view(-1, 1, 1))
        level = self._levels[image].view(-1, 1, 1, 1)
        target = None if self._target is None else self._target.gather(index)
        return self._batch(self._noisy.gather(index), target, level, rng)

    def _turned(self, turn: Tensor, width: Tensor) -> Tensor:
        """Offsets of the patch's pixels: bit 0 flips rows, bit 1 columns, bit 2 transposes."""
        last = self.crop - 1
        i = torch.where(turn & 1 == 1, last - self._i, self._i)
        j = torch.where(turn & 2 == 2, last - self._j, self._j)
        return torch.where(turn & 4 == 4, j * width + i, i * width + j)

    def _batch(
        self, noisy: Tensor, target: Tensor | None, level: Tensor, rng: torch.Generator
    ) -> Batch:
        del rng
        return Batch(noisy, target, level if self._told_level else None)


class FreshSampler(PatchSampler):
    """Draws new noise for every patch: what the papers' codes do, and what leaks the clean image
    over the epochs.  Its images hold the clean pixels as `noisy`; the method never sees those."""

    def __init__(
        self,
        images: Sequence[TrainingImage],
        crop: int,
        *,
        told_level: bool,
        device: torch.device,
        noise: Noise,
        target: str,
    ) -> None:
        super().__init__(images, crop, told_level=told_level, device=device)
        self._noise, self._kind = noise, target

    def _batch(
        self, noisy: Tensor, target: Tensor | None, level: Tensor, rng: torch.Generator
    ) -> Batch:
        del target, level
        clean = noisy
        level = self._draw_levels(len(clean), rng)
        first = self._noise.family.resample(clean, level, rng)
        second: Tensor | None = None
        if self._kind == "clean":
            second = clean
        elif self._kind == "noisy":
            second = self._noise.family.resample(clean, self._draw_levels(len(clean), rng), rng)
        return Batch(first, second, level if self._told_level else None)

    def _draw_levels(self, count: int, rng: torch.Generator) -> Tensor:
        u = torch.rand(count, generator=rng, device=rng.device)
        levels = self._noise.low * (self._noise.high / self._noise.low) ** u
        return levels.view(-1, 1, 1, 1)
