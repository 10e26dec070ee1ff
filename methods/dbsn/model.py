"""D-BSN's networks, losses and result, for one config and task."""

from functools import partial

import torch
from torch import Tensor, nn

from dbsn.config import MATRIX, Config
from dbsn.likelihood import LOSSES
from dbsn.mwcnn import MWCNN
from dbsn.network import DilatedBlindSpotNet, NoiseNet, SpreadNet
from dbsn.noise_law import (
    NoiseLaw,
    law_between_channels,
    law_per_image,
    law_per_pixel,
    level_is_sigma,
    raw_of,
    told_law,
)
from dbsn.shuffling import denoise_shuffled, refined, shuffle, whole_cells
from dbsn.whole_image import predict_image
from denoisebench.nn import (
    SCALE,
    Prediction,
    UNet,
    add_output,
    columns_of,
    gaussian_mean,
    in_float64,
    predicted_std,
    regulariser,
    run_padded,
    squared,
)
from denoisebench.plugin import Batch, Denoised, Model, Output, Task, TrainingStep

MEAN, SPREAD, ALL, STUDENT = range(4)
"""The stages of a training."""

SPREAD_FROM = 0.3
"""Until this share of the stage SPREAD a learned noise takes all of the spread; then Σx is let in.
A Σx learned from the start may take all of it, and nothing in the data contradicts that."""

STD_WHITE, NOISE_WHITE = 10.0 / 255.0, 50.0 / 255.0
"""The predicted standard deviations, of the clean pixel and of the noise, that pictures show as
white."""

DIAGONAL = (0, 3, 5)
"""Where the six factors of a 3×3 covariance have their diagonal."""

NOISY_SHARE = 8
"""One patch in this many is noisy for the student, the others are clean with added noise."""

NOISY_WEIGHT = 0.1
"""The weight of the loss on noisy images, whose targets are the teacher's."""

STRONGER = 0.1
"""The added noise is stronger or weaker than the learned noise by at most this share."""


class Denoiser(nn.Module):
    """The dilated blind-spot network, what finds variances, and the student if there is one."""

    def __init__(self, config: Config, task: Task) -> None:
        super().__init__()
        channels, way = task.channels, law_way(task)
        factors = channels if config.covariance == "diagonal" else channels * (channels + 1) // 2
        self.blind = DilatedBlindSpotNet(channels, config.width, config.blocks)
        self.spread = SpreadNet(config.width, config.hidden, factors)
        self.noise: NoiseNet | None = None
        if way != "told" and not config.mean_alone:
            self.noise = NoiseNet(channels, config.hidden, 6 if way == "matrix" else channels)
            bias = self.noise.conv_final.bias
            assert bias is not None
            with torch.no_grad():
                if way == "matrix":
                    bias[list(DIAGONAL)] = config.start / 255.0
                else:
                    bias.fill_(raw_of(config.start))
        self.student: nn.Module | None = None
        if config.student != "none":
            self.student = UNet(channels) if config.student == "unet" else MWCNN(channels)


def parts_in_bf16(network: nn.Module) -> list[nn.Module]:
    """The branches, and the student if there is one."""
    assert isinstance(network, Denoiser)
    branches: list[nn.Module] = [network.blind.br1, network.blind.br2]
    return branches if network.student is None else [*branches, network.student]


def law_way(task: Task) -> str:
    """The origin of the noise's distribution: told (given); or learned, as one σ per image, a
    covariance between the channels per image (of the family MATRIX alone), or σ for each pixel."""
    if task.noise.family.name == MATRIX:
        return "matrix"
    if task.parameters == "known":
        return "told"
    return "per-image" if level_is_sigma(task.noise.family) else "per-pixel"


def predict(network: Denoiser, noisy: Tensor) -> Prediction:
    mean, feature = network.blind(noisy - 0.5)
    return Prediction.of_outputs(mean, network.spread(feature))


def law_of(
    network: Denoiser, task: Task, noisy: Tensor, mean: Tensor, level: Tensor | None
) -> NoiseLaw:
    """The distribution of the noise: given if the family and the level allow it, else learned.

    noisy, mean: (B, C, H, W).  Noise that grows with the intensity is found from μ, not from the
    noisy pixel, which would show it the noise itself.
    """
    if level is not None and task.noise.family.has_variance:
        return told_law(task.noise.family, mean, level)
    way = law_way(task)
    assert network.noise is not None  # law_way is "told" only if the level is
    shown = mean if way == "per-pixel" else noisy
    with torch.autocast(noisy.device.type, enabled=False):  # 1×1 and narrow: nothing to gain
        raw = network.noise(shown - 0.5)
    if way == "matrix":
        return law_between_channels(raw)
    return law_per_image(raw) if way == "per-image" else law_per_pixel(raw)


def batch_loss(
    model: Model[Config], batch: Batch, moment: TrainingStep, rng: torch.Generator
) -> Tensor:
    """The loss of each patch, (B,), at the stage that `moment` says."""
    network = model.network
    assert isinstance(network, Denoiser)
    if model.config.mean_alone:
        return mean_loss(network, batch.noisy, model.config.shuffle)
    if moment.stage == MEAN:
        mean, _ = network.blind(batch.noisy - 0.5)
        found = 0.5 + SCALE * mean.float()
        return squared(found, batch.noisy).mean(dim=(1, 2, 3))
    if moment.stage == STUDENT:
        return student_loss(model, network, batch, rng)
    return likelihood_loss(model, network, batch, moment)


