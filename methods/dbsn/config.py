"""Settings of D-BSN."""

from dataclasses import dataclass
from typing import Annotated, Literal

from denoisebench.plugin import Between, refuse_unknown_words

MATRIX = "multivariate-gaussian"
"""The family whose channels are correlated: a covariance for an image, learned in any case."""

PUBLISHED_START = 4.88
"""σ of an unknown noise level where the released code begins, 0-255 units."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Config:
    """width, blocks: of the network; width=96:blocks=8 is the published one.  hidden: of the two
    small networks that find variances.

    likelihood: the loss of everything but the mean alone.  `marginal`, of the noisy pixel;
    `constrained`, the paper's bound of it.  reward: what a learned noise of 1 (black to white) adds
    to the likelihood; 0 to leave it out.

    covariance: of the clean pixel around its predicted mean: `full`, between the channels too.

    start: the initial σ of unknown noise, 0-255 units.

    result: what counts as the denoised image: the `posterior` mean; the `mean` before the noisy
    pixel itself is looked at; `auto`, the student's image if there is a student, else `posterior`.
    gamma: the factor of the noise's variance in the posterior mean.

    shuffle: the side of the cells whose pixels are dealt out to separate images while
    training, so that noise that is common to neighbours no longer is; 1 for none.  Above 1 the
    mean alone is learned, by its absolute error; likelihood=none does that without shuffling.
    shuffle_test: the same while denoising.  refine: how many times a random part of the result is
    replaced by noisy pixels and denoised unshuffled; the results are averaged.

    student: a network that learns from noisy images with the result of this one, and from clean
    images of other scenes with noise like theirs: Noise2Noise's U-Net, or the paper's MWCNN.
    """

    width: Annotated[int, Between(1, 1024)] = 32
    blocks: Annotated[int, Between(1, 100)] = 4
    hidden: Annotated[int, Between(1, 1024)] = 32
    likelihood: Literal["marginal", "constrained", "none"] = "marginal"
    reward: float = 0.1
    covariance: Literal["full", "diagonal"] = "full"
    start: float = 80.0
    result: Literal["auto", "posterior", "mean"] = "auto"
    gamma: Annotated[float, Between(1e-3, 1e3)] = 1.0
    student: Literal["none", "unet", "mwcnn"] = "none"
    shuffle: Annotated[int, Between(1, 16)] = 1
    shuffle_test: Annotated[int, Between(1, 16)] = 1
    refine: Annotated[int, Between(0, 100)] = 0

    @property
    def mean_alone(self) -> bool:
        """Whether nothing is learned but the mean."""
        return self.likelihood == "none" or self.shuffle > 1

    def __post_init__(self) -> None:
        refuse_unknown_words(self)
        for field in ("width", "blocks", "hidden"):
            if getattr(self, field) < 1:
                raise ValueError(f"{field}: {getattr(self, field)} is below 1")
        if not 0.5 <= self.start <= 255.0:
            raise ValueError(f"start: {self.start} is not within 0.5..255, 0-255 units")
        if not 0.0 < self.gamma < float("inf"):
            raise ValueError(f"gamma: {self.gamma} is not above 0; 1 is Bayes' rule")
        if not 0.0 <= self.reward <= 1.0:
            raise ValueError(f"reward: {self.reward} is not within 0..1; the paper's code has 0.1")
        if self.mean_alone and (self.student != "none" or self.result == "posterior"):
            raise ValueError("shuffle and likelihood=none: learn the mean alone, so no posterior")
        if not self.mean_alone and (self.shuffle_test > 1 or self.refine > 0):
            raise ValueError("shuffle_test and refine: need shuffle=2 or more, or likelihood=none")
