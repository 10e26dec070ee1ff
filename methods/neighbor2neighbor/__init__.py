"""Neighbor2Neighbor (Huang et al., CVPR 2021, arXiv 2101.02824): of two neighbouring pixels of a
noisy image, whose noise is independent, one predicts the other.

Departures from the paper: the suite's U-Net, optimiser, schedule and budget; the network adds to
its input, as in the other methods. Four pairs of neighbours of a cell teach at once. Λ grows with
every step, not every epoch; while it is 0, the whole image is not denoised in training.
The loss is divided by 1 + Λ, which Adam does not notice: if it grew tenfold, the training would
seem to have blown up. Noise is drawn once (`--draws fresh` draws it anew).
"""

from collections.abc import Iterable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from denoisebench.nn import build_network, estimate, network_tiling
from denoisebench.plugin import (
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
from neighbor2neighbor.config import Config

if TYPE_CHECKING:
    import torch
    from torch import Tensor, nn

    from denoisebench.plugin import Batch

OFFICIAL = "unet-transposed"
"""The network of the official code."""


class Neighbor2Neighbor(TrainedMethod[Config]):
    name = "neighbor2neighbor"
    summary = "each pixel predicted from its neighbour (Huang et al., CVPR 2021)"
    paper_code = "https://github.com/TaoHuang2018/Neighbor2Neighbor (BSD-3-Clause)"
    config_type = Config
    smallest_crop = 64  # half of it is the least that most networks take as it is

    def evidence(self, config: Config) -> Evidence:
        return Evidence.NOISY

    def declines(self, config: Config, task: Task) -> str | None:
        family = task.noise.family
        if not family.independent:
            return f"{family.name} noise is not independent between pixels"
        if family.preserves != "mean":
            return f"the mean of {family.name} noise is not the clean image"
        return None

    def tiling(self, config: Config, task: Task) -> Tiling:
        return network_tiling(config.network)

    def network(self, config: Config, task: Task) -> "nn.Module":
        return build_network(config.network, task.channels)

    def loss(
        self, model: Model[Config], batch: "Batch", moment: TrainingStep, rng: "torch.Generator"
    ) -> "Tensor":
        from neighbor2neighbor.loss import neighbour_loss

        weight = model.config.regulariser * moment.share
        f, pairs = partial(denoised, model), model.config.pairs
        each = neighbour_loss(f, batch.noisy, weight, rng, pairs)
        return each / (1.0 + weight)

    def denoise(self, model: Model[Config], noisy: "Tensor", level: float | None) -> "Tensor":
        from denoisebench.nn import in_float32

        if model.config.predicts == "correction":
            return denoised(model, noisy)
        with in_float32(model.network):  # in bfloat16 the image itself would be rounded
            return denoised(model, noisy)

    def import_weights(self, stored: object) -> Imported[Config]:
        """A checkpoint of the official code."""
        from denoisebench.nn import read_network

        read = read_network(stored)
        if read.network != OFFICIAL:
            raise UserError(f"it is a {read.network}; Neighbor2Neighbor's code has {OFFICIAL}")
        config = Config(network=read.network, predicts=read.predicts)
        return Imported(config, read.channels, read.tensors)


def denoised(model: Model[Config], y: "Tensor") -> "Tensor":
    """The denoiser f of images y of any size.  (B, C, H, W), float32"""
    from denoisebench.nn import run_padded

    return estimate(model.config.predicts, y, partial(run_padded, model.network), y)


@hookimpl
def register_methods() -> Iterable[Method[Any]]:
    return [Neighbor2Neighbor()]


@hookimpl
def register_recipes() -> Iterable[Recipe]:
    return read_recipes(Path(__file__).with_name("recipes.toml"))
