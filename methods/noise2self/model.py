"""Noise2Self's loss and its estimates."""

from functools import partial

import torch
from torch import Tensor

from denoisebench.nn import add_output, run_padded
from denoisebench.plugin import Batch, Denoised, Model, TrainingStep
from noise2self.config import Config
from noise2self.masking import interpolated, part
from noise2self.mixing import mix

PIXELS_AT_ONCE = 1 << 19
"""Of all copies of an image that go through the network together: about half a gigabyte."""


def predict(model: Model[Config], noisy: Tensor, mask: Tensor) -> Tensor:
    """The network's estimate from `noisy` (B, C, H, W) with the pixels of `mask` hidden.

    fill=interpolate: g(y) + f(ỹ − ½)/10;  fill=zero: ½ + f(ỹ − ½, mask).  g: `interpolated`; ỹ:
    y, filled where it is hidden, so that no pixel of a part enters the estimate of that part.
    mask: (B or 1, 1, H, W), true or false.  Any H and W; float32.
    """
    network = partial(run_padded, model.network)
    if model.config.fill == "zero":
        shown = torch.where(mask, 0.0, noisy - 0.5)
        marks = mask.to(shown.dtype).expand(len(shown), 1, -1, -1)
        return 0.5 + network(torch.cat([shown, marks], dim=1)).float()
    around = interpolated(noisy)
    return add_output(around, network, torch.where(mask, around, noisy))


def self_supervised_loss(predicted: Tensor, noisy: Tensor, mask: Tensor) -> Tensor:
    """How far the predictions of hidden pixels are from what was hidden.

        L = mean over the pixels of J of (f(y)_J − y_J)²

    mask: of J, (1, 1, H, W), true or false.  predicted, noisy: (B, C, H, W).  Returns (B,).  For
    noise of mean zero, independent between J and the rest, E L is the mean squared error on J plus
    the noise's variance there (Batson & Royer, Proposition 1).
    """
    squared = torch.where(mask, (predicted - noisy).square(), 0.0)
    return squared.sum(dim=(1, 2, 3)) / (mask.sum() * noisy.shape[1])


def batch_loss(model: Model[Config], batch: Batch, moment: TrainingStep) -> Tensor:
    """The loss on one part of the partition, each step the next.  Returns (B,)."""
    width = model.config.width
    mask = part(moment.step % width**2, width, batch.noisy)
    return self_supervised_loss(predict(model, batch.noisy, mask), batch.noisy, mask)


def j_invariant(model: Model[Config], noisy: Tensor) -> Tensor:
    """Σ over the parts J of f(y)_J: every pixel from an image in which it is hidden.

    noisy: (1, C, H, W).  width² passes of the network, as many at once as memory allows.
    """
    count = model.config.width**2
    pixels = noisy.shape[-2] * noisy.shape[-1]
    estimate = torch.zeros_like(noisy)
    at_once = max(1, PIXELS_AT_ONCE // pixels)
    for first in range(0, count, at_once):
        numbers = range(first, min(first + at_once, count))
        masks = torch.cat([part(number, model.config.width, noisy) for number in numbers])
        copies = noisy.expand(len(masks), -1, -1, -1)
        estimate += torch.where(masks, predict(model, copies, masks), 0.0).sum(0, keepdim=True)
    return estimate


def denoise_image(model: Model[Config], noisy: Tensor, level: float | None) -> Tensor | Denoised:
    """The estimate that the config asks for.  noisy: (1, C, H, W)."""
    if model.config.inference == "single":
        return predict(model, noisy, torch.zeros_like(noisy[:, :1], dtype=torch.bool))
    invariant = j_invariant(model, noisy)
    if model.config.inference == "j-invariant":
        return invariant
    family = model.task.noise.family
    if level is not None:
        return mix(invariant, noisy, family, level)
    found = family.estimate(noisy[0].cpu().numpy())
    if found is None:  # the image does not tell its level
        return Denoised(invariant)
    return Denoised(mix(invariant, noisy, family, found), found)
