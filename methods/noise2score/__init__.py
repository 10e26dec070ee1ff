"""Noise2Score (Kim & Ye, NeurIPS 2021, arXiv 2106.07009): learn the score of the noisy images,
then denoise by Tweedie's formula.

Departures from the paper, each measured (see README.md): probes come in pairs ±u. Their size is in
units of the noise and falls geometrically over the whole training. The score is learned in a
coordinate where the noise is nearly the same everywhere. Tweedie's formula is used for the noise
*and* the last probe. The network is the unshared Noise2Noise U-Net; it sees its input centred and
gives the score in units of the noise. An unknown level is read off the noisy image alone.
"""

from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from denoisebench.nn import build_network, network_tiling
from denoisebench.plugin import (
    Denoised,
    Evidence,
    ExponentialFamily,
    Imported,
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
from noise2score.config import ESTIMATES, Config, Detector

if TYPE_CHECKING:
    import torch
    from torch import Tensor, nn

    from denoisebench.plugin import Batch


class Noise2Score(TrainedMethod[Config]):
    name = "noise2score"
    summary = "score of the noisy images, then Tweedie's formula (Kim & Ye, NeurIPS 2021)"
    paper_code = "https://github.com/cubeyoung/Noise2Score (MIT)"
    config_type = Config

    def evidence(self, config: Config) -> Evidence:
        return Evidence.NOISY

    def declines(self, config: Config, task: Task) -> str | None:
        family = task.noise.family
        if family.has_covariance:
            if config.coordinate == "raw":
                return "coordinate=raw is for noise with a Tweedie formula of one pixel"
        elif isinstance(family, Detector):
            if config.coordinate != "own":
                return f"coordinate={config.coordinate} is for noise with a Tweedie formula of y"
        elif not isinstance(family, ExponentialFamily):
            return f"{family.name} noise has no Tweedie formula"
        if task.parameters == "known":
            return None
        if config.estimate == "patches" and not family.can_estimate:
            return f"{family.name} noise has no estimate of its level"
        known = ESTIMATES.get(config.estimate, (family.name,))
        if family.name not in known:
            return f"estimate={config.estimate} is for {', '.join(known)} noise"
        return None

    def passes_per_patch(self, config: Config) -> int:
        return 2 if config.probe == "paired" else 1

    def trained_as(self, config: Config) -> Config:
        return replace(config, estimate=Config().estimate)

    def tiling(self, config: Config, task: Task) -> Tiling | None:
        """None where the whole image decides: on the level by its quality, on a pixel by Σ·s."""
        if task.noise.family.has_covariance and config.coordinate != "own":
            return None
        if task.parameters == "known":
            return network_tiling(config.network)
        if config.estimate != "patches":
            return None
        return replace(network_tiling(config.network), needs_level=True)

    def network(self, config: Config, task: Task) -> "nn.Module":
        return build_network(config.network, task.channels)

    def loss(
        self, model: Model[Config], batch: "Batch", moment: TrainingStep, rng: "torch.Generator"
    ) -> "Tensor":
        from noise2score.model import batch_loss

        return batch_loss(model, batch, moment, rng)

    def denoise(
        self, model: Model[Config], noisy: "Tensor", level: float | None
    ) -> "Tensor | Denoised":
        from noise2score.model import denoise_image

        return denoise_image(model, noisy, level)

    def for_tiles_of(self, model: Model[Config], noisy: "Tensor") -> Model[Config]:
        from noise2score.model import for_tiles_of

        return for_tiles_of(model, noisy)

    def for_level(self, model: Model[Config], level: float) -> Model[Config]:
        from noise2score.model import for_level

        return for_level(model, level)

    def import_weights(self, stored: object) -> Imported[Config]:
        """A file of the official code of Noise2Score or NoiseAdaptive2Score."""
        from noise2score.official_weights import read_official

        channels, tensors = read_official(stored)
        return Imported(
            Config(probe="single", schedule="sawtooth", coordinate="raw", network="unet-shared"),
            channels,
            tensors,
        )


@hookimpl
def register_methods() -> Iterable[Method[Any]]:
    return [Noise2Score()]


@hookimpl
def register_recipes() -> Iterable[Recipe]:
    return read_recipes(Path(__file__).with_name("recipes.toml"))
