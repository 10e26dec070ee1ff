"""Learning-rate schedules and the decay of the weight average."""

import itertools
import math
from collections.abc import Callable, Mapping, Sequence

from denoisebench.plugin.method import Schedule, TrainingStep

WARM_UP = 0.02  # share of the steps
RAMP_UP, RAMP_DOWN = 0.1, 0.3  # shares of the steps


def cosine(step: int, steps: int, peak: float) -> float:
    """Linear warm-up over WARM_UP of the steps, then half a cosine down to zero."""
    warm = max(1, round(WARM_UP * steps))
    if step < warm:
        return peak * (step + 1) / warm
    return peak * 0.5 * (1.0 + math.cos(math.pi * (step - warm) / max(1, steps - warm)))


def ramps(step: int, steps: int, peak: float) -> float:
    """Half a cosine up over RAMP_UP of the steps, the peak, then half a cosine, squared, down to
    zero over RAMP_DOWN of them (Laine et al., NeurIPS 2019, their code).  It is 0 at step 0."""
    share = step / steps
    if share < RAMP_UP:
        return peak * (0.5 - 0.5 * math.cos(math.pi * share / RAMP_UP))
    down = max(0.0, share - (1.0 - RAMP_DOWN)) / RAMP_DOWN
    return peak * (0.5 + 0.5 * math.cos(math.pi * down)) ** 2


RATES: Mapping[Schedule, Callable[[int, int, float], float]] = {"cosine": cosine, "ramps": ramps}


def learning_rate_at(step: int, steps: int, peak: float, schedule: Schedule = "cosine") -> float:
    """Adam's rate at a step, from 0, of a training of `steps` steps."""
    return RATES[schedule](step, steps, peak)


def ema_decay_at(step: int, steps: int, share: float) -> float:
    """The decay of the weight average: its horizon is `share` of the steps, less at the start."""
    horizon = min(share * steps, (step + 10) / 9)
    return 1.0 - 1.0 / max(1.0, horizon)


def moment_at(
    step: int, steps: int, patches_per_step: int, stages: Sequence[float]
) -> TrainingStep:
    """Map a global step, from 0, to a stage and the step within it.

    stages: each stage's share of all steps.
    """
    ends = [round(share * steps) for share in itertools.accumulate(stages)]
    ends[-1] = steps
    stage = next(k for k, end in enumerate(ends) if step < end)
    first = ends[stage - 1] if stage else 0
    return TrainingStep(step - first, ends[stage] - first, patches_per_step, stage)
