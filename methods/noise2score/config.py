"""Settings of Noise2Score."""

from dataclasses import dataclass
from typing import Literal, Protocol, runtime_checkable

from denoisebench.nn import refuse_unknown_network
from denoisebench.plugin import refuse_unknown_words

ESTIMATES = {
    "penalty": ("gaussian", "poisson", "gamma"),
    "closed-form": ("gaussian", "poisson", "gamma"),
    "unsure": ("gaussian", "correlated", "multivariate-gaussian"),
}
"""The families whose level each of these ways can estimate."""


@runtime_checkable
class Detector(Protocol):
    """A family whose level is the gain g.  read_255: r in 0-255 units; offset: o in [0, 1]."""

    read_255: float
    offset: float


@dataclass(frozen=True, kw_only=True, slots=True)
class Config:
    """probe: the pair ±u, or a single draw as in the papers.

    schedule: how the probe's size falls: `geometric` from probe_start to probe_end, in units of
    the noise (0: as the coordinate has it); `paper`, `sawtooth` (the paper's code), `mixed` (its
    successor's) as published.  probe_start, probe_end: the size at both ends of `geometric`.

    coordinate: where the score is learned: `own`, the family's (see `coordinates`, and
    `covariance_coordinate` for noise with a covariance matrix), or `identity`, y itself.  `raw` is
    y itself (counts for Poisson noise) with the network's input and output as they are, for which
    the official weights are.

    network: one of the shelf (see docs/networks.md); the official weights are of `unet-shared`.

    estimate: how an unknown level is found; of denoising alone.
    """

    probe: Literal["paired", "single"] = "paired"
    schedule: Literal["geometric", "paper", "sawtooth", "mixed"] = "geometric"
    probe_start: float = 0.0
    probe_end: float = 0.0
    coordinate: Literal["own", "identity", "raw"] = "own"
    network: str = "unet"
    estimate: Literal["patches", "penalty", "closed-form", "unsure"] = "patches"

    def __post_init__(self) -> None:
        refuse_unknown_words(self)
        refuse_unknown_network(self.network)
        start, end = self.probe_start, self.probe_end
        if not (start == end == 0.0 or 0.0 < end <= start <= 10.0):
            raise ValueError(
                f"probe_end: {end:g} must be above 0 and not above probe_start ({start:g}),"
                " which must not be above 10; or leave both out"
            )
        if start and self.schedule != "geometric":
            raise ValueError(f"probe_start: the schedule {self.schedule} has its own sizes")
