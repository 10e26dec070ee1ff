"""Settings of Blind2Unblind."""

from dataclasses import dataclass
from typing import Annotated, Literal

from denoisebench.nn import Predicts, refuse_unknown_network
from denoisebench.plugin import Between, refuse_unknown_words


@dataclass(frozen=True, kw_only=True, slots=True)
class Config:
    """width: of a cell: one pixel of each width × width is hidden at a time.

    visibility: β at the end of training, the weight of the image in which no pixel is hidden.

    network: one of the shelf (see `denoisebench.nn.shelf`).  predicts: what its output is: the
    `image`; a `correction` of its input, in tenths; or the `noise`, to be taken away.  The last two
    hand the noise of a visible pixel on, since the loss never asks the network to remove it.

    result, of denoising alone: `visible`, one pass over the whole noisy image; `blind`, each pixel
    from an image in which it is hidden, width² passes; `mixed`, the two averaged by β.
    """

    width: int = 2
    visibility: Annotated[float, Between(2.0, 100.0)] = 20.0
    network: str = "unet"
    predicts: Predicts = "image"
    result: Literal["visible", "blind", "mixed"] = "visible"

    def __post_init__(self) -> None:
        refuse_unknown_words(self)
        refuse_unknown_network(self.network)
        if not 2 <= self.width <= 8:
            raise ValueError(f"width: {self.width} must lie in 2..8")
