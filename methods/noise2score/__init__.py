"""Noise2Score (Kim & Ye, NeurIPS 2021, arXiv 2106.07009): learn the score of the noisy images,
then denoise by Tweedie's formula.

Departures from the paper, each measured (see README.md): probes come in pairs ±u; their size is in
units of the noise's standard deviation and falls geometrically to a fifth of it, over the whole
training; Tweedie's formula corrects for the blur of the last probe; the network is the unshared
Noise2Noise U-Net, sees v − ½ and gives the score times the standard deviation of the noise.
"""

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from denoisebench.hookspecs import hookimpl
from denoisebench.interfaces import Evidence, Method, Model, Task, TrainedMethod

if TYPE_CHECKING:
    import torch
    from torch import Tensor, nn

    from denoisebench.patches import Batch


@dataclass(frozen=True, kw_only=True, slots=True)
class Config:
    """probe: `paired` (±u) or `single`.  probe_start, probe_end: the probe's size at the first and
    the last step, in standard deviations of the noise."""

    probe: str = "paired"
    probe_start: float = 0.5
    probe_end: float = 0.2

    def __post_init__(self) -> None:
        if self.probe not in ("paired", "single"):
            raise ValueError(f"probe: {self.probe!r} is neither paired nor single")
        if not 0.0 < self.probe_end <= self.probe_start <= 10.0:
            raise ValueError(
                f"probe_end: {self.probe_end:g} must be above 0 and not above probe_start"
                f" ({self.probe_start:g}), which must not be above 10"
            )


class Noise2Score(TrainedMethod[Config]):
    name = "noise2score"
    summary = "score of the noisy images, then Tweedie's formula (Kim & Ye, NeurIPS 2021)"
    config_type = Config

    def evidence(self, config: Config) -> Evidence:
        del config
        return Evidence.NOISY

    def declines(self, config: Config, task: Task) -> str | None:
        del config
        if task.noise.family.name != "gaussian":
            return f"it has no Tweedie formula for {task.noise.family.name} noise yet"
        if task.parameters == "unknown":
            return "it cannot estimate an unknown level yet"
        return None

    def passes_per_patch(self, config: Config) -> int:
        return 2 if config.probe == "paired" else 1

    def network(self, config: Config, task: Task) -> "nn.Module":
        from denoisebench.networks import UNet

        del config
        return UNet(task.channels)

    def loss(
        self, model: Model[Config], batch: "Batch", progress: float, rng: "torch.Generator"
    ) -> "Tensor":
        from noise2score.score import ardae_loss, paired_ardae_loss, probe_at

        config = model.config
        assert batch.level is not None  # parameters are known
        sigma = batch.level / 255.0
        probe = sigma * probe_at(progress, config.probe_start, config.probe_end)
        if config.probe == "single":
            return ardae_loss(_score(model.network, sigma), batch.noisy, probe, rng)
        score = _score(model.network, sigma.repeat(2, 1, 1, 1))
        return paired_ardae_loss(score, batch.noisy, probe, rng)

    def denoise(self, model: Model[Config], noisy: "Tensor", level: float | None) -> "Tensor":
        import torch

        from denoisebench.inference import run_padded
        from denoisebench.networks import UNet
        from denoisebench.noise.model import ExponentialFamily

        family = model.task.noise.family
        assert isinstance(family, ExponentialFamily)  # see declines
        assert level is not None  # parameters are known
        sigma = torch.tensor(level / 255.0, device=noisy.device)
        score = run_padded(_score(model.network, sigma), noisy, UNet.multiple)
        # The network learned the score at variance σ² + a², a being the last probe's size.
        blurred = torch.tensor(
            level * math.sqrt(1.0 + model.config.probe_end**2), device=noisy.device
        )
        return family.tweedie(noisy, score, blurred)


def _score(network: "nn.Module", sigma: "Tensor") -> "Callable[[Tensor], Tensor]":
    """The network as a score: it gives σ·s(v), which is of order one, for v centred at 0."""
    return lambda v: network(v - 0.5).float() / sigma


@hookimpl
def register_methods() -> Iterable[Method[Any]]:
    return [Noise2Score()]
