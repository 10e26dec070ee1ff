"""Settings of the blind-spot denoiser."""

from dataclasses import dataclass
from typing import Literal

from denoisebench.plugin import Task, refuse_unknown_words

MIXTURE = "impulse"
"""The family whose noisy pixels are a mixture, with a separate likelihood (see `impulse`)."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Config:
    """covariance: of the clean pixel around its predicted mean μ; `none` predicts μ alone, by its
    distance to the noisy pixel, and gives μ as the denoised image.

    level: how an unknown noise level is found: `global`, one number learned for all images;
    `per-image`, by a second network; `auto`, global where training has one level and per-image
    where it has a range.

    edges: what the networks see beyond the image: its nearest row or column again, or zeros, as the
    original does, which needs crops of 256.
    """

    covariance: Literal["full", "diagonal", "none"] = "full"
    level: Literal["auto", "global", "per-image"] = "auto"
    edges: Literal["repeat", "zero"] = "repeat"

    def __post_init__(self) -> None:
        refuse_unknown_words(self)
        if self.covariance == "none" and self.level != "auto":
            raise ValueError("level: covariance=none needs no noise level; leave level out")


def level_of(config: Config, task: Task) -> str:
    """The origin of the noise level: told (given), global or per-image; none if none is needed."""
    if config.covariance == "none":
        return "none"
    if task.parameters == "known":
        return "told"
    if config.level == "auto":
        return "per-image" if task.noise.is_range else "global"
    return config.level
