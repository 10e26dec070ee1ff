"""Noise2Void's loss and its estimate."""

from functools import partial

import torch
from torch import Tensor, nn

from denoisebench.nn import UNet, add_output, run_padded
from denoisebench.plugin import Batch, Model, Task
from noise2void.config import Config
from noise2void.masking import cell_px, hide, hide_structure
from noise2void.network import TwoLevelUNet


def build_network(config: Config, task: Task) -> nn.Module:
    """The network of the config, in the channels of the task."""
    if config.network == "unet":
        return UNet(task.channels)
    return TwoLevelUNet(task.channels, config.features, n2v2=config.network == "n2v2")


def masked_loss(predicted: Tensor, noisy: Tensor, mask: Tensor, loss: str) -> Tensor:
    """How far the predictions of hidden pixels are from what was hidden.

        L = Σ m·(f(ỹ) − y)² / Σ m   over a whole batch;   mae: |·| for (·)²

    ỹ: y with its hidden pixels replaced.  m: 1 where a pixel is hidden, else 0.  All (B, C, H, W).
    Returns (B,), patches with more hidden pixels weighing more, so that their mean is L.
    """
    error = predicted - noisy
    cost = error.abs() if loss == "mae" else error.square()
    share = len(noisy) / mask.sum().clamp_min(1.0)  # a small patch may have no hidden pixel
    return (mask * cost).sum(dim=(1, 2, 3)) * share


def batch_loss(model: Model[Config], batch: Batch, rng: torch.Generator) -> Tensor:
    """`masked_loss` with pixels hidden anew.  Returns (B,)."""
    config, noisy = model.config, batch.noisy
    seen, mask = hide(noisy, cell_px(config.masked), config.radius, config.replacement, rng)
    if config.structure != "none":
        seen = hide_structure(seen, mask, config.structure, config.span, rng)
    return masked_loss(predict(model, seen), noisy, mask, config.loss)


def predict(model: Model[Config], seen: Tensor) -> Tensor:
    """The clean image as the network has it: y + f(y − ½)/10, or ½ + f(y − ½) for N2V2's, which
    takes nothing over from its input.  y: `seen`, of any H and W; float32."""
    network = partial(run_padded, model.network)
    if model.config.network == "n2v2":
        return 0.5 + network(seen - 0.5).float()
    return add_output(seen, network, seen)
