"""What can be set about the blind-spot denoiser."""

from dataclasses import dataclass

CHOICES = {
    "covariance": ("full", "diagonal", "none"),
    "level": ("auto", "global", "per-image"),
    "edges": ("repeat", "zero"),
}


@dataclass(frozen=True, kw_only=True, slots=True)
class Config:
    """covariance: of the clean pixel around its predicted mean μ; `none` predicts μ alone, by its
    distance to the noisy pixel, and gives μ as the denoised image.

    level: how a noise level that is not told is found: `global`, one number learned for all images;
    `per-image`, by a network of its own; `auto`, global where training has one level and per-image
    where it has a range.

    edges: what the networks see beyond the image: its nearest row or column again, or zeros, as the
    original does, which wants crops of 256.
    """

    covariance: str = "full"
    level: str = "auto"
    edges: str = "repeat"

    def __post_init__(self) -> None:
        for field, choices in CHOICES.items():
            asked = getattr(self, field)
            if asked not in choices:
                raise ValueError(f"{field}: {asked!r} is none of {', '.join(choices)}")
        if self.covariance == "none" and self.level != "auto":
            raise ValueError("level: covariance=none needs no noise level; leave level out")
