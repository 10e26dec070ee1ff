"""How large the probe is: the schedules of Noise2Score, of its code, of its successor, and ours.

The published ones are lengths along y in [0, 1], or Poisson counts (the successor's are lengths for
Poisson noise too); ours is in units of the noise (see `coordinates`): it serves every level.
"""

from dataclasses import dataclass

import torch
from torch import Tensor

from denoisebench.plugin import TrainingStep

EPOCH = 24_000
"""Patches in an epoch of Noise2Score's code: 1,200 images, 20 times each."""
RAMP = 22_000
"""Patches after which its saw-tooth, and its successor's list of sizes, end."""


@dataclass(frozen=True, slots=True)
class Span:
    """The largest and the smallest probe."""

    start: float
    end: float


PAPER, PAPER_COUNTS = Span(0.1, 0.001), Span(1.0, 0.05)
CODE, CODE_COUNTS = Span(0.05, 0.001), Span(1.0, 0.5)
SUCCESSOR, SUCCESSOR_POISSON = Span(0.1, 0.001), Span(0.1, 0.03)


def geometric(span: Span, moment: TrainingStep) -> float:
    """Ours: from start to end by the same factor at every step, over the whole training."""
    return float(span.start * (span.end / span.start) ** moment.share)


def linear(span: Span, moment: TrainingStep) -> float:
    """The paper's: from start to end in equal steps, over the whole training."""
    return span.start + (span.end - span.start) * moment.share


def sawtooth(span: Span, moment: TrainingStep) -> float:
    """The released code's: σ_a = start·(1 − p) + end·p, p = min((c + 1)/22000, 1), c being the
    patches seen in this epoch of 24,000; it starts anew with every epoch."""
    seen = (moment.patches - 1) % EPOCH + 1
    p = min((seen + 1) / RAMP, 1.0)
    return span.start * (1.0 - p) + span.end * p


def mixed(span: Span, count: int, rng: torch.Generator) -> Tensor:
    """NoiseAdaptive2Score's: for each patch one of 22,000 sizes, evenly spaced in their logarithm,
    at random and from the first step on.  Returns (count, 1, 1, 1)."""
    place = torch.randint(RAMP, (count, 1, 1, 1), generator=rng, device=rng.device)
    return span.start * (span.end / span.start) ** (place / (RAMP - 1))
