"""Blind2Unblind (Wang et al., CVPR 2022, arXiv 2203.06967): a blind spot made visible again.

Departures from the paper: the suite's U-Net, optimiser, schedule and budget; cells of 2 × 2 by
default (`width=4` is the paper's).  β grows with every step, not every epoch.  Images are reflected
at their borders, not continued by zeros; noise is drawn once (`--draws fresh` draws it anew).
"""

import math
from collections.abc import Iterable
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from blind2unblind.config import Config
from denoisebench.nn import build_network, estimate, network_tiling
from denoisebench.plugin import (
    Evidence,
    Method,
    Model,
    Recipe,
    Task,
    Tiling,
    TrainedMethod,
    TrainingStep,
    hookimpl,
    read_recipes,
)

if TYPE_CHECKING:
    import torch
    from torch import Tensor, nn

    from denoisebench.plugin import Batch

HOLD, HOLD_OF_RANGE = 0.8, 0.4
"""The share of the training before β grows: for one level, and for a range of levels."""


class Blind2Unblind(TrainedMethod[Config]):
    name = "blind2unblind"
    summary = "a blind spot made visible again by its loss (Wang et al., CVPR 2022)"
    paper_code = "https://github.com/zejinwang/Blind2Unblind (states no licence)"
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
        """One for each mask; the one without gradient, a third of a pass, is not counted."""
        return config.width**2

    def trained_as(self, config: Config) -> Config:
        return replace(config, result=Config().result)

    def tiling(self, config: Config, task: Task) -> Tiling:
        """On the grids of the network and, where pixels are hidden, of the cells."""
        of_network = network_tiling(config.network)
        if config.result == "visible":
            return of_network
        multiple = math.lcm(of_network.multiple, config.width)
        return replace(of_network, multiple=multiple, halo=max(of_network.halo, multiple))

    def network(self, config: Config, task: Task) -> "nn.Module":
        return build_network(config.network, task.channels)

    def loss(
        self, model: Model[Config], batch: "Batch", moment: TrainingStep, rng: "torch.Generator"
    ) -> "Tensor":
        from blind2unblind.loss import revisible_loss, visibility_at

        config = model.config
        hold = HOLD_OF_RANGE if model.task.noise.is_range else HOLD
        beta = visibility_at(moment.share, hold, config.visibility)
        # Adam does not see the scale of a loss, and the trainer must not see it grow with β.
        loss = revisible_loss(partial(denoised, model), batch.noisy, config.width, beta)
        return loss / (1.0 + beta) ** 2

    def denoise(self, model: Model[Config], noisy: "Tensor", level: float | None) -> "Tensor":
        from denoisebench.nn import in_float32

        if model.config.predicts == "correction":
            return result(model, noisy)
        with in_float32(model.network):  # in bfloat16 the image itself would be rounded
            return result(model, noisy)


def denoised(model: Model[Config], y: "Tensor") -> "Tensor":
    """The denoiser f of images y of any size.  (B, C, H, W), float32"""
    from denoisebench.nn import run_padded

    return estimate(model.config.predicts, y, partial(run_padded, model.network), y)


def result(model: Model[Config], y: "Tensor") -> "Tensor":
    """The estimate that the config asks for: v = f(y), h, or (h + β v)/(1 + β).  (1, C, H, W)"""
    from blind2unblind.loss import blind

    config, f = model.config, partial(denoised, model)
    if config.result == "visible":
        return f(y)
    h = blind(f, y, config.width)
    if config.result == "blind":
        return h
    return (h + config.visibility * f(y)) / (1.0 + config.visibility)


@hookimpl
def register_methods() -> Iterable[Method[Any]]:
    return [Blind2Unblind()]


@hookimpl
def register_recipes() -> Iterable[Recipe]:
    return read_recipes(Path(__file__).with_name("recipes.toml"))
