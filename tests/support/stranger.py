"""A stranger's package with one method, a 3×3 filter per channel, that brings weights."""

import sys
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import nn

from denoisebench.training.recipe import TrainingRecipe
from denoisebench.training.weights_file import Header, write_weights

PLUGIN = """
from dataclasses import dataclass
from pathlib import Path

from denoisebench.plugin.hooks import hookimpl
from denoisebench.plugin.method import Evidence, TrainedMethod
from denoisebench.plugin.recipe import read_recipes


@dataclass(frozen=True)
class Config:
    bias: bool = False


class Shipped(TrainedMethod):
    name, summary, config_type = "shipped", "a 3x3 filter", Config

    def evidence(self, config):
        return Evidence.CLEAN

    def network(self, config, task):
        from torch import nn

        n = task.channels
        return nn.Conv2d(n, n, 3, padding=1, groups=n, bias=config.bias)

    def loss(self, model, batch, moment, rng):
        error = model.network(batch.noisy).float() - batch.target
        return error.square().mean(dim=(1, 2, 3))

    def denoise(self, model, noisy, level):
        return model.network(noisy)


@hookimpl
def register_methods():
    return [Shipped()]


@hookimpl
def register_recipes():
    return read_recipes(Path(__file__).with_name("recipes.toml"))
"""

HEADER = {
    "method": "shipped",
    "config": {},
    "noise": "gaussian:25",
    "parameters": "known",
    "seed": 0,
    "draws": "fixed",
    "train_set": "samples:part=train",
    "channels": 3,
    "budget": {"name": "", "steps": 20, "batch": 4, "crop_px": 32},
}
"""What the header of the weights says of their training."""

RECIPE = """
["shipped/{stem}"]
method = "shipped"
noise = "gaussian:25"
parameters = "known"
channels = "colour"
train-set = "samples:part=train"
draws = "fixed"
seed = "0"
budget = "smoke"
"""
"""The same as a recipe."""


def install(folder: Path, monkeypatch: pytest.MonkeyPatch, recipes: str = "") -> Path:
    """Put a package `shipped` where Python finds it, until the test ends; `--plugin shipped` loads
    it.  Returns its folder of weights, which is empty."""
    sys.modules.pop("shipped", None)  # of an earlier test
    monkeypatch.syspath_prepend(folder)
    package = folder / "shipped"
    (package / "weights").mkdir(parents=True)
    (package / "__init__.py").write_text(PLUGIN)
    (package / "recipes.toml").write_text(recipes)
    return package / "weights"


def put_weights(path: Path, centre: float = 1 / 9, **change: Any) -> Path:
    """Write weights in colour that mean over 3×3 pixels, but for the centre; in the header,
    HEADER with a change."""
    network = nn.Conv2d(3, 3, 3, padding=1, groups=3, bias=False)
    with torch.no_grad():
        network.weight.fill_(1 / 9)
        network.weight[..., 1, 1] = centre
    write_weights(path, network, Header(TrainingRecipe.from_json(HEADER | change), {}, {}))
    return path
