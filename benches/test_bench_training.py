"""How fast training is: `make bench`.  Figures are for the machine and the run they are made in."""

from pathlib import Path

import numpy as np
import pytest
import torch
from pytest_benchmark.fixture import BenchmarkFixture
from torch import Tensor, nn

from denoisebench.budgets import Budget
from denoisebench.nn.devices import pick_precision
from denoisebench.nn.unet import UNet
from denoisebench.noise.family import Noise
from denoisebench.noise_models.gaussian import Gaussian
from denoisebench.plugin.method import Batch, TrainingStep
from denoisebench.progress import Progress
from denoisebench.training.batches import FixedBatches
from denoisebench.training.optimiser import Optimiser
from denoisebench.training.patches import AllImages, TrainingImage
from denoisebench.training.trainer import Trainer, TrainingSettings

BATCH, CROP = 16, 64


@pytest.fixture(scope="module")
def batches() -> FixedBatches:
    rng = np.random.default_rng(0)
    images = [rng.random((1, 321, 481), dtype=np.float32) for _ in range(50)]
    shown = [TrainingImage((image, image), 25.0) for image in images]
    return FixedBatches(AllImages(shown, CROP, torch.device("cpu")), with_level=True)


def squared_error(
    net: nn.Module, batch: Batch, moment: TrainingStep, rng: torch.Generator
) -> Tensor:
    del moment, rng
    assert batch.target is not None
    return (net(batch.noisy).float() - batch.target).square().mean(dim=(1, 2, 3))


@pytest.fixture
def trainer(batches: FixedBatches, tmp_path: Path) -> Trainer:
    budget = Budget("bench", 2000, BATCH, CROP)
    settings = TrainingSettings(budget, BATCH, Optimiser(1e-3), 0, "cpu", pick_precision("cpu"))
    return Trainer(UNet(1), squared_error, batches, settings, tmp_path / "checkpoint.pt")


@pytest.mark.benchmark(group="U-Net training step, 16×64²")
def test_step_fp32_contiguous(benchmark: BenchmarkFixture, batches: FixedBatches) -> None:
    """Plain PyTorch: float32, contiguous, default Adam."""
    network = UNet(1)
    adam = torch.optim.Adam(network.parameters())
    batch = batches.sample(0, BATCH, torch.Generator().manual_seed(0))
    noisy = batch.noisy.contiguous()
    assert batch.target is not None
    target = batch.target.contiguous()

    def step() -> None:
        adam.zero_grad()
        (network(noisy) - target).square().mean().backward()
        adam.step()

    benchmark.pedantic(step, rounds=15, warmup_rounds=3)


@pytest.mark.benchmark(group="U-Net training step, 16×64²")
def test_step_of_the_engine(benchmark: BenchmarkFixture, trainer: Trainer) -> None:
    """The suite's: bf16 where there is hardware, channels_last, fused Adam, sampling, average."""
    benchmark.pedantic(lambda: trainer._step(100), rounds=40, warmup_rounds=5)


@pytest.mark.benchmark(group="beside the network")
def test_sample_a_batch(benchmark: BenchmarkFixture, batches: FixedBatches) -> None:
    rng = torch.Generator().manual_seed(0)
    benchmark.pedantic(lambda: batches.sample(0, BATCH, rng), rounds=50, warmup_rounds=5)


@pytest.mark.benchmark(group="beside the network")
def test_log(benchmark: BenchmarkFixture, trainer: Trainer) -> None:
    trainer._step(0)

    def ignore(progress: Progress) -> None:
        del progress

    def log() -> None:
        trainer._since_log = 1
        trainer._log(ignore)

    benchmark.pedantic(log, rounds=50, warmup_rounds=5)


@pytest.mark.benchmark(group="beside the network")
def test_noise_gaussian(benchmark: BenchmarkFixture) -> None:
    """A megapixel, the hash of its pixels included."""
    clean = np.random.default_rng(0).random((1, 1000, 1000), dtype=np.float32)
    noise = Noise(Gaussian(), 25.0, 25.0)
    benchmark.pedantic(lambda: noise.noisy(clean, seed=0), rounds=10, warmup_rounds=1)
