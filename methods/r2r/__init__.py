"""Recorrupted-to-Recorrupted (R2R: Pang et al., CVPR 2021), generalised to Poisson and Gamma noise
(Monroy et al., CVPR 2025), and here to Gaussian noise of any known covariance.

Departures from the papers: the suite's U-Net, which adds to its input, optimiser, schedule and
budget; the average is of five draws, not of fifty; pairs of draws ±w as a setting.
"""

from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from denoisebench.nn import build_network, network_tiling
from denoisebench.plugin import (
    Evidence,
    Method,
    Model,
    Preset,
    Recipe,
    Task,
    Tiling,
    TrainedMethod,
    TrainingStep,
    hookimpl,
    read_recipes,
)
from r2r.config import Config

if TYPE_CHECKING:
    import torch
    from torch import Tensor, nn

    from denoisebench.plugin import Batch

LAWS = ("gaussian", "poisson", "gamma")


class R2R(TrainedMethod[Config]):
    name = "r2r"
    summary = "pairs made of one noisy copy by adding noise (Pang et al., CVPR 2021)"
    paper_code = "https://github.com/PangTongyao/Recorrupted-to-Recorrupted (no licence)"
    config_type = Config

    def evidence(self, config: Config) -> Evidence:
        return Evidence.NOISY

    def declines(self, config: Config, task: Task) -> str | None:
        family = task.noise.family
        if family.name not in LAWS and not family.has_covariance:
            return (
                f"of {family.name} noise it makes no independent pair; it does of {', '.join(LAWS)}"
                " noise, and of Gaussian noise of a known covariance"
            )
        if task.parameters == "unknown":
            return "it must know the noise level of each image"
        return None

    def passes_per_patch(self, config: Config) -> int:
        return 2 if config.draws == "paired" else 1

    def trained_as(self, config: Config) -> Config:
        return replace(config, samples=Config().samples)

    def tiling(self, config: Config, task: Task) -> Tiling | None:
        """None where noise is drawn for the whole image."""
        return None if config.samples else network_tiling(config.network)

    def network(self, config: Config, task: Task) -> "nn.Module":
        return build_network(config.network, task.channels)

    def loss(
        self, model: Model[Config], batch: "Batch", moment: TrainingStep, rng: "torch.Generator"
    ) -> "Tensor":
        from r2r.model import batch_loss

        return batch_loss(model, batch, rng)

    def denoise(self, model: Model[Config], noisy: "Tensor", level: float | None) -> "Tensor":
        from r2r.model import denoise_image

        assert level is not None  # see `declines`
        return denoise_image(model, noisy, level)


@hookimpl
def register_methods() -> Iterable[Method[Any]]:
    return [R2R()]


@hookimpl
def register_presets() -> Iterable[Preset]:
    from r2r.presets import presets

    return presets()


@hookimpl
def register_recipes() -> Iterable[Recipe]:
    return read_recipes(Path(__file__).with_name("recipes.toml"))
