"""Settings of Noise2Same."""

import math
from dataclasses import dataclass

from denoisebench.nn import refuse_unknown_network


@dataclass(frozen=True, kw_only=True, slots=True)
class Config:
    """invariance: λ, the weight of the invariance term, in standard deviations of the noisy
    patches.  cell: one pixel of each cell × cell is hidden, in each channel another.

    network: one of the shelf (see `denoisebench.nn.shelf`).
    """

    invariance: float = 2.0
    cell: int = 14
    network: str = "unet"

    def __post_init__(self) -> None:
        refuse_unknown_network(self.network)
        if not (math.isfinite(self.invariance) and 0.0 < self.invariance <= 1000.0):
            raise ValueError(
                f"invariance: {self.invariance:g} must be above 0 and not above 1000; 0 would give"
                " back the noisy image"
            )
        if not 3 <= self.cell <= 32:
            raise ValueError(f"cell: {self.cell} must lie in 3..32")
