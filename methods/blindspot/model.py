"""The blind-spot denoiser's network, loss and result, for one config and task."""

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from blindspot.config import MIXTURE, Config, level_of
from blindspot.impulse import impulse_loss, impulse_mean
from blindspot.network import BlindSpotNet, PlainNet
from denoisebench.nn import (
    Prediction,
    annealed_gamma,
    columns_of,
    gaussian_loss,
    gaussian_mean,
    in_float64,
    power,
    predicted_std,
    regulariser,
    squared,
)
from denoisebench.plugin import Batch, Denoised, Model, NoiseFamily, Output, Task, TrainingStep

SMALLEST_SIGMA = 1e-3
"""A given standard deviation below this counts as this."""

DARKEST = 1e-3
"""Noise that grows with the intensity is that of a pixel of this value, where μ is below it."""

STD_WHITE = 10.0 / 255.0
"""The predicted standard deviation that a picture shows as white."""

START = 3.0
"""Where r begins: at a parameter of 0.31, above any usual noise.  It then comes down to the spread
of the smoothest pixels, Σx taking the rest.  From below, as in the original's code (r = 0), Σx has
long taken the noise too, and a short training never gives it back."""

GLOBAL_PACE = 10.0
"""Scale of the learned global noise parameter: it has as far to go as many weights have together,
and a short training has few steps."""

ESTIMATOR_PACE = 0.2
"""Scale of the estimator's output.  Its early updates all point one way; unscaled, the estimate
drops below the true level before Σx has learned the rest."""

SPREAD_FROM, SPREAD_ALL = 0.2, 0.4
"""Shares of a training with that network.  Up to the first, Σx is left out, and the parameter
learns to distinguish images by their whole spread; up to the second, Σx is let in.  From the
start, Σx would take the noise too: it can infer its level from the surroundings of a pixel."""


class Denoiser(nn.Module):
    """The blind-spot network with an estimator of unknown noise parameters."""

    def __init__(self, config: Config, task: Task) -> None:
        super().__init__()
        self.blind = BlindSpotNet(task.channels, outputs_of(config, task.channels), config.edges)
        way = level_of(config, task)
        if way == "global":
            self.raw = nn.Parameter(torch.tensor(START / GLOBAL_PACE))
        self.estimator = PlainNet(task.channels, 1, config.edges) if way == "per-image" else None
        if self.estimator is not None:
            nn.init.zeros_(self.estimator.head.weight)

    def parameter(self, noisy: Tensor) -> Tensor:
        """The noise parameter of images (B, C, H, W), if it is unknown: (B, 1, 1, 1)."""
        if self.estimator is None:
            return noise_parameter(GLOBAL_PACE * self.raw).expand(len(noisy), 1, 1, 1)
        found = self.estimator(noisy - 0.5).float().mean(dim=(1, 2, 3), keepdim=True)
        return noise_parameter(START + ESTIMATOR_PACE * found)


def noise_parameter(raw: Tensor) -> Tensor:
    """softplus(r − 4) + 1e-3: 0.0191 at r = 0."""
    return F.softplus(raw - 4.0) + 1e-3


def spread_let_in(network: Denoiser, moment: TrainingStep) -> float:
    """The share of the predicted factors of Σx that counts in the loss, 0 to 1."""
    if network.estimator is None:
        return 1.0
    return min(1.0, max(0.0, (moment.share - SPREAD_FROM) / (SPREAD_ALL - SPREAD_FROM)))


def outputs_of(config: Config, channels: int) -> int:
    """The number of outputs at a pixel: μ, and the factors of its covariance."""
    factors = {"none": 0, "diagonal": channels, "full": channels * (channels + 1) // 2}
    return channels + factors[config.covariance]


def predict(network: Denoiser, noisy: Tensor) -> Prediction:
    """μ = ½ + f(y − ½)/10 and the factors f(y − ½)/10, from the surroundings of each pixel.

    noisy: (B, C, H, W), any H and W.  float32.
    """
    out, channels = network.blind(noisy - 0.5), noisy.shape[1]
    return Prediction.of_outputs(out[:, :channels], out[:, channels:])


def sigma_of(family: NoiseFamily, mean: Tensor, level: Tensor) -> Tensor:
    """The standard deviation of noise of a level, in the family's unit, where μ is the pixel."""
    return family.variance(mean.clamp_min(DARKEST), level).sqrt().clamp_min(SMALLEST_SIGMA)


def batch_loss(model: Model[Config], batch: Batch, moment: TrainingStep) -> Tensor:
    """The negative log likelihood of each patch, (B,); without a covariance, the distance of μ."""
    network, noisy = model.network, batch.noisy
    assert isinstance(network, Denoiser)
    found = predict(network, noisy)
    family = model.task.noise.family
    if model.config.covariance == "none":
        if family.preserves == "mode":
            loss = power(found.mean, noisy, annealed_gamma(moment.share))
        else:
            loss = squared(found.mean, noisy)
        return loss.mean(dim=(1, 2, 3))
    level = batch.level
    if level is None:
        level = family.unit_scale * network.parameter(noisy)
    factors = spread_let_in(network, moment) * found.factors
    if family.name == MIXTURE:
        alpha = level / family.unit_scale
        return impulse_loss(found.mean, factors, noisy, alpha).mean(dim=(1, 2))
    sigma = sigma_of(family, found.mean, level)
    columns = columns_of(factors, noisy.shape[1])
    loss = gaussian_loss(found.mean, columns, noisy, sigma)
    if batch.level is None:
        loss = loss + regulariser(sigma)
    return loss.mean(dim=(1, 2))


def denoise_image(model: Model[Config], noisy: Tensor, level: float | None) -> Denoised:
    """The posterior mean of an image (1, C, H, W), with μ and the predicted standard deviation.

    level: in the family's unit; if None, the learned or estimated one is used, and returned.
    """
    network, channels = model.network, noisy.shape[1]
    assert isinstance(network, Denoiser)
    found = predict(network, noisy)
    if model.config.covariance == "none":
        return Denoised(found.mean)
    family, estimate = model.task.noise.family, None
    if level is None:
        level = estimate = family.unit_scale * float(network.parameter(noisy).detach())
    mean, factors, y = (in_float64(t) for t in (found.mean, found.factors, noisy))
    columns = columns_of(factors, channels)
    used = y.new_tensor(level).view(1, 1, 1, 1)
    if family.name == MIXTURE:
        image = impulse_mean(mean, columns, y, used / family.unit_scale)
    else:
        image = gaussian_mean(mean, columns, y, sigma_of(family, mean, used))
    std = predicted_std(factors, channels).float()
    outputs = {"mean": Output(found.mean), "std": Output(std, STD_WHITE)}
    return Denoised(image.float(), estimate, outputs)
