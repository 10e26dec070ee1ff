"""What each network of the shelf costs: a training step, and a whole image beside BM3D.

The share of a step that its convolutions take is measured by running them alone, forward and
backward, on the tensors of that step.
"""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from pytest_benchmark.fixture import BenchmarkFixture
from torch import Tensor, nn
from torch.utils._python_dispatch import TorchDispatchMode

from classical.bm3d_methods import Bm3d, Bm3dConfig
from denoisebench.budgets import BUDGETS
from denoisebench.freed_memory import freed_memory_kept
from denoisebench.nn.devices import pick_precision
from denoisebench.nn.padding import run_padded
from denoisebench.nn.shelf import NETWORKS
from denoisebench.noise.family import Noise
from denoisebench.noise_models.gaussian import Gaussian
from denoisebench.plugin.method import Batch, Evidence, Model, Task, TrainedMethod, TrainingStep
from denoisebench.training.batches import FixedBatches
from denoisebench.training.optimiser import Optimiser
from denoisebench.training.patches import AllImages, TrainingImage
from denoisebench.training.trainer import Trainer, TrainingSettings
from noise2score import Noise2Score
from supervised import Supervised

BUDGET = BUDGETS["quick"]
SIGMA_255, SIDE_PX = 25.0, 256
TASK = Task(Noise(Gaussian(), SIGMA_255, SIGMA_255), "known", 1)
ROUNDS, WARM_UP = 3, 1
CONVOLUTIONS = (torch.ops.aten.convolution.default, torch.ops.aten.convolution_backward.default)


class Recorder(TorchDispatchMode):
    """Keeps each convolution that is run, forward or backward, with its arguments."""

    def __init__(self) -> None:
        super().__init__()
        self.calls: list[tuple[Callable[..., Any], tuple[Any, ...]]] = []

    def __torch_dispatch__(
        self, func: Any, types: Any, args: tuple[Any, ...] = (), kwargs: Any = None
    ) -> Any:
        if func in CONVOLUTIONS:
            self.calls.append((func, args))
        return func(*args, **(kwargs or {}))

    @torch.no_grad()
    def replay(self) -> None:
        """Run again all that was kept, and nothing else."""
        for func, args in self.calls:
            func(*args)


def trainer_of(method: TrainedMethod[Any], network: str, folder: Path) -> Trainer:
    """A training of the engine on 20 gray images of BSD's size, noisy and, if seen, clean."""
    rng = np.random.default_rng(0)
    clean = method.evidence(method.config_type()) is Evidence.CLEAN
    images = [rng.random((2 if clean else 1, 1, 321, 481), dtype=np.float32) for _ in range(20)]
    shown = [TrainingImage(tuple(planes), SIGMA_255) for planes in images]
    pool = AllImages(shown, BUDGET.crop_px, torch.device("cpu"))
    config = replace(method.config_type(), network=network)
    patches = BUDGET.batch // method.passes_per_patch(config)

    def loss(net: nn.Module, batch: Batch, moment: TrainingStep, rng: torch.Generator) -> Tensor:
        return method.loss(Model(config, TASK, net), batch, moment, rng)

    settings = TrainingSettings(
        BUDGET, patches, Optimiser(method.learning_rate), 0, "cpu", pick_precision("cpu")
    )
    batches = FixedBatches(pool, with_level=True)
    return Trainer(method.network(config, TASK), loss, batches, settings, folder / "checkpoint.pt")


def measure_step(benchmark: BenchmarkFixture, trainer: Trainer) -> None:
    """The least time of a step, its megapixels a second and the convolutions' share of it.

    Convolutions and step take turns, as a processor's speed may change from second to second.
    """

    def step() -> None:
        trainer._step(100)

    with Recorder() as recorder:
        step()
    convolutions_s: list[float] = []

    def convolutions() -> None:
        started = benchmark._timer()
        recorder.replay()
        convolutions_s.append(benchmark._timer() - started)

    with freed_memory_kept():  # as `Trainer.run` has it
        benchmark.pedantic(step, setup=convolutions, rounds=ROUNDS, warmup_rounds=WARM_UP)
    assert benchmark.stats is not None
    steps_s = benchmark.stats.stats.data
    shares = np.divide(convolutions_s[WARM_UP:], steps_s)
    benchmark.extra_info |= {
        "mpx_per_s": BUDGET.batch * BUDGET.crop_px**2 / 1e6 / min(steps_s),
        "convolution_share": float(np.median(shares)),
        "precision": pick_precision("cpu"),
        "threads": torch.get_num_threads(),
    }


@pytest.mark.benchmark(group=f"a step of {BUDGET.batch}×{BUDGET.crop_px}²")
@pytest.mark.parametrize("network", NETWORKS)
def test_supervised_step(benchmark: BenchmarkFixture, network: str, tmp_path: Path) -> None:
    measure_step(benchmark, trainer_of(Supervised(), network, tmp_path))


@pytest.mark.benchmark(group=f"a step of {BUDGET.batch}×{BUDGET.crop_px}²")
def test_noise2score_step(benchmark: BenchmarkFixture, tmp_path: Path) -> None:
    """The AR-DAE loss of a pair of probes, on half as many patches."""
    measure_step(benchmark, trainer_of(Noise2Score(), "unet", tmp_path))


@pytest.fixture(scope="module")
def noisy() -> Tensor:
    ramp = np.linspace(0.2, 0.8, SIDE_PX, dtype=np.float32)
    image, _ = TASK.noise.noisy(np.broadcast_to(ramp, (1, SIDE_PX, SIDE_PX)).copy(), seed=0)
    return torch.from_numpy(image)[None]


def measure_image(benchmark: BenchmarkFixture, denoise: Callable[[], object], threads: int) -> None:
    """The least time of an image, and seconds a megapixel."""
    benchmark.pedantic(denoise, rounds=ROUNDS, warmup_rounds=WARM_UP)
    assert benchmark.stats is not None
    s_per_mpx = benchmark.stats.stats.min / SIDE_PX**2 * 1e6
    benchmark.extra_info |= {"s_per_mpx": s_per_mpx, "threads": threads}


@pytest.mark.benchmark(group=f"an image of {SIDE_PX}², gray")
@pytest.mark.parametrize("precision", ["fp32", "bf16"])
@pytest.mark.parametrize("network", NETWORKS)
def test_denoise(benchmark: BenchmarkFixture, noisy: Tensor, network: str, precision: str) -> None:
    if precision not in ("fp32", pick_precision("cpu")):
        pytest.skip("this CPU does not multiply bfloat16 in hardware")
    method = Supervised()
    config = replace(method.config_type(), network=network)
    net = method.network(config, TASK).eval().requires_grad_(False)
    net = net.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    with torch.autocast("cpu", torch.bfloat16, enabled=precision == "bf16"):
        measure_image(
            benchmark,
            lambda: run_padded(net, noisy, multiple=net.multiple),
            torch.get_num_threads(),
        )


@pytest.mark.benchmark(group=f"an image of {SIDE_PX}², gray")
def test_denoise_bm3d(benchmark: BenchmarkFixture, noisy: Tensor) -> None:
    """BM3D with its usual profile, always on one thread."""
    method, config = Bm3d(), Bm3dConfig()
    why_not = method.declines(config, TASK)
    if why_not is not None:
        pytest.skip(why_not)
    measure_image(benchmark, lambda: method.denoise(config, TASK, noisy, SIGMA_255), 1)
