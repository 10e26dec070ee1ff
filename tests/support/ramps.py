"""Small trainings on noisy ramps, for the tests of the engine."""

from pathlib import Path

import torch
from torch import Tensor, nn

from denoisebench.budgets import Budget
from denoisebench.nn.devices import Precision
from denoisebench.nn.unet import UNet
from denoisebench.plugin.method import Batch, TrainingStep
from denoisebench.progress import Progress
from denoisebench.training.optimiser import Optimiser
from denoisebench.training.trainer import Trainer, TrainingSettings, Watch


class Ramps:
    """Batches of noisy ramps; the target is the ramp."""

    def sample(self, step: int, count: int, rng: torch.Generator) -> Batch:
        ramp = torch.linspace(0, 1, 32).expand(count, 1, 32, 32)
        noisy = ramp + 0.1 * torch.randn(ramp.shape, generator=rng)
        return Batch(noisy, ramp, None)


def squared_error(
    net: nn.Module, batch: Batch, moment: TrainingStep, rng: torch.Generator
) -> Tensor:
    del moment, rng
    assert batch.target is not None
    return (net(batch.noisy).float() - batch.target).square().mean(dim=(1, 2, 3))


def quiet(progress: Progress) -> None:
    del progress


def settings(steps: int, precision: Precision = "fp32") -> TrainingSettings:
    return TrainingSettings(Budget("test", steps, 4, 32), 4, Optimiser(1e-3), 0, "cpu", precision)


def trainer(
    folder: Path, steps: int, precision: Precision = "fp32", *, small: bool = False
) -> Trainer:
    """A training of a narrow U-Net; small: of one convolution, which takes less time."""
    torch.manual_seed(0)
    network = nn.Conv2d(1, 1, 3, padding=1) if small else UNet(1, width=4)
    checkpoint = folder / "checkpoint.pt"
    return Trainer(
        network, squared_error, Ramps(), settings(steps, precision), checkpoint, Watch(Ramps())
    )


def same_weights(a: nn.Module, b: nn.Module) -> bool:
    pairs = zip(a.state_dict().values(), b.state_dict().values(), strict=True)
    return all(torch.equal(x, y) for x, y in pairs)
