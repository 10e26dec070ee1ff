"""Settings of Noise2Void."""

from dataclasses import dataclass
from typing import Literal

from denoisebench.plugin import refuse_unknown_words

Replacement = Literal["uniform", "uniform-without-centre", "mean", "median", "gaussian"]

FEATURES = 96
"""Of the paper's network for BSD68."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Config:
    """masked: the share of pixels that are hidden, in percent; one pixel is hidden of each cell of
    √(100/masked) pixels a side, rounded.

    replacement: the value put in place of a hidden pixel. `uniform` takes a pixel of the window
    around it, itself among them; `uniform-without-centre` never itself. `mean`, `median` and
    `gaussian`, a normal draw, take the window's mean and deviation without the pixel itself.

    loss: the mean square or the mean absolute error of the hidden pixels.

    radius: of the window, which is 2·radius + 1 pixels a side.

    loss: of the hidden pixels, squared or absolute errors.

    structure: pixels that are hidden with each pixel that is predicted, for noise that they have in
    common: the `row`, the `column`, both (`cross`) or the `square` around it (structN2V).  They are
    replaced by uniform draws between the patch's extremes.  span: the length of a row or column and
    the side of a square, in pixels; an odd number.

    network: the Noise2Noise U-Net; `n2v`, the paper's, of two levels with batch normalisation;
    `n2v2`, its successor's (which goes with replacement=median).  features: the width of these two.
    """

    masked: float = 1.5
    radius: int = 2
    replacement: Replacement = "uniform"
    loss: Literal["mse", "mae"] = "mse"
    network: Literal["unet", "n2v", "n2v2"] = "unet"
    features: int = FEATURES
    structure: Literal["none", "row", "column", "cross", "square"] = "none"
    span: int = 5

    def __post_init__(self) -> None:
        refuse_unknown_words(self)
        if not 0.1 <= self.masked <= 25.0:
            raise ValueError(f"masked: {self.masked:g} percent must lie in 0.1..25")
        if not 1 <= self.radius <= 15:
            raise ValueError(f"radius: {self.radius} must lie in 1..15")
        if self.span % 2 == 0 or not 3 <= self.span <= 63:
            raise ValueError(f"span: {self.span} must be odd and lie in 3..63")
        if not 1 <= self.features <= 512:
            raise ValueError(f"features: {self.features} must lie in 1..512")
        if self.network == "unet" and self.features != FEATURES:
            raise ValueError("features: only network=n2v and network=n2v2 have them to set")
