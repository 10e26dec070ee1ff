"""D-BSN: "Unpaired Learning of Deep Image Denoising" (Wu, Liu, Cao, Ren and Zuo, ECCV 2020, arXiv
2008.13711).

A dilated blind-spot network predicts each pixel's distribution from its surroundings, a small one
the noise; the noisy value of the pixel comes in by Bayes' rule.  A student may learn from the
result, and from clean images of other scenes.  Departures from the paper: see README.md.
"""

from argparse import Namespace
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dbsn.config import MATRIX, PUBLISHED_START, Config
from denoisebench.nn import network_tiling
from denoisebench.plugin import (
    Denoised,
    Evidence,
    Imported,
    Method,
    Model,
    Recipe,
    Task,
    Tiling,
    TrainedMethod,
    TrainingStep,
    UserError,
    hookimpl,
    read_recipes,
)

if TYPE_CHECKING:
    import torch
    from torch import Tensor, nn

    from denoisebench.plugin import Batch, Noise

STAGES, STAGES_WITH_STUDENT = (0.4, 0.2, 0.4), (0.25, 0.1, 0.25, 0.4)
"""The shares of the steps of each stage."""

FULL = 6
"""The factors of a full 3×3 covariance."""


class DBSN(TrainedMethod[Config]):
    name = "dbsn"
    summary = "dilated blind-spot network, the noise learned, then Bayes (Wu et al., ECCV 2020)"
    paper_code = "https://github.com/XHWXD/DBSN (states no licence)"
    config_type = Config
    learning_rate = 1e-3
    beta2 = 0.99
    foreign_classes = (Namespace,)

    def evidence(self, config: Config) -> Evidence:
        return Evidence.NOISY if config.student == "none" else Evidence.UNPAIRED

    def declines(self, config: Config, task: Task) -> str | None:
        family = task.noise.family
        if not family.independent and config.shuffle == 1:
            return f"{family.name} noise is not independent between pixels; shuffle=5 parts them"
        if family.preserves != "mean":
            return f"{family.name} noise does not keep the mean of the clean pixel"
        if config.mean_alone:
            return None
        if task.parameters == "known" and not (family.has_variance or family.name == MATRIX):
            return f"{family.name} noise gives no distribution; --parameters unknown learns it"
        return None

    def warns(self, config: Config, task: Task) -> str | None:
        if config.mean_alone or task.parameters == "known" or not task.noise.is_range:
            return None
        return (
            f"the level of {task.noise} varies from image to image, and its noise network, which"
            " sees single pixels, cannot distinguish one level from another"
        )

    def blind_noise(self, config: Config, noise: "Noise") -> "Noise":
        """The test noise itself: its distribution is learned from the training images."""
        return noise

    def stages(self, config: Config, task: Task) -> tuple[float, ...]:
        """μ alone; the variances, μ as it is; all; and the student, if there is one."""
        if config.mean_alone:
            return (1.0,)
        return STAGES if config.student == "none" else STAGES_WITH_STUDENT

    def trained_as(self, config: Config) -> Config:
        usual = Config()
        changed = replace(config, result=usual.result, gamma=usual.gamma)
        return replace(changed, shuffle_test=usual.shuffle_test, refine=usual.refine)

    def tiling(self, config: Config, task: Task) -> Tiling | None:
        """None where one covariance of the noise is found for the whole image, and where parts of
        it are replaced at random."""
        if config.mean_alone:
            side = config.shuffle_test
            size = 18 * config.width * (1 if side == 1 else 2)
            halo = side * (2 + 6 * config.blocks)
            return None if config.refine else Tiling(side, halo, size)
        if config.result == "auto" and config.student == "unet":
            return network_tiling("unet")
        if config.result == "auto" and config.student == "mwcnn":
            return Tiling(multiple=8, halo=112, bytes_per_pixel=1500)
        if task.noise.family.name == MATRIX:
            return None
        needs_level = False
        if task.parameters == "unknown":
            from dbsn.model import law_way  # needs torch, which a dry run does without

            needs_level = law_way(task) == "per-image"
        return Tiling(
            multiple=1,
            halo=2 + 6 * config.blocks,
            bytes_per_pixel=18 * config.width,
            needs_level=needs_level,
        )

    def network(self, config: Config, task: Task) -> "nn.Module":
        from dbsn.model import Denoiser

        return Denoiser(config, task)

    def loss(
        self, model: Model[Config], batch: "Batch", moment: TrainingStep, rng: "torch.Generator"
    ) -> "Tensor":
        from dbsn.model import batch_loss

        return batch_loss(model, batch, moment, rng)

    def denoise(self, model: Model[Config], noisy: "Tensor", level: float | None) -> "Denoised":
        from dbsn.model import denoise_image

        return denoise_image(model, noisy, level)

    def parts_in_bf16(self, network: "nn.Module") -> "Iterable[nn.Module]":
        """The branches, without the 1×1 convolutions behind them; and the student."""
        from dbsn.model import parts_in_bf16

        return parts_in_bf16(network)

    def import_weights(self, stored: object) -> Imported[Config]:
        """A stage-1 file of the official code."""
        from dbsn.official_weights import in_our_coordinates, read_official

        official = read_official(stored)
        sizes = official.sizes
        if sizes.spread_hidden != sizes.noise_hidden:
            raise UserError(
                f"its small networks have {sizes.spread_hidden} and {sizes.noise_hidden} hidden"
                " channels; as many in both are wanted"
            )
        config = Config(
            width=sizes.width,
            blocks=sizes.blocks,
            hidden=sizes.noise_hidden,
            covariance="full" if sizes.outputs == FULL else "diagonal",
            start=PUBLISHED_START,
        )
        return Imported(config, sizes.channels, in_our_coordinates(official))


@hookimpl
def register_methods() -> Iterable[Method[Any]]:
    return [DBSN()]


@hookimpl
def register_recipes() -> Iterable[Recipe]:
    return read_recipes(Path(__file__).with_name("recipes.toml"))
