"""Training by an unbiased estimate of the squared error, from noisy images alone: `sure` for
Gaussian noise (Soltanayev & Chun, NeurIPS 2018; Ramani et al., 2008), `pure` for Poisson noise
(Kim, Soltanayev & Chun, 2020; Luisier et al., 2011; Le Montagner et al., 2014).

Departures from the papers, with reasons in README.md: probes of ±1; the suite's U-Net, which gives
what is to be added to its input; the suite's schedule; `pure` steps by whole counts by default.
"""

from abc import abstractmethod
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, TypeVar

from denoisebench.nn import UNSTEADY, build_network, network_tiling
from denoisebench.plugin import (
    Evidence,
    Method,
    Model,
    Task,
    Tiling,
    TrainedMethod,
    TrainingStep,
    hookimpl,
)
from unbiased_risk.config import PureConfig, SureConfig

if TYPE_CHECKING:
    import torch
    from torch import Tensor, nn

    from denoisebench.plugin import Batch
    from unbiased_risk.probes import Denoiser


RiskConfigT = TypeVar("RiskConfigT", bound=SureConfig | PureConfig)


class UnbiasedRisk(TrainedMethod[RiskConfigT]):
    """What both share: a network that gives what is to be added to the noisy image, an estimate
    of its squared error that is given the noise level and runs it on two images."""

    float32 = True
    family: str
    """The one noise whose risk it estimates."""
    elsewhere: str
    """What to take for the other's noise."""

    def evidence(self, config: RiskConfigT) -> Evidence:
        return Evidence.NOISY

    def declines(self, config: RiskConfigT, task: Task) -> str | None:
        if task.noise.family.name != self.family:
            return f"it is for {self.family} noise; {self.elsewhere}"
        if task.parameters == "unknown":
            return "it must know the noise level of each training image"
        return None

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

    def denoise(self, model: Model[RiskConfigT], noisy: "Tensor", level: float | None) -> "Tensor":
        from unbiased_risk.model import denoise_image

        return denoise_image(model.network, noisy)


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


@hookimpl
def register_methods() -> Iterable[Method[Any]]:
    return [Sure(), Pure()]