def mean_loss(network: Denoiser, noisy: Tensor, side: int) -> Tensor:
    """mean |PD⁻¹(μ(PD(y))) − y| of each patch, (B,); the same as mean |μ(PD(y)) − PD(y)|."""
    seen = shuffle(whole_cells(noisy, side), side)
    mean, _ = network.blind(seen - 0.5)
    error: Tensor = (0.5 + SCALE * mean.float() - seen).abs().mean(dim=(1, 2, 3))
    return error.view(-1, len(noisy)).mean(dim=0)


def likelihood_loss(
    model: Model[Config], network: Denoiser, batch: Batch, moment: TrainingStep
) -> Tensor:
    """The negative log likelihood of each patch, (B,); at the stage SPREAD with μ as it is."""
    config, noisy = model.config, batch.noisy
    with torch.set_grad_enabled(moment.stage == ALL and torch.is_grad_enabled()):
        mean, feature = network.blind(noisy - 0.5)
    found = Prediction.of_outputs(mean, network.spread(feature))
    law = law_of(network, model.task, noisy, found.mean, batch.level)
    factors = found.factors
    learned = batch.level is None or not model.task.noise.family.has_variance
    if learned and moment.stage == SPREAD:
        factors = factors * max(0.0, (moment.share - SPREAD_FROM) / (1.0 - SPREAD_FROM))
    columns = columns_of(factors, noisy.shape[1])
    loss = LOSSES[config.likelihood](found.mean, columns, law, noisy)
    if learned:
        loss = loss + regulariser(law.variance().sqrt(), config.reward)
    return loss.mean(dim=(1, 2))


def student_loss(
    model: Model[Config], network: Denoiser, batch: Batch, rng: torch.Generator
) -> Tensor:
    """Distances of the student's images: from the teacher's, of noisy patches; from the truth, of
    clean patches of other scenes, with noise of the distribution that the teacher finds.  (B,)

    The weights keep the paper's 0.1·(mean over noisy) + (mean over clean) whatever their numbers.
    """
    assert batch.clean is not None  # by the method's evidence
    total = len(batch.noisy)
    few = max(1, total // NOISY_SHARE)
    noisy, clean = batch.noisy[:few], batch.clean[few:]
    levels = None if batch.level is None else (batch.level[:few], batch.level[few:])
    with torch.no_grad():
        found = predict(network, noisy)
        law = law_of(network, model.task, noisy, found.mean, levels[0] if levels else None)
        target = posterior(found, law, noisy, model.config.gamma).float()
        law = law_of(network, model.task, clean, clean, levels[1] if levels else None)
        stretch = 1.0 + STRONGER * (2.0 * torch.rand((), generator=rng, device=clean.device) - 1.0)
        made = law.scaled(stretch).sample(clean, rng)
    shown = torch.cat([noisy, made]).contiguous(memory_format=torch.channels_last)
    loss = squared(student_image(network, shown), torch.cat([target, clean])).mean(dim=(1, 2, 3))
    weights = [NOISY_WEIGHT * total / few] * few + [total / (total - few)] * (total - few)
    return loss * loss.new_tensor(weights)


def student_image(network: Denoiser, noisy: Tensor) -> Tensor:
    """The student's image, y + f(y − ½)/10.  (B, C, H, W), any H and W."""
    student = network.student
    assert student is not None
    return add_output(noisy, partial(run_padded, student), noisy)


def posterior(found: Prediction, law: NoiseLaw, noisy: Tensor, gamma: float) -> Tensor:
    """E[x | y], the noise's variance counted gamma times, in float64.  (B, C, H, W)"""
    weighed = law.scaled(gamma**0.5)
    mean, factors, y, sigma = (
        in_float64(t) for t in (found.mean, found.factors, noisy, weighed.sigma)
    )
    columns = columns_of(factors, noisy.shape[1])
    return gaussian_mean(mean, columns, y, sigma, [in_float64(c) for c in weighed.columns])


def denoise_image(model: Model[Config], noisy: Tensor, level: float | None) -> Denoised:
    """The denoised image of (1, C, H, W) with what the config says counts as it.

    level: if given, in the family's unit.  A learned one per image is returned.
    """
    network, config, task = model.network, model.config, model.task
    assert isinstance(network, Denoiser)
    if config.result == "auto" and network.student is not None:
        return Denoised(student_image(network, noisy))
    if config.mean_alone:
        return Denoised(mean_image(network, config, noisy))
    found = Prediction.of_outputs(*predict_image(network.blind, network.spread, noisy - 0.5))
    told = None if level is None else noisy.new_tensor(level).view(1, 1, 1, 1)
    law = law_of(network, task, noisy, found.mean, told)
    std = predicted_std(found.factors, noisy.shape[1]).float()
    noise = law.variance().mean(dim=1, keepdim=True).sqrt().expand_as(noisy[:, :1])
    outputs = {
        "mean": Output(found.mean),
        "std": Output(std, STD_WHITE),
        "noise": Output(noise, NOISE_WHITE),
    }
    image = found.mean
    if config.result != "mean":
        image = posterior(found, law, noisy, config.gamma).float()
    return Denoised(image, _estimate(task, law, level), outputs)


def mean_image(network: Denoiser, config: Config, noisy: Tensor) -> Tensor:
    """μ of the shuffled image, refined as the config says."""

    def mean(image: Tensor) -> Tensor:
        raw, _ = predict_image(network.blind, network.spread, image - 0.5)
        return (0.5 + SCALE * raw).to(image.dtype)

    first = denoise_shuffled(mean, noisy, config.shuffle_test)
    return refined(mean, noisy, first, config.refine)


def _estimate(task: Task, law: NoiseLaw, level: float | None) -> float | None:
    """The level of one σ for an image, where it is learned."""
    if level is not None or law_way(task) != "per-image":
        return None
    return task.noise.family.unit_scale * float(law.variance().detach().mean().sqrt())
