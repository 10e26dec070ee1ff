"""Denoising images: load a denoiser, run it, check what comes back."""

import math
import time
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import torch
from torch import Tensor

from denoisebench.denoising.added_noise import with_added_noise
from denoisebench.denoising.image_fits import ImageFits
from denoisebench.denoising.memory import in_bf16
from denoisebench.denoising.self_ensemble import Denoise
from denoisebench.denoising.trained_model import load_model
from denoisebench.errors import PluginError, WrongAnswerError, plugin_code
from denoisebench.files import safe_name
from denoisebench.images.pixels import Pixels
from denoisebench.nn.devices import Precision, true_float32
from denoisebench.planning.answers import tiling_of
from denoisebench.plugin.image_method import ImageMethod
from denoisebench.plugin.method import (
    Denoised,
    Method,
    Model,
    Output,
    Task,
    TrainedMethod,
    UntrainedMethod,
)
from denoisebench.plugin.tiling import Tiling
from denoisebench.progress import ProgressCallback
from denoisebench.results.saved_images import RESERVED, SavedOutput

ROUNDING = 1e-4
"""Two runs of one network differ by no more than this at any pixel."""


@dataclass(frozen=True, slots=True)
class Denoiser:
    """A method that is ready to denoise images.

    model: its network, of a method that is trained; else None.  fits: how a method learns that does
    so on each image.  added: standard deviation of the noise of `with_added_noise`; 0 for none.
    precision: of the network.
    """

    method: Method[Any]
    config: Any
    task: Task
    model: Model[Any] | None
    fits: ImageFits = field(default_factory=ImageFits)
    added: float = 0.0
    precision: Precision = "fp32"

    def __call__(self, noisy: Tensor, level: float | None) -> Tensor | Denoised:
        """The estimate from an image (1, C, H, W).  level: of its noise, if it is known."""
        if self.added > 0.0:
            return with_added_noise(self._once, self.added)(noisy, level)
        return self._once(noisy, level)

    def _once(self, noisy: Tensor, level: float | None) -> Tensor | Denoised:
        return self._checked(self._made(noisy, level), noisy)

    def _made(self, noisy: Tensor, level: float | None) -> object:
        method = self.method
        if isinstance(method, ImageMethod):
            return self.fits.denoise(method, self.config, self.task, noisy, level)
        if self.model is None:
            assert isinstance(method, UntrainedMethod)
            return method.denoise(self.config, self.task, noisy, level)
        assert isinstance(method, TrainedMethod)
        return method.denoise(self.model, noisy, level)

    def _checked(self, made: Any, noisy: Tensor) -> Tensor | Denoised:
        """The outcome.  Raises WrongAnswerError if it is no image of the noisy one's size."""
        image = made.image if isinstance(made, Denoised) else made
        if not isinstance(image, Tensor):
            said = f"{type(image).__name__}, not Tensor"
        elif image.shape != noisy.shape:
            said = f"{tuple(image.shape)} of an image of {tuple(noisy.shape)}"
        else:
            return made  # type: ignore[no-any-return]
        advice = "return a Tensor (1, C, H, W) of the image's size, or a Denoised of one"
        raise WrongAnswerError(self.method, "denoise", said, advice)

    @property
    def tiling(self) -> Tiling | None:
        """How an image may be cut into tiles; None if it must be denoised as a whole."""
        tiling = tiling_of(self.method, self.config, self.task)
        return in_bf16(tiling) if tiling and self.precision == "bf16" else tiling

    def for_tiles_of(self, noisy: Tensor) -> "Denoiser":
        """Denoises tiles of an image (1, C, H, W), or of one like it, as it does the whole."""
        if self.model is None:
            return self
        assert isinstance(self.method, TrainedMethod)
        return replace(self, model=self.method.for_tiles_of(self.model, noisy))

    def telling(self, progress: ProgressCallback) -> "Denoiser":
        """The same, that tells `progress` the steps on an image if it learns on each."""
        return replace(self, fits=replace(self.fits, progress=progress))

    def for_level(self, level: float) -> "Denoiser":
        """Denoises images whose level is known (see `TrainedMethod.for_level`)."""
        if self.model is None:
            return self
        assert isinstance(self.method, TrainedMethod)
        return replace(self, model=self.method.for_level(self.model, level))


def load_denoiser(
    method: Method[Any],
    config: Any,
    task: Task,
    weights: Path | None,
    device: str,
    precision: Precision,
    seed: int = 0,
) -> Denoiser:
    """Denoises an image (1, C, H, W) by a method.

    weights: of a method that is trained; one that learns on each image finds those that it uses by
    itself.  precision: of its network; what comes before and after is
    float32.  seed: the run's, for a method that learns on each image.  Raises UserError for weights
    that do not fit the network.
    """
    if weights is None or isinstance(method, ImageMethod):
        return Denoiser(method, config, task, None, ImageFits(seed, precision))
    assert isinstance(method, TrainedMethod)
    model = load_model(method, config, task, weights, device, precision)
    return Denoiser(method, config, task, model, precision=precision)


class DenoiserOutput(NamedTuple):
    """The output of a method for a noisy image.  (C, H, W); outputs may have one channel."""

    image: Pixels
    seconds: float
    level: float | None
    outputs: dict[str, SavedOutput]
    steps: int = 0


@torch.no_grad()
def denoise_checked(
    name: str, denoise: Denoise, noisy: Pixels, level: float | None, device: str
) -> DenoiserOutput:
    """Denoise, on the device, and check what comes.  PluginError, naming it, for what is wrong."""
    with plugin_code(name), true_float32():
        begin = time.perf_counter()
        result = denoise(torch.from_numpy(noisy)[None].to(device), level)
        if isinstance(result, Tensor):
            result = Denoised(result)
        image = _pixels(result.image)
        seconds = time.perf_counter() - begin
        if image.shape != noisy.shape:
            raise PluginError(f"{name} made {image.shape} of an image of {noisy.shape}")
        if not np.isfinite(image).all():
            raise PluginError(f"{name} made pixels that are not finite")
        outputs = {key: _shown(name, key, o, noisy) for key, o in result.outputs.items()}
    return DenoiserOutput(image, seconds, result.level, outputs, result.steps)


def _shown(name: str, key: str, output: Output, noisy: Pixels) -> SavedOutput:
    """An output of the method `name`, checked."""
    if not key.isidentifier() or key in RESERVED or key != safe_name(key):
        raise PluginError(
            f"{name} names an output {key!r}; a plain word is wanted, none of {RESERVED}"
        )
    pixels = _pixels(output.image)
    if pixels.shape not in (noisy.shape, (1, *noisy.shape[1:])):
        raise PluginError(f"{name} made output {key!r} {pixels.shape} of an image of {noisy.shape}")
    if not np.isfinite(pixels).all():
        raise PluginError(f"{name} made output {key!r} with pixels that are not finite")
    if not (output.white > 0.0 and math.isfinite(output.white)):
        raise PluginError(f"{name} made output {key!r} with white at {output.white}")
    return SavedOutput(pixels, output.white)


def _pixels(tensor: Tensor) -> Pixels:
    """(1, C, H, W) on any device -> (C, H, W)"""
    pixels: Pixels = tensor.to("cpu", torch.float32).numpy()[0]
    return pixels
