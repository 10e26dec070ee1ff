"""Settings of the deep image prior."""

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True, slots=True)
class Config:
    """steps: of Adam on each image, at most.  patience: stop after this number of steps in which
    the estimate has come no closer to the held-out pixels.
    """

    steps: int = 1000
    patience: int = 150

    def __post_init__(self) -> None:
        if not 1 <= self.steps <= 1_000_000:
            raise ValueError(f"steps: {self.steps} must lie in 1..1000000")
        if not 1 <= self.patience <= 1_000_000:
            raise ValueError(f"patience: {self.patience} must lie in 1..1000000")
