"""The weights that come with D-BSN: what its parts find."""

from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor

import dbsn
from dbsn import DBSN
from dbsn.config import Config
from denoisebench.images.pixels import Pixels
from denoisebench.noise.family import Noise
from denoisebench.noise_models.gaussian import Gaussian
from denoisebench.plugin.method import Model, Task
from denoisebench.scoring.metrics import psnr_db
from denoisebench.specs import parse_spec
from denoisebench.training.weights_file import load_into, read_header
from denoisebench_datasets import register_image_sets

FILES = sorted((Path(dbsn.__file__).parent / "weights").glob("*.safetensors"))
SOURCES = {source.name: source for source in register_image_sets()}
SAMPLES = {1: "samples-gray", 3: "samples"}
NOISE = Noise(Gaussian(), 25.0, 25.0)

each_file = pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)


def shipped(path: Path) -> Model[Config]:
    recipe = read_header(path).recipe
    config, task = Config(**recipe.config), Task(NOISE, "known", recipe.channels)
    network = DBSN().network(config, task).eval().requires_grad_(False)
    load_into(path, network)
    return Model(config, task, network)


def photograph(channels: int) -> tuple[Pixels, Tensor]:
    """A clean one and its noisy copy, (1, C, H, W)."""
    whole = SOURCES[SAMPLES[channels]].open(parse_spec(SAMPLES[channels])).images[0].load()
    clean = np.ascontiguousarray(whole[:, 64:240, 128:304])
    return clean, torch.from_numpy(NOISE.noisy(clean, seed=0)[0])[None]


def psnr_of(found: Tensor, clean: Pixels) -> float:
    return psnr_db(found.numpy()[0].clip(0.0, 1.0), clean, data_range=1.0)


@each_file
def test_the_noisy_pixel_itself_makes_the_mean_better(path: Path) -> None:
    model = shipped(path)
    clean, noisy = photograph(model.task.channels)
    found = DBSN().denoise(model, noisy, 25.0)
    before, blind = psnr_of(noisy, clean), psnr_of(found.outputs["mean"].image, clean)
    assert blind > before + 5.0
    assert psnr_of(found.image, clean) > blind + 0.5
