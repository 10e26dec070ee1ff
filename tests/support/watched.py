"""A method that sees clean images of other scenes, and three folders that tell images by level."""

from pathlib import Path

import numpy as np
from PIL import Image

from denoisebench.budgets import get_budget
from denoisebench.planning.request import Request
from denoisebench.registry.loader import load
from denoisebench.registry.registries import Registries

TRAIN, CLEAN, TEST = tuple(range(20, 200, 20)), (210, 220, 230), (5, 15)
"""The levels of the images in the folders `train`, `clean` and `test`."""

PLUGIN = '''
"""Methods that learn nothing, and keep the batches they were given."""

from denoisebench.plugin.hooks import hookimpl
from denoisebench.plugin.method import Evidence, TrainedMethod
from denoisebench.nn.regression import RegressionConfig


class Watched(TrainedMethod):
    name, summary, config_type = "watched", "", RegressionConfig
    seen = []

    def evidence(self, config):
        return Evidence.UNPAIRED

    def network(self, config, task):
        from torch import nn

        return nn.Conv2d(task.channels, task.channels, 1)

    def loss(self, model, batch, moment, rng):
        self.seen.append(batch)
        return model.network(batch.noisy).float().square().mean(dim=(1, 2, 3))

    def denoise(self, model, noisy, level):
        return noisy


class Noisy(Watched):
    name = "watched-noisy"

    def evidence(self, config):
        return Evidence.NOISY


@hookimpl
def register_methods():
    return [Watched(), Noisy()]
'''


def watched(folder: Path) -> Registries:
    """The plugins that are installed, and the method `watched`, whose file is put in `folder`."""
    path = folder / "watched_method.py"
    path.write_text(PLUGIN)
    return load([str(path)])


def flat_images(folder: Path, *levels: int) -> Path:
    """8-bit images of one level each, which is their name."""
    folder.mkdir()
    for level in levels:
        Image.fromarray(np.full((32, 32), level, np.uint8)).save(folder / f"{level}.png")
    return folder


def request(place: Path) -> Request:
    """What asks for the method, with its three folders in `place`, which is the working folder."""
    for name, levels in (("train", TRAIN), ("clean", CLEAN), ("test", TEST)):
        flat_images(place / name, *levels)
    return Request(
        methods=("watched",),
        noises=("gaussian:0.01",),
        parameters=("known",),
        datasets=("folder:test",),
        train_sets=("folder:train",),
        draws="fixed",
        budget=get_budget("smoke", steps=12, batch=16),
        weights="none",
        seeds=(0,),
    )
