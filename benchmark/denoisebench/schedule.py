"""How a training's rate and the average of its weights go with the steps."""

import math

WARM_UP = 0.02  # share of the steps
EMA_SHARE = 0.01  # the average looks back over this share of the steps


def learning_rate_at(step: int, steps: int, peak: float) -> float:
    """Linear warm-up over WARM_UP of the steps, then half a cosine down to zero."""
    warm = max(1, round(WARM_UP * steps))
    if step < warm:
        return peak * (step + 1) / warm
    return peak * 0.5 * (1.0 + math.cos(math.pi * (step - warm) / max(1, steps - warm)))


def ema_decay_at(step: int, steps: int) -> float:
    """The average's decay: a horizon of EMA_SHARE of the steps, shorter at the start."""
    horizon = min(EMA_SHARE * steps, (step + 10) / 9)
    return 1.0 - 1.0 / max(1.0, horizon)
