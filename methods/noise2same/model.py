"""Noise2Same's hidden pixels, loss and estimate (Xie, Wang and Ji, NeurIPS 2020)."""

from functools import partial

import torch
import torch.nn.functional as F
from torch import Tensor

from denoisebench.nn import add_output, run_padded
from denoisebench.plugin import Batch, Model
from noise2same.config import Config

LEAST = 1e-12
"""Added under the root, whose slope at 0 is infinite."""


def stratified_mask(like: Tensor, cell: int, rng: torch.Generator) -> Tensor:
    """True at one random pixel of each cell × cell of each channel, in the shape of `like`
    (B, C, H, W).  A pixel in the part of a cell beyond the edge is left out."""
    batch, channels, height, width = like.shape
    rows, columns = -(-height // cell), -(-width // cell)
    size = (batch, channels, rows, columns)
    chosen = torch.randint(cell * cell, size, generator=rng, device=rng.device)
    one_hot = F.one_hot(chosen, cell * cell).bool().view(*size, cell, cell)
    canvas = one_hot.transpose(3, 4).reshape(batch, channels, rows * cell, columns * cell)
    return canvas[..., :height, :width]


def around(image: Tensor) -> Tensor:
    """The mean of the 8 pixels around each, those at the corners with half the weight.

    (B, C, H, W) -> the same shape.  Reflected at the edges; an edge is repeated where an image of
    one pixel's width has nothing to reflect.
    """
    channels = image.shape[1]
    mode = "reflect" if min(image.shape[-2:]) > 1 else "replicate"
    kernel = image.new_tensor([[0.5, 1.0, 0.5], [1.0, 0.0, 1.0], [0.5, 1.0, 0.5]]) / 6.0
    weights = kernel.expand(channels, 1, 3, 3)
    return F.conv2d(F.pad(image, (1, 1, 1, 1), mode=mode), weights, groups=channels)


def filled(y: Tensor, mask: Tensor) -> Tensor:
    """y with the pixels of the mask replaced by the mean of those around that are not hidden, so
    that no hidden value is left.  (B, C, H, W), no pixel with all 8 around hidden."""
    shown = (~mask).to(y.dtype)
    return torch.where(mask, around(y * shown) / around(shown), y)


def predict(model: Model[Config], shown: Tensor) -> Tensor:
    """The network's estimate f(y) = g(y) + net(y − ½)/10, g: `around`.

    (B, C, H, W), any H and W -> the same shape; float32.
    """
    return add_output(around(shown), partial(run_padded, model.network), shown)


def invariance_loss(
    seen: Tensor, unseen: Tensor, noisy: Tensor, mask: Tensor, weight: Tensor
) -> Tensor:
    """Noise2Same's loss of each patch.

        L = mean (f(y) − y)² + λ·√(mean over J of (f(y) − f(ŷ))²)

    seen: f(y).  unseen: f(ŷ), from the image with the pixels of J hidden.  mask: of J.  All
    (B, C, H, W).  weight: λ, in the unit of y.  The root is of the mean over the whole batch, so it
    is the same for each patch.  Returns (B,).  At λ = 2σ, E L is at least the squared error to the
    clean image plus σ² (Theorem 2).
    """
    change = ((seen - unseen)[mask].square().mean() + LEAST).sqrt()
    return (seen - noisy).square().mean(dim=(1, 2, 3)) + weight * change


def batch_loss(model: Model[Config], batch: Batch, rng: torch.Generator) -> Tensor:
    """The loss with new hidden pixels.  Returns (B,)."""
    y, config = batch.noisy, model.config
    mask = stratified_mask(y, config.cell, rng)
    seen, unseen = predict(model, torch.cat([y, filled(y, mask)])).chunk(2)
    return invariance_loss(seen, unseen, y, mask, config.invariance * y.std())
