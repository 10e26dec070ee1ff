"""Noise2Void (Krull, Buchholz & Jug, CVPR 2019, arXiv 1811.10980): hide a few pixels of a noisy
image and learn to predict what was there; of noise that is independent between pixels only the
clean image can be predicted.

Departures from the paper, and what they are worth: see README.md.
"""

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, Literal

from denoisebench.nn import network_tiling
from denoisebench.plugin import (
    Evidence,
    Method,
    Model,
    Task,
    Tiling,
    TrainedMethod,
    TrainingStep,
    hookimpl,
)
from noise2void.config import Config

if TYPE_CHECKING:
    import torch
    from torch import Tensor, nn

    from denoisebench.plugin import Batch


class Noise2Void(TrainedMethod[Config]):
    name = "noise2void"
    summary = "hidden pixels predicted from those around (Krull et al., CVPR 2019)"
    paper_code = "https://github.com/juglab/n2v (BSD-3-Clause)"
    config_type = Config
    checkpoint: Literal["last", "held-out"] = "held-out"

    def evidence(self, config: Config) -> Evidence:
        return Evidence.NOISY

    def declines(self, config: Config, task: Task) -> str | None:
        family = task.noise.family
        if not family.independent and config.structure == "none":
            return f"{family.name} noise is not independent between pixels"
        if family.preserves != "mean":
            return f"the mean of {family.name} noise is not the clean image"
        return None

    def warns(self, config: Config, task: Task) -> str | None:
        name = task.noise.family.name
        if config.loss == "mae" and name != "gaussian":
            return f"loss=mae learns the median, and that of {name} noise is not the clean image"
        if config.network == "n2v2" and config.replacement != "median":
            return "network=n2v2 goes with replacement=median"
        return None

    def tiling(self, config: Config, task: Task) -> Tiling:
        if config.network == "unet":
            return network_tiling("unet")
        return Tiling(multiple=4, halo=28, bytes_per_pixel=35 * config.features)

    def network(self, config: Config, task: Task) -> "nn.Module":
        from noise2void.model import build_network

        return build_network(config, task)

    def loss(
        self, model: Model[Config], batch: "Batch", moment: TrainingStep, rng: "torch.Generator"
    ) -> "Tensor":
        from noise2void.model import batch_loss

        return batch_loss(model, batch, rng)

    def denoise(self, model: Model[Config], noisy: "Tensor", level: float | None) -> "Tensor":
        from noise2void.model import predict

        return predict(model, noisy)


@hookimpl
def register_methods() -> Iterable[Method[Any]]:
    return [Noise2Void()]
