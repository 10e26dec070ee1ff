"""Bundled denoisers that methods which learn on each image use unchanged."""

from collections.abc import Callable
from functools import cache
from typing import Any

from torch import Tensor

from denoisebench.denoising.trained_model import load_model
from denoisebench.documents import typed
from denoisebench.plugin.method import Denoised, Model, Task, TrainedMethod
from denoisebench.registry.loader import load
from denoisebench.specs import parse_spec
from denoisebench.training.weights_file import read_header


def frozen_denoiser(recipe: str, device: str) -> Callable[[Tensor, float], Tensor]:
    """The denoiser of a recipe's bundled weights: an image (1, C, H, W) and its level -> estimate.

    In float32.  Raises UserError for a recipe that does not exist or has no weights.
    """
    method, model = _loaded(recipe, device)

    def denoise(image: Tensor, level: float) -> Tensor:
        made = method.denoise(method.for_level(model, level), image, level)
        return made.image if isinstance(made, Denoised) else made

    return denoise


@cache
def _loaded(recipe: str, device: str) -> tuple[TrainedMethod[Any], Model[Any]]:
    registries = load()
    path = registries.bundled_file(registries.recipe(recipe))
    made = read_header(path).recipe
    method = registries.methods[parse_spec(made.method).name]
    assert isinstance(method, TrainedMethod)  # others have no weights
    config = typed(made.config, method.config_type)
    task = Task(registries.noise(made.noise), made.parameters, made.channels)
    return method, load_model(method, config, task, path, device, "fp32")
