"""Training by an unbiased estimate of the squared error, from noisy images alone.

`sure` is for Gaussian noise (Soltanayev & Chun, NeurIPS 2018; Ramani et al., 2008), `pure` for
Poisson noise (Kim, Soltanayev & Chun, 2020; Luisier et al., 2011; Le Montagner et al., 2014).
`unsure` is for Gaussian noise of unknown level (Tachella et al., ICLR 2025).

Departures from the papers, with reasons in README.md: probes of ±1; the suite's U-Net, which gives
what is to be added to its input; the suite's schedule; `pure` steps by whole counts by default.
"""

from abc import abstractmethod
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, TypeVar

from denoisebench.nn import UNSTEADY, build_network, network_tiling
from denoisebench.plugin import (
    Denoised,
    Evidence,
    Method,
    Model,
    Noise,
    Task,
    Tiling,
    TrainedMethod,
    TrainingStep,
    hookimpl,
)
from unbiased_risk.config import PureConfig, SureConfig, UnsureConfig

if TYPE_CHECKING:
    import torch
    from torch import Tensor, nn

    from denoisebench.plugin import Batch
    from unbiased_risk.probes import Denoiser


RiskConfigT = TypeVar("RiskConfigT", bound=SureConfig | PureConfig | UnsureConfig)


class TwoRuns(TrainedMethod[RiskConfigT]):
    """All share a network that gives what is to be added to the noisy image, and a loss that
    runs it on two images."""

    float32 = True

    def evidence(self, config: RiskConfigT) -> Evidence:
        return Evidence.NOISY

    def warns(self, config: RiskConfigT, task: Task) -> str | None:
        if config.network not in UNSTEADY:
            return None
        return (
            f"network={config.network} {UNSTEADY[config.network]}, and {self.name} takes what"
            " differs between its two runs for the network's slope"
        )

    def passes_per_patch(self, config: RiskConfigT) -> int:
        return 2

    def tiling(self, config: RiskConfigT, task: Task) -> Tiling:
        return network_tiling(config.network)

    def network(self, config: RiskConfigT, task: Task) -> "nn.Module":
        return build_network(config.network, task.channels)

    def denoise(
        self, model: Model[RiskConfigT], noisy: "Tensor", level: float | None
    ) -> "Tensor | Denoised":
        from unbiased_risk.model import denoise_image

        return denoise_image(model.network, noisy)


class UnbiasedRisk(TwoRuns[RiskConfigT]):
    """`sure` and `pure` share an estimate of the squared error, given the noise level."""

    family: str
    """The one noise whose risk it estimates."""
    elsewhere: str
    """The method for the other's noise."""

    def declines(self, config: RiskConfigT, task: Task) -> str | None:
        if task.noise.family.name != self.family:
            return f"it is for {self.family} noise; {self.elsewhere}"
        if task.parameters == "unknown":
            return "it must know the noise level of each training image"
        return None

    def loss(
        self,
        model: Model[RiskConfigT],
        batch: "Batch",
        moment: TrainingStep,
        rng: "torch.Generator",
    ) -> "Tensor":
        from unbiased_risk.model import predict

        assert batch.level is not None  # see `declines`

        def denoiser(y: "Tensor") -> "Tensor":
            return predict(model.network, y)

        return self.risk(model.config, denoiser, batch.noisy, batch.level, rng)

    @abstractmethod
    def risk(
        self,
        config: RiskConfigT,
        f: "Denoiser",
        noisy: "Tensor",
        level: "Tensor",
        rng: "torch.Generator",
    ) -> "Tensor":
        """The estimated squared error of the denoiser f on each patch, (B,).

        noisy: (B, C, H, W).  level: (B, 1, 1, 1), in the unit of the family.
        """


class Sure(UnbiasedRisk[SureConfig]):
    name = "sure"
    summary = "Stein's unbiased risk, Gaussian noise (Soltanayev & Chun, NeurIPS 2018)"
    config_type = SureConfig
    family = "gaussian"
    elsewhere = "pure is for poisson"

    def risk(
        self,
        config: SureConfig,
        f: "Denoiser",
        noisy: "Tensor",
        level: "Tensor",
        rng: "torch.Generator",
    ) -> "Tensor":
        from unbiased_risk.sure import sure

        sigma = level / 255.0
        return sure(f, noisy, sigma, config.epsilon * sigma, rng)


class Pure(UnbiasedRisk[PureConfig]):
    name = "pure"
    summary = "Poisson unbiased risk (Luisier et al., 2011; Kim, Soltanayev & Chun, 2020)"
    config_type = PureConfig
    family = "poisson"
    elsewhere = "sure is for gaussian"

    def risk(
        self,
        config: PureConfig,
        f: "Denoiser",
        noisy: "Tensor",
        level: "Tensor",
        rng: "torch.Generator",
    ) -> "Tensor":
        from unbiased_risk.pure import pure_first_order, pure_sparse

        if config.estimator == "sparse":
            return pure_sparse(f, noisy, level, config.stride, rng)
        return pure_first_order(f, noisy, level, config.epsilon * level, rng)


class Unsure(TwoRuns[UnsureConfig]):
    name = "unsure"
    summary = "Stein's risk at an unknown level of Gaussian noise (Tachella et al., ICLR 2025)"
    paper_code = "https://github.com/tachella/unsure (BSD-3-Clause)"
    config_type = UnsureConfig

    def declines(self, config: UnsureConfig, task: Task) -> str | None:
        family = task.noise.family
        if family.name != "gaussian" and not family.has_covariance:
            return "it is for gaussian noise, white or of a known covariance but for its level"
        if task.noise.is_range:
            return f"it learns one level, and {task.noise} is a range"
        return None

    def blind_noise(self, config: UnsureConfig, noise: Noise) -> Noise:
        """The test noise itself: the level is learned from the images that are trained on."""
        return noise

    def network(self, config: UnsureConfig, task: Task) -> "nn.Module":
        from unbiased_risk.unsure import WithMultiplier

        return WithMultiplier(build_network(config.network, task.channels))

    def loss(
        self,
        model: Model[UnsureConfig],
        batch: "Batch",
        moment: TrainingStep,
        rng: "torch.Generator",
    ) -> "Tensor":
        from unbiased_risk.model import predict
        from unbiased_risk.unsure import batch_loss, decayed

        def denoiser(y: "Tensor") -> "Tensor":
            return predict(model.network, y)

        config, family = model.config, model.task.noise.family
        step = decayed(config.step, moment.share)
        return batch_loss(model.network, denoiser, family, batch.noisy, config.epsilon, step, rng)

    def denoise(
        self, model: Model[UnsureConfig], noisy: "Tensor", level: float | None
    ) -> "Tensor | Denoised":
        """With the level that training found, where none is given."""
        from unbiased_risk.model import denoise_image
        from unbiased_risk.unsure import level_of

        denoised = denoise_image(model.network, noisy)
        if level is not None:
            return denoised
        return Denoised(
            denoised, level_of(model.network, model.task.noise.family, model.task.channels)
        )


@hookimpl
def register_methods() -> Iterable[Method[Any]]:
    return [Sure(), Unsure(), Pure()]
