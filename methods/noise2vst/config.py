"""Settings of Noise2VST."""

from dataclasses import dataclass
from typing import Literal

from denoisebench.plugin import refuse_unknown_words

DenoiserName = Literal["gaussian25", "gaussian-blind"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Config:
    """steps: of Adam on each image.  knots: of the transform.  crop: the side of the part of the
    image that a step sees, in pixels.

    denoiser: the bundled weights of noise2score inside the transform.  `gaussian25`: trained at σ =
    25, in gray and colour.  `gaussian-blind`: trained at σ = 5 to 55, in gray; colour images are
    denoised channel by channel.
    """

    steps: int = 300
    knots: int = 128
    crop: int = 128
    denoiser: DenoiserName = "gaussian25"

    def __post_init__(self) -> None:
        refuse_unknown_words(self)
        if not 1 <= self.steps <= 1_000_000:
            raise ValueError(f"steps: {self.steps} must lie in 1..1000000")
        if not 2 <= self.knots <= 4096:
            raise ValueError(f"knots: {self.knots} must lie in 2..4096")
        if not 8 <= self.crop <= 65_536:
            raise ValueError(f"crop: {self.crop} must lie in 8..65536")
