"""What our figure says beside a published one, in words."""

import csv
import math
import re
from collections.abc import Mapping
from functools import cache
from importlib.resources import files

from denoisebench.budgets import BUDGETS

AGREES_WITHIN_DB = 0.1
TRAINED_LESS = "trained less"


def verdict(difference_db: float, less_trained: bool = False) -> str:
    """`agrees`, `higher by 1.42 dB` or `lower by 0.51 dB`; empty for NaN.

    difference_db: ours − published, taken as it is printed, to two decimals.  A figure that is
    lower says so when ours is known to have been trained less.
    """
    if math.isnan(difference_db):
        return ""
    printed = round(difference_db, 2)
    if abs(printed) <= AGREES_WITHIN_DB:
        return "agrees"
    if printed > 0:
        return f"higher by {printed:.2f} dB"
    return f"lower by {-printed:.2f} dB" + (f" ({TRAINED_LESS})" if less_trained else "")


def trained_less(budget: str, source: str, method: str) -> bool:
    """Whether we know that ours saw fewer pixels in training than the published network.

    budget: a row's label, such as `quick` or `1049 Mpx`.  False where either size is not known.
    """
    theirs = _published_mpx().get((source, method), math.nan)
    return _megapixels(budget) < theirs


def _megapixels(budget: str) -> float:
    if budget in BUDGETS:
        return BUDGETS[budget].megapixels
    label = re.fullmatch(r"(\d+) Mpx", budget)
    return float(label[1]) if label else math.nan


@cache
def _published_mpx() -> Mapping[tuple[str, str], float]:
    """Megapixels of training by source and method, from trainings.csv."""
    text = (files("denoisebench_reports") / "trainings.csv").read_text(encoding="utf-8")
    rows = csv.DictReader(line for line in text.splitlines() if not line.startswith("#"))
    return {(row["source"], row["method"]): float(row["megapixels"]) for row in rows}
