"""Deep image prior: a network makes the image from noise, and is stopped before it makes the noise
of the image too (Ulyanov, Vedaldi and Lempitsky, CVPR 2018).

    L = mean (f(z + u) − y)²   over 95 % of the pixels of the noisy image y

It stops where the other 5 % are predicted best.  No clean image decides when.  See fitting.py for
the stop, README.md for figures and departures from the paper.
"""

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from denoisebench.plugin import ImageFit, ImageMethod, Method, Model, Task, Tiling, hookimpl
from dip.config import Config

if TYPE_CHECKING:
    from torch import Tensor, nn


class DeepImagePrior(ImageMethod[Config]):
    name = "dip"
    summary = "deep image prior, stopped by held-out noisy pixels (Ulyanov et al., CVPR 2018)"
    config_type = Config
    paper_code = "github.com/DmitryUlyanov/deep-image-prior, Apache-2.0"

    check_configs = (Config(steps=4),)

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
        """f, with PyTorch's usual initial weights."""
        from dip.fitting import INPUTS
        from dip.network import SkipNetwork

        return SkipNetwork(INPUTS, task.channels)

    def tiling(self, config: Config, task: Task) -> Tiling:
        """Each tile is learned on by itself."""
        return Tiling(multiple=32, halo=32, bytes_per_pixel=4000)

    def denoise(
        self, model: Model[Config], noisy: "Tensor", level: float | None, fit: ImageFit
    ) -> "Tensor":
        from dip.fitting import stopped_estimate

        return stopped_estimate(model.network, noisy, model.config, fit)


@hookimpl
def register_methods() -> Iterable[Method[Any]]:
    return [DeepImagePrior()]
