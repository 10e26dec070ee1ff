"""ZS-N2N: two half-size images of the noisy image itself, each predicted from the other (Mansour
and Heckel, CVPR 2023).

A small network g finds the noise, f(y) = y − g(y).  It is fitted to one image and thrown away.

    L = ½ (‖D1 y − f(D2 y)‖² + ‖D2 y − f(D1 y)‖²) + ½ (‖f(D1 y) − D1 f(y)‖² + ‖f(D2 y) − D2 f(y)‖²)

See loss.py for D1 and D2, README.md for figures and departures from the paper.
"""

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from denoisebench.plugin import (
    ImageFit,
    ImageMethod,
    Method,
    Model,
    PublishedTable,
    Task,
    hookimpl,
)
from zs_n2n.config import Config

if TYPE_CHECKING:
    from torch import Tensor, nn

FEATURES = 48
LEAK = 0.2


class ZSN2N(ImageMethod[Config]):
    name = "zs-n2n"
    summary = "a small network fitted to the noisy image alone (Mansour & Heckel, CVPR 2023)"
    config_type = Config
    paper_code = "github.com/mohrez86/ZS_N2N, a notebook without a licence"

    check_configs = (Config(steps=20),)

    def most_steps(self, config: Config) -> int:
        return config.steps

    def declines(self, config: Config, task: Task) -> str | None:
        family = task.noise.family
        if not family.independent:
            return f"{family.name} noise is not independent between pixels"
        if family.preserves != "mean":
            return f"the mean of {family.name} noise is not the clean image"
        return None

    def network(self, config: Config, task: Task) -> "nn.Module":
        """g, with PyTorch's usual initial weights."""
        from torch import nn

        return nn.Sequential(
            nn.Conv2d(task.channels, FEATURES, 3, padding=1),
            nn.LeakyReLU(LEAK, inplace=True),
            nn.Conv2d(FEATURES, FEATURES, 3, padding=1),
            nn.LeakyReLU(LEAK, inplace=True),
            nn.Conv2d(FEATURES, task.channels, 1),
        )

    def denoise(
        self, model: Model[Config], noisy: "Tensor", level: float | None, fit: ImageFit
    ) -> "Tensor":
        from zs_n2n.fitting import denoised_in_strips, fit_network

        if min(noisy.shape[-2:]) < 2:  # there are no cells
            return noisy.clone()
        fit_network(model.network, noisy, model.config, fit)
        return denoised_in_strips(model.network, noisy)


@hookimpl
def register_methods() -> Iterable[Method[Any]]:
    return [ZSN2N()]


@hookimpl
def register_published() -> Iterable[PublishedTable]:
    return [PublishedTable("zs-n2n", Path(__file__).with_name("published.csv"))]
