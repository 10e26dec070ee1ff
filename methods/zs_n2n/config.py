"""Settings of ZS-N2N."""

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True, slots=True)
class Config:
    """steps: of Adam on each image.  crop: an image of more than crop² pixels is learned from in
    random crops of this side; a smaller one as a whole.
    """

    steps: int = 2000
    crop: int = 1024

    def __post_init__(self) -> None:
        if not 1 <= self.steps <= 1_000_000:
            raise ValueError(f"steps: {self.steps} must lie in 1..1000000")
        if not 8 <= self.crop <= 65_536:
            raise ValueError(f"crop: {self.crop} must lie in 8..65536")
