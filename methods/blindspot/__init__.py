"""Laine's blind-spot denoiser: "High-Quality Self-Supervised Deep Image Denoising" (Laine, Karras,
Lehtinen and Aila, NeurIPS 2019, arXiv 1901.10277).

A network predicts the distribution of each pixel from its surroundings; the noisy value of the
pixel itself comes in by Bayes' rule.  Departures from the paper, with reasons: see README.md.
"""

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from blindspot.config import MIXTURE, Config, level_of
from blindspot.presets import named_configs
from denoisebench.plugin import (
    Denoised,
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

if TYPE_CHECKING:
    import torch
    from torch import Tensor, nn

    from denoisebench.plugin import Batch, Noise

ROTATIONS = 4


class BlindSpot(TrainedMethod[Config]):
    name = "blindspot"
    summary = "a pixel's distribution from those around it; Bayes (Laine et al., NeurIPS 2019)"
    paper_code = "https://github.com/NVlabs/selfsupervised-denoising (CC BY-NC 4.0)"
    config_type = Config
    learning_rate = 1e-3
    schedule = "ramps"
    beta2 = 0.99

    def evidence(self, config: Config) -> Evidence:
        return Evidence.NOISY

    def declines(self, config: Config, task: Task) -> str | None:
        family = task.noise.family
        if family.preserves == "nothing":
            return f"no mean or mode of {family.name} noise is the clean image"
        if config.covariance == "none":
            if not family.independent:
                return f"{family.name} noise is not independent between pixels"
            if family.preserves not in ("mean", "mode"):
                preserved = f"{family.preserves} of {family.name} noise"
                return f"the {preserved} is no target for covariance=none"
            return None
        if family.name != MIXTURE:
            if not (family.has_variance and family.independent and family.preserves == "mean"):
                return f"it has no likelihood of {family.name} noise; covariance=none takes others"
            if task.parameters == "unknown" and not family.range_from_zero:
                return f"it learns levels of which 0 is no noise, unlike that of {family.name}"
        if task.parameters == "known" and config.level != "auto":
            return f"level={config.level} is for unknown levels (--parameters unknown)"
        if config.level == "global" and task.noise.is_range:
            return f"level=global learns one level, and {task.noise} is a range"
        return None

    def blind_noise(self, config: Config, noise: "Noise") -> "Noise":
        """The test noise itself: the level is learned from the images that are trained on."""
        return noise

    def passes_per_patch(self, config: Config) -> int:
        return ROTATIONS

    def tiling(self, config: Config, task: Task) -> Tiling | None:
        """None where only the whole image tells its level."""
        needs_level = level_of(config, task) == "per-image"
        if needs_level and not task.noise.family.can_estimate:
            return None
        return Tiling(multiple=32, halo=288, bytes_per_pixel=1700, needs_level=needs_level)

    def network(self, config: Config, task: Task) -> "nn.Module":
        from blindspot.model import Denoiser

        return Denoiser(config, task)

    def loss(
        self, model: Model[Config], batch: "Batch", moment: TrainingStep, rng: "torch.Generator"
    ) -> "Tensor":
        from blindspot.model import batch_loss

        return batch_loss(model, batch, moment)

    def denoise(self, model: Model[Config], noisy: "Tensor", level: float | None) -> "Denoised":
        from blindspot.model import denoise_image

        return denoise_image(model, noisy, level)

    def parts_in_bf16(self, network: "nn.Module") -> "Iterable[nn.Module]":
        """The blind-spot network, without what estimates the noise parameter."""
        return (network.get_submodule("blind"),)


@hookimpl
def register_methods() -> Iterable[Method[Any]]:
    return [BlindSpot()]


@hookimpl
def register_presets() -> Iterable[Preset]:
    return named_configs()


@hookimpl
def register_recipes() -> Iterable[Recipe]:
    return read_recipes(Path(__file__).with_name("recipes.toml"))
