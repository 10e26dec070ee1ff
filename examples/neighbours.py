"""Neighbor2Neighbor (Huang et al., CVPR 2021): of neighbouring pixels, one predicts the other.

Each cell of 2 × 2 pixels gives an ordered pair of adjacent ones: the first to g1(y), the second to
g2(y), each of half the size.  The noise of the two is independent.

    L = mean (f(g1(y)) - g2(y))² + Λ mean (f(g1(y)) - g2(y) - (g1(F) - g2(F)))²

F = f(y), without gradient.  Λ grows from 0 to `regulariser`: neighbouring clean pixels differ, and
the second term takes away the blur that this causes.

Departures from the paper: the suite's U-Net, optimiser and schedule, and y - ½ as its input.

The suite has this method as `neighbor2neighbor`, with more settings and tests.  This one is called
`neighbours`: it is the case of docs/from-a-paper.md, a whole method in one file.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any

from denoisebench.plugin import (
    Between,
    Evidence,
    Method,
    Model,
    Task,
    TrainedMethod,
    TrainingStep,
    hookimpl,
)

if TYPE_CHECKING:
    import torch
    from torch import Tensor, nn

    from denoisebench.plugin import Batch

PAIRS = ((0, 1), (0, 2), (1, 3), (2, 3), (1, 0), (2, 0), (3, 1), (3, 2))
"""Adjacent pixels of a cell, whose pixels are 0 1 above 2 3."""


def drawn_pairs(noisy: "Tensor", rng: "torch.Generator") -> "Tensor":
    """A pair of pixels for each cell: (B, 1, h, w) -> (B, 1, 2, h/2, w/2), numbers 0..3."""
    import torch

    size = (len(noisy), noisy.shape[-2] // 2, noisy.shape[-1] // 2)
    drawn = torch.randint(len(PAIRS), size, generator=rng, device=rng.device)
    return torch.tensor(PAIRS, device=rng.device)[drawn].movedim(-1, 1)[:, None]


def sub_images(images: "Tensor", pairs: "Tensor") -> "tuple[Tensor, Tensor]":
    """g1 and g2 of images: (B, C, h, w) -> twice (B, C, h/2, w/2)."""
    import torch.nn.functional as F

    cells = F.pixel_unshuffle(images, 2).unflatten(1, (-1, 4))  # (B, C, 4, h/2, w/2)
    first, second = cells.gather(2, pairs.expand(-1, cells.shape[1], -1, -1, -1)).unbind(2)
    return first, second


def neighbour_loss(
    predicted: "Tensor", target: "Tensor", difference: "Tensor", weight: float
) -> "Tensor":
    """L of each patch.  predicted: f(g1(y)), target: g2(y), difference: g1(F) - g2(F), each
    (B, C, h/2, w/2); weight: Λ.  Returns (B,)."""
    d = predicted - target
    each = d.square() + weight * (d - difference).square()
    return each.mean(dim=(1, 2, 3))


@dataclass(frozen=True, kw_only=True, slots=True)
class Config:
    """regulariser: the weight Λ at the end of training."""

    regulariser: Annotated[float, Between(0.0, 100.0)] = 2.0


class Neighbours(TrainedMethod[Config]):
    name = "neighbours"
    summary = "a pixel predicts its neighbour (Huang et al., CVPR 2021)"
    config_type = Config
    paper_code = "https://github.com/TaoHuang2018/Neighbor2Neighbor (BSD-3-Clause)"
    learning_rate = 1e-3
    smallest_crop = 64  # half of it is the least that the U-Net takes as it is

    def evidence(self, config: Config) -> Evidence:
        return Evidence.NOISY

    def declines(self, config: Config, task: Task) -> str | None:
        family = task.noise.treated_as.family
        if not family.independent:
            return f"the {family.name} noise of neighbouring pixels is alike"
        if family.preserves != "mean":
            return f"the mean of {family.name} noise is not the clean image"
        return None

    def network(self, config: Config, task: Task) -> "nn.Module":
        from denoisebench.nn import UNet

        return UNet(task.channels)

    def loss(
        self, model: Model[Config], batch: "Batch", moment: TrainingStep, rng: "torch.Generator"
    ) -> "Tensor":
        import torch

        from denoisebench.nn import run_padded

        pairs = drawn_pairs(batch.noisy, rng)
        first, second = sub_images(batch.noisy, pairs)
        with torch.no_grad():
            whole = model.network(batch.noisy - 0.5).float()
        denoised_first, denoised_second = sub_images(whole, pairs)
        predicted = run_padded(model.network, first - 0.5).float() + 0.5
        weight = model.config.regulariser * moment.share
        return neighbour_loss(predicted, second, denoised_first - denoised_second, weight)

    def denoise(self, model: Model[Config], noisy: "Tensor", level: float | None) -> "Tensor":
        from denoisebench.nn import run_padded

        return run_padded(model.network, noisy - 0.5) + 0.5


@hookimpl
def register_methods() -> Iterable[Method[Any]]:
    return [Neighbours()]
