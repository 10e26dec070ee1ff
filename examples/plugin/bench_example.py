"""A Gaussian blur, and a network of three convolutions: a plugin of two methods to copy from."""

import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from denoisebench.nn import RegressionConfig, RegressionMethod
from denoisebench.plugin import Evidence, Method, Task, UntrainedMethod, hookimpl

if TYPE_CHECKING:  # torch is slow to import, and `bench --help` imports every plugin
    from torch import Tensor, nn


@dataclass(frozen=True, kw_only=True, slots=True)
class BlurConfig:
    """width: the blur's standard deviation in pixels."""

    width: float = 1.0

    def __post_init__(self) -> None:
        if not 0.0 < self.width <= 100.0:
            raise ValueError(f"width: {self.width:g} must be above 0 and not above 100")


class GaussianFilter(UntrainedMethod[BlurConfig]):
    name = "gaussian-filter"
    summary = "a Gaussian blur, width=1 pixel"
    config_type = BlurConfig

    def denoise(
        self, config: BlurConfig, task: Task, noisy: "Tensor", level: float | None
    ) -> "Tensor":
        import torch
        import torch.nn.functional as F

        radius = math.ceil(4.0 * config.width)
        t = torch.arange(-radius, radius + 1, device=noisy.device) / config.width
        weights = torch.softmax(-0.5 * t.square(), dim=0)
        padded = F.pad(noisy.transpose(0, 1), [radius] * 4, mode="replicate")  # (C, 1, H, W)
        rows = F.conv2d(padded, weights.view(1, 1, -1, 1))
        return F.conv2d(rows, weights.view(1, 1, 1, -1)).transpose(0, 1)


class Tiny(RegressionMethod[RegressionConfig]):
    name = "tiny"
    summary = "Noise2Noise with three convolutions"
    config_type = RegressionConfig
    learning_rate = 3e-3

    def evidence(self, config: RegressionConfig) -> Evidence:
        return Evidence.NOISY_PAIRS

    def network(self, config: RegressionConfig, task: Task) -> "nn.Module":
        from torch import nn

        first, last = nn.Conv2d(task.channels, 16, 3, padding=1), nn.Conv2d(16, task.channels, 1)
        return nn.Sequential(first, nn.ReLU(), nn.Conv2d(16, 16, 3, padding=1), nn.ReLU(), last)


@hookimpl
def register_methods() -> Iterable[Method[Any]]:
    return [GaussianFilter(), Tiny()]
