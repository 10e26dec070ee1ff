"""From the scores of images to ranks of methods, and how far two rankings agree."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import stats

from denoisebench.ranking.records import RankedMethod
from denoisebench.scoring.statistics import half_interval

Array = npt.NDArray[np.float64]

SCORES = ("masked_error", "whiteness", "sure")
"""Least for the best."""

TRUTH = "psnr_db"
"""Greatest for the best."""

FEWEST_METHODS = 3
"""Of which two rankings are compared."""


@dataclass(frozen=True, slots=True)
class Standing:
    """The place of one method by one score.

    mean: over the images that have the score, `images` of them; half_interval: half its 95 %
    t-interval.  rank: 1 is best; None without a score.  tied: whether the paired interval of the
    difference to the method ranked before holds 0.
    """

    method: str
    score: str
    mean: float
    half_interval: float
    images: int
    rank: int | None
    tied: bool


@dataclass(frozen=True, slots=True)
class Agreement:
    """How far the ranking by a score is that by PSNR; 1: the same, 0: unrelated, -1: reversed.

    spearman, kendall: of the means over images, as `methods` methods have them.  spearman_image:
    the mean over images of the same within each, ± half its 95 % t-interval.  first: the method
    ranked first, and how far its PSNR is below that of the best.
    """

    score: str
    methods: int
    spearman: float
    kendall: float
    spearman_image: float
    half_interval: float
    first: str
    first_loses_db: float


def standings(ranked: Sequence[RankedMethod], score: str) -> list[Standing]:
    """The methods of one image set by one score, in the order they are given."""
    values = _values(ranked, score)
    means = np.array([_mean(row) for row in values])
    order = [int(i) for i in np.argsort(-_signed(score) * means, kind="stable")]
    order = [i for i in order if not math.isnan(means[i])]
    ahead = dict(zip(order[1:], order, strict=False))
    return [
        Standing(
            method=of.method,
            score=score,
            mean=float(means[i]),
            half_interval=half_interval(row[np.isfinite(row)]),
            images=int(np.isfinite(row).sum()),
            rank=order.index(i) + 1 if i in order else None,
            tied=i in ahead and _no_difference(row - values[ahead[i]]),
        )
        for i, (of, row) in enumerate(zip(ranked, values, strict=True))
    ]


def agreement(ranked: Sequence[RankedMethod], score: str) -> Agreement | None:
    """How far a score's ranking of the methods of one set is that by PSNR.

    None when fewer than `FEWEST_METHODS` methods have both.
    """
    scores, truth = _values(ranked, score), _values(ranked, TRUTH)
    both = [i for i in range(len(ranked)) if not math.isnan(_mean(scores[i]) + _mean(truth[i]))]
    if len(both) < FEWEST_METHODS:
        return None
    scores, truth = -scores[both], truth[both]
    mean_scores, mean_truth = (np.array([_mean(row) for row in x]) for x in (scores, truth))
    within = np.array([spearman(s, t) for s, t in zip(scores.T, truth.T, strict=True)])
    within = within[np.isfinite(within)]
    first = int(np.argmax(mean_scores))
    return Agreement(
        score=score,
        methods=len(both),
        spearman=spearman(mean_scores, mean_truth),
        kendall=kendall(mean_scores, mean_truth),
        spearman_image=_mean(within),
        half_interval=half_interval(within),
        first=ranked[both[first]].method,
        first_loses_db=float(mean_truth.max() - mean_truth[first]),
    )


def spearman(x: Array, y: Array) -> float:
    """Spearman's ρ; NaN where either is constant or holds a NaN."""
    return math.nan if _unranked(x, y) else float(stats.spearmanr(x, y).statistic)


def kendall(x: Array, y: Array) -> float:
    """Kendall's τ-b; NaN where either is constant or holds a NaN."""
    return math.nan if _unranked(x, y) else float(stats.kendalltau(x, y).statistic)


def _unranked(x: Array, y: Array) -> bool:
    return bool(np.isnan(x).any() or np.isnan(y).any() or np.ptp(x) == 0.0 or np.ptp(y) == 0.0)


def _signed(score: str) -> float:
    """1 where more is better, -1 where less is."""
    return 1.0 if score == TRUTH else -1.0


def _values(ranked: Sequence[RankedMethod], score: str) -> Array:
    """(methods, images); NaN for a score that is not to be had."""
    return np.array([[getattr(i, score) for i in of.images] for of in ranked], dtype=np.float64)


def _mean(row: Array) -> float:
    """The mean of the finite numbers; NaN without any."""
    there = row[np.isfinite(row)]
    return float(there.mean()) if there.size else math.nan


def _no_difference(difference: Array) -> bool:
    """Whether the interval of the mean difference holds 0.  Of one image nothing is known."""
    there = difference[np.isfinite(difference)]
    return len(there) < 2 or abs(float(there.mean())) <= half_interval(there)
