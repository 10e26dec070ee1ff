"""Settings of Noise2Self."""

from dataclasses import dataclass
from typing import Literal

from denoisebench.nn import refuse_unknown_network
from denoisebench.plugin import refuse_unknown_words


@dataclass(frozen=True, kw_only=True, slots=True)
class Config:
    """width: of the grid: one pixel of each width × width is hidden at a time.

    fill: what is put in place of hidden pixels: the mean of those around (`interpolate`), or
    `zero`, with the mask as one more channel for the network.

    network: one of the shelf (see `denoisebench.nn.shelf`).

    inference: of denoising alone. `j-invariant`: each pixel from an image in which it is hidden,
    width² passes. `single`: one pass over the whole noisy image. `mixed`: the J-invariant estimate
    and the noisy pixel, averaged by the noise level.
    """

    width: int = 4
    fill: Literal["interpolate", "zero"] = "interpolate"
    network: str = "unet"
    inference: Literal["j-invariant", "single", "mixed"] = "j-invariant"

    def __post_init__(self) -> None:
        refuse_unknown_words(self)
        refuse_unknown_network(self.network)
        if not 2 <= self.width <= 16:
            raise ValueError(f"width: {self.width} must lie in 2..16")
