"""The weights that come with the blind-spot denoiser: what its parts find."""

from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor

import blindspot
from blindspot import BlindSpot
from blindspot.config import Config
from denoisebench.images.pixels import Pixels
from denoisebench.noise.family import Noise
from denoisebench.noise_models.gaussian import Gaussian
from denoisebench.plugin.method import Denoised, Model, Task
from denoisebench.scoring.metrics import psnr_db
from denoisebench.specs import parse_spec
from denoisebench.training.weights_file import load_into, read_header
from denoisebench_datasets import register_image_sets

FILES = sorted((Path(blindspot.__file__).parent / "weights").glob("*.safetensors"))
SOURCES = {source.name: source for source in register_image_sets()}
SAMPLES = {1: "samples-gray", 3: "samples"}
NOISE = Noise(Gaussian(), 25.0, 25.0)


def shipped(path: Path) -> Model[Config]:
    recipe = read_header(path).recipe
    config, task = Config(**recipe.config), Task(NOISE, "known", recipe.channels)
    torch.manual_seed(0)
    network = BlindSpot().network(config, task).eval().requires_grad_(False)
    load_into(path, network)
    return Model(config, task, network)


def photograph(channels: int) -> tuple[Pixels, Tensor]:
    """A clean one and its noisy copy, (1, C, H, W)."""
    name = SAMPLES[channels]
    whole = SOURCES[name].open(parse_spec(name)).images[0].load()
    clean = np.ascontiguousarray(whole[:, 64:240, 128:304])
    return clean, torch.from_numpy(NOISE.noisy(clean, seed=0)[0])[None]


def psnr_of(found: Tensor, clean: Pixels) -> float:
    return psnr_db(found.numpy()[0].clip(0.0, 1.0), clean, data_range=1.0)


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_the_posterior_mean_is_better_than_the_blind_one_and_both_than_the_noisy_image(
    path: Path,
) -> None:
    model = shipped(path)
    clean, noisy = photograph(model.task.channels)
    found: Denoised = BlindSpot().denoise(model, noisy, 25.0)
    before, blind = psnr_of(noisy, clean), psnr_of(found.outputs["mean"].image, clean)
    assert blind > before + 6.0
    assert psnr_of(found.image, clean) > blind + 0.8


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_the_predicted_deviation_is_that_of_the_blind_mean(path: Path) -> None:
    """Where it says more, the error is larger; on the whole it is about right."""
    model = shipped(path)
    clean, noisy = photograph(model.task.channels)
    outputs = BlindSpot().denoise(model, noisy, 25.0).outputs
    std = outputs["std"].image.flatten()
    error = np.square(outputs["mean"].image.numpy()[0] - clean).mean(axis=0).ravel()
    order = np.argsort(std.numpy())
    low, high = (float(np.sqrt(error[part].mean())) for part in np.array_split(order, 2))
    assert high > 1.5 * low
