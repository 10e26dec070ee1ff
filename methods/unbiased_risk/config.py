"""Settings of `sure`, `unsure` and `pure`."""

from dataclasses import dataclass
from typing import Annotated, Literal

from denoisebench.nn import refuse_unknown_network
from denoisebench.plugin import Between, refuse_unknown_words

SMALLEST_PROBE, LARGEST_PROBE = 1e-3, 1.0
"""Below, float32 rounding shows in the difference; above, the probe is larger than the noise."""
PROBE_COUNTS = 0.1
STRIDE, LARGEST_STRIDE = 4, 32


def _refuse_probe(epsilon: float, unit: str) -> None:
    if not SMALLEST_PROBE <= epsilon <= LARGEST_PROBE:
        low, high = SMALLEST_PROBE, LARGEST_PROBE
        raise ValueError(f"epsilon: {epsilon:g} {unit} must lie in {low:g}..{high:g}")


@dataclass(frozen=True, kw_only=True, slots=True)
class SureConfig:
    """epsilon: the size of the probe, in standard deviations of the noise.

    network: one of the shelf (see `denoisebench.nn.shelf`).
    """

    epsilon: float = 0.036
    network: str = "unet"

    def __post_init__(self) -> None:
        _refuse_probe(self.epsilon, "standard deviations of the noise")
        refuse_unknown_network(self.network)


@dataclass(frozen=True, kw_only=True, slots=True)
class UnsureConfig:
    """epsilon: the size of the probe, in units of √η, which stands for the noise's standard
    deviation.

    step: of the ascent of √η at first, see `unsure.risen`.

    network: one of the shelf (see `denoisebench.nn.shelf`).
    """

    epsilon: float = 0.036
    step: Annotated[float, Between(1e-4, 1.0)] = 0.005
    network: str = "unet"

    def __post_init__(self) -> None:
        _refuse_probe(self.epsilon, "units of √η")
        refuse_unknown_words(self)
        refuse_unknown_network(self.network)


@dataclass(frozen=True, kw_only=True, slots=True)
class PureConfig:
    """estimator: `sparse` takes whole counts off a random grid of pixels; `first-order` is the
    published one, by derivatives.

    stride: of the grid, in pixels (`sparse`).  epsilon: the size of the probe, in counts
    (`first-order`).

    network: one of the shelf (see `denoisebench.nn.shelf`).
    """

    estimator: Literal["sparse", "first-order"] = "sparse"
    stride: int = STRIDE
    epsilon: float = PROBE_COUNTS
    network: str = "unet"

    def __post_init__(self) -> None:
        refuse_unknown_words(self)
        refuse_unknown_network(self.network)
        if not 1 <= self.stride <= LARGEST_STRIDE:
            raise ValueError(f"stride: {self.stride} px must lie in 1..{LARGEST_STRIDE}")
        _refuse_probe(self.epsilon, "counts")
        if self.estimator == "sparse" and self.epsilon != PROBE_COUNTS:
            raise ValueError("epsilon: estimator=sparse steps by whole counts; leave epsilon out")
        if self.estimator == "first-order" and self.stride != STRIDE:
            raise ValueError("stride: estimator=first-order probes every pixel; leave stride out")
