"""A method as a function of arrays and tensors."""

from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import torch
from torch import Tensor

from denoisebench.denoising.denoiser import denoise_checked, load_denoiser
from denoisebench.denoising.large_images import WithinMemory
from denoisebench.denoising.memory import memory_limit
from denoisebench.errors import UserError
from denoisebench.images.channels import CHANNEL_WORDS
from denoisebench.images.pixels import Pixels
from denoisebench.nn.devices import pick_device, pick_precision
from denoisebench.plugin.method import Method, Task

ImageT = TypeVar("ImageT", np.ndarray[Any, Any], Tensor)

LARGEST = 10.0
"""Noise carries pixels of [0, 1] beyond 1, but not so far: values above are of another unit."""


class ArrayDenoiser:
    """Denoises an image: `denoise(noisy)` or `denoise(noisy, level=30)`.

    An image is an array (H, W) or (H, W, 3), or a tensor (C, H, W) or (B, C, H, W); float, in
    [0, 1].  The estimate is float32, of the same kind and shape.

    method, config, task, weights: of the denoiser.  level: what it is given where a call gives
    none, in the unit of the noise family.  memory_gb: what denoising may take, in 10⁹ bytes; a
    larger image is denoised in tiles.
    """

    def __init__(
        self,
        method: Method[Any],
        config: Any,
        task: Task,
        weights: Path | None,
        device: str,
        level: float | None,
        memory_gb: float | None = None,
    ) -> None:
        self.method, self.config, self.task, self.level = method, config, task, level
        self._device = pick_device(device)
        precision = pick_precision(self._device)
        denoiser = load_denoiser(method, config, task, weights, self._device, precision)
        limit_bytes = memory_limit(memory_gb, self._device)
        self._denoise = WithinMemory(denoiser, limit_bytes, lambda _: None)

    def __call__(self, image: ImageT, level: float | None = None) -> ImageT:
        """The estimate.  level: of this image's noise, in the unit of the family.

        Raises UserError for an image of another shape, type or unit, and for a level that is
        missing or not asked for; PluginError for what the method raises.
        """
        given = self._level(level)
        if isinstance(image, Tensor):
            stack = image if image.ndim == 4 else image[None]
            made = [self._one(one.detach().cpu().numpy(), given) for one in stack]
            result = torch.from_numpy(np.stack(made)).to(image.device)
            return result if image.ndim == 4 else result[0]
        if image.ndim == 2:
            gray: np.ndarray[Any, Any] = self._one(image[None], given)[0]
            return gray
        if image.ndim == 3 and image.shape[2] == 3:
            return np.moveaxis(self._one(np.moveaxis(image, 2, 0), given), 0, 2)
        raise UserError(f"an image is (H, W) or (H, W, 3), or a tensor; this is {image.shape}")

    def _level(self, level: float | None) -> float | None:
        known = self.task.parameters == "known"
        if level is not None and not known:
            raise UserError(f"this {self.method.name} estimates the level itself; give none")
        given = self.level if level is None else level
        if known and given is None:
            raise UserError(f"give the level of {self.task.noise.family.name} noise: level=...")
        return given

    def _one(self, pixels: "np.ndarray[Any, Any]", level: float | None) -> Pixels:
        """The estimate of one image (C, H, W)."""
        channels = self.task.channels
        if pixels.ndim != 3 or pixels.shape[0] != channels:
            raise UserError(
                f"this {self.method.name} is for {CHANNEL_WORDS[channels]} images, with"
                f" {channels} channel{'s' if channels > 1 else ''}; this image is {pixels.shape}"
            )
        if not np.issubdtype(pixels.dtype, np.floating):
            raise UserError(f"pixels are floats in [0, 1], not {pixels.dtype}; divide by 255")
        noisy = np.ascontiguousarray(pixels, dtype=np.float32)
        if not np.isfinite(noisy).all() or np.abs(noisy).max() > LARGEST:
            raise UserError(
                f"pixels must be finite and in [0, 1]; these go from {noisy.min():g} to"
                f" {noisy.max():g}"
            )
        name, denoise = self.method.name, self._denoise
        return denoise_checked(name, denoise, noisy, level, self._device).image
