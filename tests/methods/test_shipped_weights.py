"""The weights that come with Noise2Score: they are found, honest about themselves, and denoise."""

from pathlib import Path

import numpy as np
import pytest
import torch

import noise2score
from denoisebench.interfaces import Model, Task
from denoisebench.metrics import psnr_db
from denoisebench.noise import register_noise_models
from denoisebench.noise.model import Noise
from denoisebench.specs import parse_spec
from denoisebench.weights import load_into, read_header
from denoisebench_datasets import register_image_sets
from noise2score import Config, Noise2Score

FILES = sorted((Path(noise2score.__file__).parent / "weights").glob("*.safetensors"))
FAMILIES = {family.name: family for family in register_noise_models()}
SOURCES = {source.name: source for source in register_image_sets()}
METHOD = Noise2Score()
LEVELS = {"gaussian": 25.0, "poisson": 0.05, "gamma": 50.0}
GAIN_DB = {"gaussian": 8.0, "poisson": 9.0, "gamma": 7.0}


def shipped(path: Path) -> Model[Config]:
    recipe = read_header(path).recipe
    spec = parse_spec(recipe["noise"])
    task = Task(FAMILIES[spec.name].parse(spec), recipe["parameters"], recipe["channels"])
    config = Config(**recipe["config"])
    network = METHOD.network(config, task).eval()
    load_into(path, network)
    return Model(config, task, network)


def test_there_are_some_and_they_are_small():
    assert [path.stem for path in FILES] == [f"gray-{name}-blind" for name in sorted(LEVELS)]
    assert sum(path.stat().st_size for path in FILES) < 26e6


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_their_recipe_is_an_honest_one(path):
    header = read_header(path)
    recipe = header.recipe
    assert (recipe["train_set"], recipe["draws"], recipe["seed"]) == ("cbsd399", "fixed", 0)
    assert recipe["parameters"] == "unknown"
    assert recipe["config"] == recipe["config"] | {"estimate": Config().estimate}
    assert len(header.images) == 399
    assert header.outcome["skipped_steps"] == 0


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
@torch.no_grad()
def test_they_denoise_a_photograph_whose_level_they_are_not_told(path):
    model = shipped(path)
    family = model.task.noise.family
    level = LEVELS[family.name]
    photograph = SOURCES["samples-gray"].open(parse_spec("samples-gray")).images[0].load()
    clean = np.ascontiguousarray(photograph[:, 64:256, 128:320])
    noisy, _ = Noise(family, level, level).noisy(clean, seed=0)
    found = METHOD.denoise(model, torch.from_numpy(noisy)[None], None)
    assert found.level == pytest.approx(level, rel=0.15)
    before = psnr_db(noisy, clean, data_range=1.0)
    after = psnr_db(found.image.numpy()[0].clip(0.0, 1.0), clean, data_range=1.0)
    assert after > before + GAIN_DB[family.name]
