"""The noisy image itself, which every table starts from."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from denoisebench.plugin import Task, Tiling, UntrainedMethod

if TYPE_CHECKING:
    from torch import Tensor


@dataclass(frozen=True, kw_only=True, slots=True)
class IdentityConfig:
    """Nothing to set."""


class Identity(UntrainedMethod[IdentityConfig]):
    name = "identity"
    summary = "the noisy image, scored as any estimate is: what every method must beat"
    config_type = IdentityConfig

    def tiling(self, config: IdentityConfig, task: Task) -> Tiling:
        return Tiling(multiple=1, halo=0, bytes_per_pixel=16)

    def denoise(
        self, config: IdentityConfig, task: Task, noisy: "Tensor", level: float | None
    ) -> "Tensor":
        return noisy
