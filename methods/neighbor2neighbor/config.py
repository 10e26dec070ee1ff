"""Settings of Neighbor2Neighbor."""

from dataclasses import dataclass
from typing import Annotated, Literal

from denoisebench.nn import Predicts, refuse_unknown_network
from denoisebench.plugin import Between, refuse_unknown_words


@dataclass(frozen=True, kw_only=True, slots=True)
class Config:
    """regulariser: γ, the weight of the second term at the end of training; 0 leaves it out.

    pairs: of each cell, which teach at once: `four`, two pixels with both of their neighbours each;
    or `one`, as in the paper.

    network: one of the shelf (see `denoisebench.nn.shelf`).  predicts: what its output is: a
    `correction` of its input, in tenths; the `image`; or the `noise`, to be taken away.
    """

    regulariser: Annotated[float, Between(0.0, 100.0)] = 2.0
    pairs: Literal["four", "one"] = "four"
    network: str = "unet"
    predicts: Predicts = "correction"

    def __post_init__(self) -> None:
        refuse_unknown_words(self)
        refuse_unknown_network(self.network)
