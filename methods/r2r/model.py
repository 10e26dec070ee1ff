"""R2R's denoiser and the loss of a batch."""

from functools import partial

import torch
from torch import Tensor

from denoisebench.nn import estimate, in_float32, run_padded
from denoisebench.plugin import Batch, Model
from r2r.config import Config
from r2r.loss import paired_r2r_loss, r2r_loss
from r2r.recorrupt import first, law_of, noise_like

SEED = 0
"""Of what is drawn to denoise an image: it is the same every time."""


def predict(model: Model[Config], y: Tensor) -> Tensor:
    """The denoiser f of images y of any size.  (B, C, H, W), float32"""
    return estimate(model.config.predicts, y, partial(run_padded, model.network), y)


def batch_loss(model: Model[Config], batch: Batch, rng: torch.Generator) -> Tensor:
    """The loss of each patch, (B,)."""
    config, family, y, level = model.config, model.task.noise.family, batch.noisy, batch.level
    assert level is not None  # see `R2R.declines`
    f = partial(predict, model)
    if config.draws == "paired" and law_of(family) == "gaussian":
        return paired_r2r_loss(f, y, noise_like(family, y, level, rng), config.alpha)
    return r2r_loss(f, y, first(family, y, level, config.alpha, rng), config.alpha)


def denoise_image(model: Model[Config], noisy: Tensor, level: float) -> Tensor:
    """The mean of f(y₁) over `samples` draws of y₁, or f(y).  (1, C, H, W)"""
    if model.config.predicts == "correction":
        return _mean(model, noisy, level)
    with in_float32(model.network):  # in bfloat16 the image itself would be rounded
        return _mean(model, noisy, level)


def _mean(model: Model[Config], noisy: Tensor, level: float) -> Tensor:
    config, family = model.config, model.task.noise.family
    if config.samples == 0:
        return predict(model, noisy)
    rng = torch.Generator(noisy.device).manual_seed(SEED)
    of_image = noisy.new_full((1, 1, 1, 1), level)
    total = torch.zeros_like(noisy)
    for _ in range(config.samples):
        total += predict(model, first(family, noisy, of_image, config.alpha, rng))
    return total / config.samples
