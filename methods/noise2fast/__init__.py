"""Noise2Fast: halves of the noisy image's checkerboard, each predicted from the other (Lequyer et
al., Nature Machine Intelligence 2022).

A network f is fitted to one image and thrown away.  It stops by the noisy image itself.

    L = − mean (t log f(s) + (1 − t) log(1 − f(s))),   (s, t) a pair of halves

See downsampling.py for the halves, README.md for figures and departures from the official code.
"""

from collections.abc import Iterable
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from denoisebench.plugin import ImageFit, ImageMethod, Method, Model, Task, Tiling, hookimpl
from noise2fast.config import Config

if TYPE_CHECKING:
    from torch import Tensor, nn

FEATURES = 64
CONVOLUTIONS = 8


class Noise2Fast(ImageMethod[Config]):
    name = "noise2fast"
    summary = "checkerboard halves of the noisy image alone (Lequyer et al., 2022)"
    config_type = Config
    paper_code = "github.com/jason-lequyer/Noise2Fast, Apache-2.0"

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
        """Eight 3×3 convolutions with ReLU, then 1×1 to logits; PyTorch's usual initial weights."""
        from torch import nn

        layers: list[nn.Module] = []
        for inputs, outputs in pairwise([task.channels, *CONVOLUTIONS * [FEATURES]]):
            layers += [nn.Conv2d(inputs, outputs, 3, padding=1), nn.ReLU(inplace=True)]
        return nn.Sequential(*layers, nn.Conv2d(FEATURES, task.channels, 1))

    def tiling(self, config: Config, task: Task) -> Tiling:
        """Tiles begin at whole cells of 2 × 2 pixels; each is learned on by itself."""
        return Tiling(multiple=2, halo=2 * CONVOLUTIONS, bytes_per_pixel=3000)

    def denoise(
        self, model: Model[Config], noisy: "Tensor", level: float | None, fit: ImageFit
    ) -> "Tensor":
        from noise2fast.fitting import fitted_estimate

        if min(noisy.shape[-2:]) < 2 or noisy.min() == noisy.max():  # nothing to learn from
            return noisy.clone()
        return fitted_estimate(model.network, noisy, model.config, fit)


@hookimpl
def register_methods() -> Iterable[Method[Any]]:
    return [Noise2Fast()]
