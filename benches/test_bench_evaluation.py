"""How fast evaluation is: `make bench`."""

import numpy as np
import pytest
import torch
from pytest_benchmark.fixture import BenchmarkFixture

from denoisebench.nn.devices import pick_precision
from denoisebench.nn.padding import run_in_bf16, run_padded
from denoisebench.nn.unet import UNet
from denoisebench.noise.family import Noise, NoiseFamily
from denoisebench.noise_models import register_noise_models
from denoisebench.scoring.metrics import psnr_db, ssim

KODAK = (3, 512, 768)
LEVELS = {"gaussian": 25.0, "poisson": 0.01, "gamma": 100.0}


@pytest.fixture(scope="module")
def image() -> np.ndarray[tuple[int, ...], np.dtype[np.float32]]:
    return np.random.default_rng(0).random(KODAK, dtype=np.float32)


@pytest.mark.benchmark(group="a Kodak image")
@pytest.mark.parametrize(
    "family", [f for f in register_noise_models() if f.name in LEVELS], ids=lambda f: str(f.name)
)
def test_noise(benchmark: BenchmarkFixture, image: np.ndarray, family: NoiseFamily) -> None:
    noise = Noise(family, LEVELS[family.name], LEVELS[family.name])
    benchmark.pedantic(lambda: noise.noisy(image, seed=0), rounds=5, warmup_rounds=1)


@pytest.mark.benchmark(group="a Kodak image")
@pytest.mark.parametrize("metric", [psnr_db, ssim])
def test_metric(benchmark: BenchmarkFixture, image: np.ndarray, metric: object) -> None:
    assert callable(metric)
    benchmark.pedantic(lambda: metric(image * 0.9, image, data_range=1.0), rounds=5)


@pytest.mark.benchmark(group="a Kodak image")
def test_unet_float32(benchmark: BenchmarkFixture, image: np.ndarray) -> None:
    network = UNet(3).to(memory_format=torch.channels_last).requires_grad_(False)  # type: ignore[call-overload]
    noisy = torch.from_numpy(image)[None]
    benchmark.pedantic(lambda: run_padded(network, noisy, multiple=32), rounds=5, warmup_rounds=1)


@pytest.mark.skipif(pick_precision("cpu") != "bf16", reason="no bfloat16 in this hardware")
@pytest.mark.benchmark(group="a Kodak image")
def test_unet_bf16(benchmark: BenchmarkFixture, image: np.ndarray) -> None:
    network = UNet(3).to(memory_format=torch.channels_last).requires_grad_(False)  # type: ignore[call-overload]
    run_in_bf16(network, "cpu")
    noisy = torch.from_numpy(image)[None]
    benchmark.pedantic(lambda: run_padded(network, noisy, multiple=32), rounds=5, warmup_rounds=1)
