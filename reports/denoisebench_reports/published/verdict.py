"""The comparison of our figure with a published one, in words."""

import math
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from denoisebench.budgets import BUDGETS
from denoisebench.plugin import ORACLE_CHECKPOINT, PublishedFigure, without_spread
from denoisebench.results.summary import Summary
from denoisebench_reports.published.figures import Figures, Place

AGREES_WITHIN_DB = 0.1
ROUNDING_MPX = 0.5
"""A budget's label, such as `39322 Mpx`, may be this much off."""

AGREES, ABOVE, BELOW, NOT_COMPARABLE = "agrees", "above", "below", "not comparable"

TRAINED_LESS, TRAINED_MORE = "trained less", "trained more"
FRESH_THERE, FRESH_HERE = "fresh draws there", "fresh draws here"
OTHER_PROTOCOL, OTHER_IMAGES, OTHER_SPREAD = "other protocol", "other images", "other spread"

EXPLAIN_BELOW = (TRAINED_LESS, FRESH_THERE)
"""Possible reasons for ours to be below.  They explain nothing if ours is above."""
EXPLAIN_ABOVE = (TRAINED_MORE, FRESH_HERE)
EXPLAIN_BOTH = (OTHER_PROTOCOL, OTHER_IMAGES, OTHER_SPREAD)


@dataclass(frozen=True, slots=True)
class Comparison:
    """A published figure compared with ours."""

    figure: PublishedFigure
    diff_db: float
    """Ours − published."""
    verdict: str


def comparisons(line: Summary, published: Figures) -> list[Comparison]:
    """Every published figure of a line, next to ours, the suite's first source first; those of
    the same range with another spread last.  None for weights that an oracle picked, and for
    settings that no paper's method has."""
    if line.weights.endswith(ORACLE_CHECKPOINT):
        return []
    found = []
    place = (line.noise, line.parameters, line.dataset, line.method)
    for figure in (*published.get(place, ()), *_of_other_spreads(place, published)):
        diff_db = line.psnr_db - figure.psnr_db
        unlike = differences(figure, line.protocol, line.budget, line.draws)
        unlike += [OTHER_SPREAD] if figure.noise != line.noise else []
        found.append(Comparison(figure, diff_db, verdict(diff_db, unlike)))
    return found


def _of_other_spreads(place: Place, published: Figures) -> Iterator[PublishedFigure]:
    """The figures of a place whose levels are drawn from the same range in another way."""
    noise, *rest = place
    if ".." not in noise:  # only the levels of a range have a spread
        return
    for (theirs, *others), figures in published.items():
        if others == rest and theirs != noise and without_spread(theirs) == without_spread(noise):
            yield from figures


def verdict(difference_db: float, unlike: Sequence[str] = ()) -> str:
    """`agrees`, `above`, `below`, or `not comparable: trained less`; empty for NaN.

    difference_db: ours − published, taken as it is printed, to two decimals.  unlike: known
    differences in how the two figures were obtained (see `differences`); those that cannot explain
    a difference in this direction are ignored.
    """
    if math.isnan(difference_db):
        return ""
    printed = round(difference_db, 2)
    plain = AGREES if abs(printed) <= AGREES_WITHIN_DB else ABOVE if printed > 0 else BELOW
    one_way = {ABOVE: EXPLAIN_ABOVE, BELOW: EXPLAIN_BELOW, AGREES: ()}[plain]
    reasons = [reason for reason in unlike if reason in one_way or reason in EXPLAIN_BOTH]
    return f"{NOT_COMPARABLE}: {', '.join(reasons)}" if reasons else plain


def differences(figure: PublishedFigure, protocol: str, budget: str, draws: str) -> list[str]:
    """Known differences in how our figure and a published one were obtained.

    protocol, budget (`quick`, `1049 Mpx`), draws (`fixed`, ...): labels of our results. Facts that
    one side does not state are no difference.
    """
    ours_mpx, ours_draws = megapixels_of(budget), draws.partition(",")[0]
    known = {ours_draws, figure.draws} == {"fixed", "fresh"}
    is_so = {
        TRAINED_LESS: ours_mpx < figure.megapixels,
        TRAINED_MORE: ours_mpx > figure.megapixels + ROUNDING_MPX,
        FRESH_THERE: known and figure.draws == "fresh",
        FRESH_HERE: known and ours_draws == "fresh",
        OTHER_PROTOCOL: figure.protocol not in ("", protocol),
        OTHER_IMAGES: figure.images != "",
    }
    return [reason for reason, so in is_so.items() if so]


def megapixels_of(budget: str) -> float:
    """The length of the training by a result's label; NaN if the label does not tell it."""
    if budget in BUDGETS:
        return BUDGETS[budget].megapixels
    label = re.fullmatch(r"([\d.]+) Mpx", budget)
    return float(label[1]) if label else math.nan
