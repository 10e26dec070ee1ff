"""Noise2Noise and supervised training: a network that predicts a target.

They differ by the evidence: the target is a second noisy copy, or the clean image.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Literal, TypeVar

from denoisebench.nn.output_scale import Predicts, estimate
from denoisebench.nn.shelf import build_network, network_tiling, refuse_unknown_network
from denoisebench.noise.family import Noise, Preserves
from denoisebench.plugin.method import (
    Evidence,
    Imported,
    Model,
    Task,
    TrainedMethod,
    TrainingStep,
)
from denoisebench.plugin.tiling import Tiling
from denoisebench.specs import refuse_unknown_words

if TYPE_CHECKING:
    import torch
    from torch import Tensor, nn

    from denoisebench.plugin.method import Batch

FITTING: dict[Preserves, str] = {"mean": "mse", "median": "mae", "mode": "l0", "pixels": "mse"}
"""The loss that finds the statistic of the noisy pixel that equals the clean value."""

FINDS = {"mse": "mean", "mae": "median", "l0": "mode"}


@dataclass(frozen=True, kw_only=True, slots=True)
class RegressionConfig:
    """The config of Noise2Noise and supervised training.

    loss: `mse`, `mae`, `l0` (annealed); or `auto`, the one that fits the target's noise (see
    `FITTING`).  network: a name of `denoisebench.nn.shelf`.

    predicts: what the network's output is: a `correction` of its input, in tenths; the `image`; or
    the `noise`, to be taken away.

    Raises ValueError for another word.

    >>> RegressionConfig(loss="mae").network
    'unet'
    >>> RegressionConfig(network="mlp")
    Traceback (most recent call last):
    ValueError: network: 'mlp' is none of unet, unet-shared, unet-large, ...
    """

    loss: Literal["auto", "mse", "mae", "l0"] = "auto"
    network: str = "unet"
    predicts: Predicts = "correction"

    def __post_init__(self) -> None:
        refuse_unknown_words(self)
        refuse_unknown_network(self.network)


RegressionConfigT = TypeVar("RegressionConfigT", bound=RegressionConfig)


class RegressionMethod(TrainedMethod[RegressionConfigT]):
    """Predicts `batch.target` from `batch.noisy` (Lehtinen et al., ICML 2018, section 2).

    If the noise preserves the mean, the prediction is y + f(y − ½)/10: the network need not learn
    to copy its input, and methods then differ by their evidence only.  If the noise replaces
    pixels, the prediction is ½ + f(y − ½)/10.  Networks of other codes predict otherwise: see
    `RegressionConfig.predicts`.

    >>> class Regression(RegressionMethod[RegressionConfig]):
    ...     name, summary, config_type = "regression", "learns from pairs", RegressionConfig
    ...     def evidence(self, config): return Evidence.NOISY_PAIRS
    >>> from denoisebench.noise_models.gaussian import Gaussian
    >>> task = Task(Noise(Gaussian(), 25.0, 25.0), "known", GRAY)
    >>> print(Regression().warns(RegressionConfig(loss="mae"), task))
    loss=mae finds the median of the targets, and gaussian:25 noise keeps the mean of ...
    """

    def target_noise(self, config: RegressionConfigT, task: Task) -> Noise | None:
        """The noise of the targets; None when they are clean."""
        if self.evidence(config) is Evidence.CLEAN:
            return None
        return task.target_noise or task.noise

    def declines(self, config: RegressionConfigT, task: Task) -> str | None:
        noise = self.target_noise(config, task)
        if noise is not None and noise.family.preserves == "nothing":
            return f"no mean, median or mode of {noise.family.name} noise is the clean image"
        return None

    def warns(self, config: RegressionConfigT, task: Task) -> str | None:
        noise = self.target_noise(config, task)
        if noise is None or config.loss in ("auto", FITTING[noise.family.preserves]):
            return None
        preserved = noise.family.preserves
        return (
            f"loss={config.loss} finds the {FINDS[config.loss]} of the targets, and {noise} noise"
            f" keeps the {preserved} of the clean image; {FITTING[preserved]} fits"
        )

    def tiling(self, config: RegressionConfigT, task: Task) -> Tiling:
        return network_tiling(config.network)

    def network(self, config: RegressionConfigT, task: Task) -> "nn.Module":
        return build_network(config.network, task.channels)

    def loss(
        self,
        model: Model[RegressionConfigT],
        batch: "Batch",
        moment: TrainingStep,
        rng: "torch.Generator",
    ) -> "Tensor":
        """The mean over pixels of the loss (see `regression_losses`).  Returns (B,).

        Pixels without information in the target do not count: m⊙(f(y) − t)², m the target's mask,
        for Noise2Noise's Bernoulli noise.
        """
        from denoisebench.nn.regression_losses import absolute, annealed_gamma, power, squared

        target = batch.target
        assert target is not None  # by the method's evidence
        noise = self.target_noise(model.config, model.task)
        name: str = model.config.loss
        if name == "auto":
            name = FITTING[noise.family.preserves] if noise is not None else "mse"
        predicted = predict(model, batch.noisy, model.network)
        if name == "mse":
            loss = squared(predicted, target)
        elif name == "mae":
            loss = absolute(predicted, target)
        else:
            loss = power(predicted, target, annealed_gamma(moment.share))
        observed = noise.family.observed(target) if noise is not None else None
        if observed is not None:
            loss = loss * observed
        return loss.mean(dim=(1, 2, 3))

    def denoise(
        self, model: Model[RegressionConfigT], noisy: "Tensor", level: float | None
    ) -> "Tensor":
        from denoisebench.nn.padding import in_float32, run_padded

        network = partial(run_padded, model.network)
        if model.config.predicts == "correction":
            return predict(model, noisy, network)
        with in_float32(model.network):  # in bfloat16 the image itself would be rounded
            return predict(model, noisy, network)

    def import_weights(self, stored: object) -> Imported[RegressionConfigT]:
        """A file of one of the codes in `foreign_networks`, whose networks regress too."""
        from denoisebench.nn.foreign_networks import read_network

        read = read_network(stored)
        config = self.config_type(network=read.network, predicts=read.predicts)
        return Imported(config, read.channels, read.tensors)


def predict(
    model: Model[RegressionConfigT], noisy: "Tensor", network: "Callable[[Tensor], Tensor]"
) -> "Tensor":
    """The prediction x̂ for noisy images y, as the config has it.  (B, C, H, W)"""
    base = noisy if model.task.noise.family.preserves == "mean" else 0.5
    return estimate(model.config.predicts, base, network, noisy)
