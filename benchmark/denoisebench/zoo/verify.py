"""Is a file of the zoo what its recipe says, and does it denoise?"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch

from denoisebench.defaults import DEFAULTS
from denoisebench.denoising.denoiser import denoise_checked
from denoisebench.errors import PluginError, UserError, plugin_code
from denoisebench.images.pixels import Pixels
from denoisebench.noise.family import Noise
from denoisebench.plugin.method import Model, TrainedMethod
from denoisebench.plugin.recipe import Recipe
from denoisebench.registry.registries import Registries
from denoisebench.scoring.metrics import psnr_db
from denoisebench.training.weights_file import file_hash, load_into, read_header
from denoisebench.zoo.recipe_training import ResolvedRecipe, header_of, meaning, weights_file

UNSAID = frozenset({"version", "source", "learning_rate", "train_digest"})
"""The part of a header beyond its recipe: it follows from the code and the images."""

SIDE_PX = 192
"""The side of the middle of the first photograph, which is denoised."""


@dataclass(frozen=True, slots=True)
class Forward:
    """One photograph denoised.  noise: at one level.  level_estimate: the method's, if any."""

    noise: Noise
    noisy_db: float
    denoised_db: float
    level_estimate: float | None


@dataclass(frozen=True, slots=True)
class Checked:
    """The outcome of checking a file.  tensors: how many there are.  problems: what is wrong."""

    tensors: int
    forward: Forward | None
    problems: tuple[str, ...]


def check(recipe: Recipe, registries: Registries) -> Checked:
    """Check the file of a recipe: SHA-256, header, tensors, one photograph denoised on the CPU.

    Raises nothing for a broken file or recipe: the result says what is wrong.
    """
    problems: list[str] = []
    tensors, forward = 0, None
    try:
        path = weights_file(recipe, registries)
        if path is None:
            raise UserError(f"the plugin of {recipe.method} is one file, which brings no weights")
        meant, expected = meaning(recipe, registries), header_of(recipe, registries).to_json()
        if file_hash(path) != recipe.sha256:
            problems.append(f"its SHA-256 is {file_hash(path)}; the recipe says {recipe.sha256}")
        said = dict(read_header(path).recipe.to_json())
        if "start_megapixels" in expected and "start" not in expected:
            said.pop("start", None)  # of weights that are not bundled
        problems += _differences(said, expected, meant.method)
        network = _loaded(path, meant)
        tensors = len(network.state_dict())
        forward = _denoised(network, meant, registries)
        if not forward.denoised_db > forward.noisy_db:
            problems.append(
                f"it does not denoise: {forward.noise} on a photograph,"
                f" {forward.noisy_db:.2f} dB noisy, {forward.denoised_db:.2f} dB denoised"
            )
    except (UserError, PluginError) as error:
        problems.append(str(error))
    return Checked(tensors, forward, tuple(problems))


def _differences(
    header: Mapping[str, Any], expected: Mapping[str, Any], method: TrainedMethod[Any]
) -> list[str]:
    """Entries of a header that differ from the recipe, or are missing."""
    found = _flat({**header, "config": _completed(header.get("config", {}), method)})
    wrong = [
        f"its header says {key} {value}; the recipe does not"
        for key, value in header.items()
        if key not in UNSAID and key not in expected
    ]
    return wrong + [
        f"its header says {key} {found[key]}; the recipe says {wanted}"
        if key in found
        else f"its header does not say {key}"
        for key, wanted in _flat(expected).items()
        if key not in found or found[key] != wanted
    ]


def _completed(config: Mapping[str, Any], method: TrainedMethod[Any]) -> Mapping[str, Any]:
    """A header's config with the settings that are newer than it, which are at their defaults."""
    try:
        return asdict(method.config_type(**config))
    except (TypeError, ValueError):  # a config of another version of the method
        return config


def _flat(recipe: Mapping[str, Any]) -> dict[str, Any]:
    """{"budget": {"steps": 5}} -> {"budget.steps": 5}"""
    flat: dict[str, Any] = {}
    for key, value in recipe.items():
        if isinstance(value, dict):
            flat |= {f"{key}.{inner}": v for inner, v in value.items()}
        else:
            flat[key] = value
    return flat


def _loaded(path: Path, meant: ResolvedRecipe) -> torch.nn.Module:
    """The network of a recipe, with the tensors of a file."""
    with plugin_code(meant.method.name):
        network = meant.method.network(meant.config, meant.task)
    load_into(path, network)
    return network.eval().requires_grad_(False)


def _denoised(network: torch.nn.Module, meant: ResolvedRecipe, registries: Registries) -> Forward:
    """One photograph with noise of the middle of what was trained on."""
    method, task = meant.method, meant.task
    middle = task.noise.level_quantile(0.5)
    noise = Noise(task.noise.family, middle, middle)
    clean = _photograph(registries, task.channels)
    noisy, level = noise.noisy(clean, seed=0)
    model = Model(meant.config, task, network)
    made = denoise_checked(
        method.name,
        lambda image, given_level: method.denoise(model, image, given_level),
        noisy,
        level if task.parameters == "known" else None,
        "cpu",
    )
    return Forward(
        noise=noise,
        noisy_db=psnr_db(noisy, clean, data_range=1.0),
        denoised_db=psnr_db(made.image.clip(0.0, 1.0), clean, data_range=1.0),
        level_estimate=made.level,
    )


def _photograph(registries: Registries, channels: int) -> Pixels:
    """The middle of a photograph, (channels, SIDE_PX, SIDE_PX)."""
    pixels = registries.image_set(DEFAULTS.datasets, channels).images[0].load()
    top, left = ((side - SIDE_PX) // 2 for side in pixels.shape[1:])
    return np.ascontiguousarray(pixels[:, top : top + SIDE_PX, left : left + SIDE_PX])
