"""From the scores of images to ranks of methods, and how far two rankings agree."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import stats

from denoisebench.ranking.records import RankedMethod
from denoisebench.scoring.marks import comparable_means, tied_with_best
from denoisebench.scoring.statistics import finite_mean, mean_of

Array = npt.NDArray[np.float64]

SCORES = ("masked_error", "whiteness", "sure")
"""Least for the best."""

TRUTH = "psnr_db"
"""Greatest for the best."""

FEWEST_METHODS = 3
"""The fewest methods whose two rankings are compared."""


@dataclass(frozen=True, slots=True)
class Standing:
    """The place of one method by one score.

    mean: over the images whose score is finite, `images` of them; half_interval: half its 95 %
    t-interval.  rank: 1 is best, over the images that all methods have a score of; None without
    one.  tied: with the best, as `scoring.marks` has it.
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
    names = [image.image for image in ranked[0].images]
    most_is_best = {
        place: dict(zip(names, (_signed(score) * row).tolist(), strict=True))
        for place, row in enumerate(values)
    }
    compared = comparable_means(most_is_best)
    order = sorted(compared, key=lambda place: -compared[place])
    tied = tied_with_best(most_is_best)
    means = [mean_of(row) for row in values]
    return [
        Standing(
            method=of.method,
            score=score,
            mean=mean.value,
            half_interval=mean.half_interval,
            images=mean.count,
            rank=order.index(place) + 1 if place in order else None,
            tied=place in tied,
        )
        for place, (of, mean) in enumerate(zip(ranked, means, strict=True))
    ]


def winner(ranked: Sequence[RankedMethod]) -> tuple[str, str] | None:
    """The best method of one image set, and the score that says so: SURE where there is one, else
    the masked error; None where no method has either."""
    for score in ("sure", "masked_error"):
        for standing in standings(ranked, score):
            if standing.rank == 1:
                return standing.method, score
    return None


def agreement(ranked: Sequence[RankedMethod], score: str) -> Agreement | None:
    """How far a score's ranking of the methods of one set is that by PSNR.

    None when fewer than `FEWEST_METHODS` methods have both.
    """
    scores, truth = _values(ranked, score), _values(ranked, TRUTH)
    both = [i for i in range(len(ranked)) if mean_of(scores[i]).count and mean_of(truth[i]).count]
    if len(both) < FEWEST_METHODS:
        return None
    scores, truth = -scores[both], truth[both]
    mean_scores, mean_truth = (np.array([finite_mean(row) for row in x]) for x in (scores, truth))
    within = mean_of(spearman(s, t) for s, t in zip(scores.T, truth.T, strict=True))
    first = int(np.argmax(mean_scores))
    return Agreement(
        score=score,
        methods=len(both),
        spearman=spearman(mean_scores, mean_truth),
        kendall=kendall(mean_scores, mean_truth),
        spearman_image=within.value,
        half_interval=within.half_interval,
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
