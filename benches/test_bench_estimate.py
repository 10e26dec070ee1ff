"""What an unknown level costs a 256×256 image: ours, and Noise2Score's search as its code has it,
which runs the network anew for each of 50 levels."""

import numpy as np
import pytest
import torch
from pytest_benchmark.fixture import BenchmarkFixture

from denoisebench.nn.shelf import build_network
from denoisebench.noise.family import Noise
from denoisebench.noise_models.gaussian import Gaussian
from denoisebench.plugin.method import Model, Task
from noise2score.config import Config
from noise2score.level_estimate import PENALTIES
from noise2score.model import Learner, denoise_image

GROUP = "unknown level, 256×256 gray"


def model(estimate: str) -> Model[Config]:
    torch.manual_seed(0)
    config = Config(estimate=estimate)
    task = Task(Noise(Gaussian(), 5.0, 55.0), "unknown", 1)
    network = build_network(config.network, task.channels).eval().requires_grad_(False)
    return Model(config, task, network.to(memory_format=torch.channels_last))


@pytest.fixture(scope="module")
def noisy() -> torch.Tensor:
    rows, columns = np.mgrid[:256, :256] / 256.0
    clean = (0.5 + 0.3 * np.sin(8.0 * rows) * columns).astype(np.float32)[None]
    image, _ = Noise(Gaussian(), 25.0, 25.0).noisy(clean, seed=0)
    return torch.from_numpy(image)[None]


@pytest.mark.benchmark(group=GROUP)
def test_known_level(benchmark: BenchmarkFixture, noisy: torch.Tensor) -> None:
    benchmark.pedantic(denoise_image, (model("patches"), noisy, 25.0), rounds=5, warmup_rounds=1)


@pytest.mark.benchmark(group=GROUP)
@pytest.mark.parametrize("estimate", ["patches", "penalty", "closed-form"])
def test_unknown_level(benchmark: BenchmarkFixture, noisy: torch.Tensor, estimate: str) -> None:
    benchmark.pedantic(denoise_image, (model(estimate), noisy, None), rounds=5, warmup_rounds=1)


@pytest.mark.benchmark(group=GROUP)
def test_official_search(benchmark: BenchmarkFixture, noisy: torch.Tensor) -> None:
    learner = Learner(model("penalty"))
    penalty, grid = PENALTIES["gaussian"]

    def search() -> float:
        values = [
            penalty(learner.denoised(noisy, learner.score_of_image(noisy, None), level), noisy)
            for level in grid
        ]
        return grid[int(torch.stack(values).argmin())]

    benchmark.pedantic(search, rounds=1)
