"""Noise2Self (Batson & Royer, ICML 2019, arXiv 1901.11365): a denoiser whose estimate of a pixel
does not depend on that pixel (J-invariance) can be judged, and so trained, by the noisy image.

Departures from the paper's code, and what they are worth: see README.md.
"""

import math
from collections.abc import Iterable
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from denoisebench.nn import build_network, network_tiling
from denoisebench.plugin import (
    Denoised,
    Evidence,
    Method,
    Model,
    Task,
    Tiling,
    TrainedMethod,
    TrainingStep,
    hookimpl,
)
from noise2self.config import Config

if TYPE_CHECKING:
    import torch
    from torch import Tensor, nn

    from denoisebench.plugin import Batch


class Noise2Self(TrainedMethod[Config]):
    name = "noise2self"
    summary = "each pixel predicted without seeing it (Batson & Royer, ICML 2019)"
    paper_code = "https://github.com/czbiohub-sf/noise2self (MIT)"
    config_type = Config

    def evidence(self, config: Config) -> Evidence:
        return Evidence.NOISY

    def declines(self, config: Config, task: Task) -> str | None:
        family = task.noise.family
        if not family.independent:
            return f"{family.name} noise is not independent between pixels"
        if family.preserves != "mean":
            return f"the mean of {family.name} noise is not the clean image"
        if config.inference != "mixed":
            return None
        if not family.has_variance:
            return f"inference=mixed needs the variance, and {family.name} noise does not define it"
        if task.parameters == "unknown" and not family.can_estimate:
            return f"inference=mixed needs the level, and {family.name} noise has no estimate of it"
        return None

    def trained_as(self, config: Config) -> Config:
        return replace(config, inference=Config().inference)

    def tiling(self, config: Config, task: Task) -> Tiling | None:
        """On the grids of the network and of the partition.  None for `mixed`, which averages by
        an error over the whole image."""
        if config.inference == "mixed":
            return None
        of_network = network_tiling(config.network)
        multiple = math.lcm(of_network.multiple, config.width)
        return replace(of_network, multiple=multiple, halo=max(of_network.halo, multiple))

    def network(self, config: Config, task: Task) -> "nn.Module":
        """The one asked for, with one more channel for the mask where hidden pixels are zero."""
        mask = 1 if config.fill == "zero" else 0
        return build_network(config.network, task.channels + mask, task.channels)

    def loss(
        self, model: Model[Config], batch: "Batch", moment: TrainingStep, rng: "torch.Generator"
    ) -> "Tensor":
        from noise2self.model import batch_loss

        return batch_loss(model, batch, moment)

    def denoise(
        self, model: Model[Config], noisy: "Tensor", level: float | None
    ) -> "Tensor | Denoised":
        from noise2self.model import denoise_image

        return denoise_image(model, noisy, level)


@hookimpl
def register_methods() -> Iterable[Method[Any]]:
    return [Noise2Self()]
