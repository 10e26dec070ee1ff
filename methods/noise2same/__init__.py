"""Noise2Same (Xie, Wang & Ji, NeurIPS 2020, arXiv 2010.11971): a denoiser may see the pixel that it
estimates, as far as its estimate changes little when the pixel is hidden.

Departures from the paper's code: see README.md.
"""

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from denoisebench.nn import build_network, network_tiling
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
from noise2same.config import Config

if TYPE_CHECKING:
    import torch
    from torch import Tensor, nn

    from denoisebench.plugin import Batch


class Noise2Same(TrainedMethod[Config]):
    name = "noise2same"
    summary = "estimates that change little when a pixel is hidden (Xie et al., NeurIPS 2020)"
    paper_code = "https://github.com/divelab/Noise2Same (GPL-3.0)"
    config_type = Config

    def evidence(self, config: Config) -> Evidence:
        return Evidence.NOISY

    def declines(self, config: Config, task: Task) -> str | None:
        family = task.noise.family
        if not family.independent:
            return f"{family.name} noise is not independent between pixels"
        if family.preserves != "mean":
            return f"the mean of {family.name} noise is not the clean image"
        return None

    def passes_per_patch(self, config: Config) -> int:
        return 2

    def tiling(self, config: Config, task: Task) -> Tiling:
        return network_tiling(config.network)

    def network(self, config: Config, task: Task) -> "nn.Module":
        return build_network(config.network, task.channels)

    def loss(
        self, model: Model[Config], batch: "Batch", moment: TrainingStep, rng: "torch.Generator"
    ) -> "Tensor":
        from noise2same.model import batch_loss

        return batch_loss(model, batch, rng)

    def denoise(self, model: Model[Config], noisy: "Tensor", level: float | None) -> "Tensor":
        from noise2same.model import predict

        return predict(model, noisy)


@hookimpl
def register_methods() -> Iterable[Method[Any]]:
    return [Noise2Same()]
