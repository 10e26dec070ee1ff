"""The weights that come with the methods: found, honest about themselves, and they denoise."""

from pathlib import Path

import numpy as np
import pytest
import torch

from denoisebench.interfaces import Denoised, Model, Task, TrainedMethod
from denoisebench.metrics import psnr_db
from denoisebench.noise.model import Noise
from denoisebench.plugins import Registries, load
from denoisebench.specs import parse_spec
from denoisebench.weights import load_into, read_header

ROOT = Path(__file__).parents[2]
FILES = sorted(ROOT.glob("methods/*/weights/*.safetensors"))
LEVELS = {"gaussian": 25.0, "poisson": 0.05, "gamma": 50.0}
GAIN_DB = {"gaussian": 8.0, "poisson": 9.0, "gamma": 7.0}

each_file = pytest.mark.parametrize("path", FILES, ids=lambda p: f"{p.parents[1].name}-{p.stem}")


@pytest.fixture(scope="module")
def registries() -> Registries:
    return load()


def test_the_default_comparison_needs_no_training_and_all_of_them_are_small():
    known = {path.parents[1].name: set() for path in FILES}
    for path in FILES:
        known[path.parents[1].name].add(path.stem)
    for method in ("noise2score", "noise2noise", "blindspot", "dbsn"):
        assert known[method] >= {"gray-gaussian25", "colour-gaussian25"}
    assert known["noise2score"] >= {f"gray-{name}-blind" for name in LEVELS}
    assert sum(path.stat().st_size for path in FILES) < 26e6


@each_file
def test_their_recipe_is_an_honest_one(path, registries):
    header = read_header(path)
    recipe = header.recipe
    method, config = registries.method(recipe["method"])
    assert method.name == path.parents[1].name
    assert (recipe["train_set"], recipe["draws"], recipe["seed"]) == ("cbsd399", "fixed", 0)
    assert recipe["parameters"] == ("unknown" if path.stem.endswith("-blind") else "known")
    assert recipe["channels"] == (1 if path.stem.startswith("gray") else 3)
    assert method.config_type(**recipe["config"]) == method.trained_as(config)
    assert len(header.images) == 399
    assert header.outcome["skipped_steps"] == 0


@each_file
@torch.no_grad()
def test_they_denoise_a_photograph(path, registries):
    recipe = read_header(path).recipe
    method, config = registries.method(recipe["method"])
    assert isinstance(method, TrainedMethod)
    family = registries.noise(recipe["noise"]).family
    task = Task(registries.noise(recipe["noise"]), recipe["parameters"], recipe["channels"])
    network = method.network(config, task).eval()
    load_into(path, network)
    samples = "samples-gray" if recipe["channels"] == 1 else "samples"
    source, _ = registries.source(samples)
    photograph = source.open(parse_spec(samples)).images[0].load()
    clean = np.ascontiguousarray(photograph[:, 64:256, 128:320])
    level = LEVELS[family.name]
    noisy, _ = Noise(family, level, level).noisy(clean, seed=0)
    told = level if recipe["parameters"] == "known" else None
    found = method.denoise(Model(config, task, network), torch.from_numpy(noisy)[None], told)
    if told is None:
        assert found.level == pytest.approx(level, rel=0.15)
    image = found.image if isinstance(found, Denoised) else found
    before = psnr_db(noisy, clean, data_range=1.0)
    after = psnr_db(image.numpy()[0].clip(0.0, 1.0), clean, data_range=1.0)
    assert after > before + GAIN_DB[family.name]
