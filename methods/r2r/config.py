"""Settings of R2R."""

from dataclasses import dataclass
from typing import Annotated, Literal

from denoisebench.nn import Predicts, refuse_unknown_network
from denoisebench.plugin import Between, refuse_unknown_words


@dataclass(frozen=True, kw_only=True, slots=True)
class Config:
    """alpha: α, the share of what y tells that goes to the target.

    draws: for each patch `single` noise w, as published, or the `paired` ±w, on half as many
    patches; Poisson and Gamma noise have no pair, and take a single draw.

    samples: the recorrupted images whose denoised ones are averaged; 0 denoises the noisy
    image itself.

    network: one of the shelf (see `denoisebench.nn.shelf`).  predicts: what its output is: a
    `correction` of its input, in tenths; the `image`; or the `noise`, to be taken away.
    """

    alpha: Annotated[float, Between(0.01, 0.9)] = 0.2
    draws: Literal["single", "paired"] = "single"
    samples: Annotated[int, Between(0, 1000)] = 5
    network: str = "unet"
    predicts: Predicts = "correction"

    def __post_init__(self) -> None:
        refuse_unknown_words(self)
        refuse_unknown_network(self.network)
