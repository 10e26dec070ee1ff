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
OTHER_PROTOCOL = "other protocol"


def verdict(difference_db: float, less_trained: bool = False, other_protocol: bool = False) -> str:
    """`agrees`, `higher by 1.42 dB` or `lower by 0.51 dB`; empty for NaN.

    difference_db: ours − published, taken as it is printed, to two decimals.  A figure that is
    lower says so when ours is known to have been trained less, and any when ours is known to have
    been computed under another protocol than the published one.
    """
    if math.isnan(difference_db):
        return ""
    printed = round(difference_db, 2)
    reasons = [OTHER_PROTOCOL] if other_protocol else []
    if abs(printed) <= AGREES_WITHIN_DB:
        words = "agrees"
    elif printed > 0:
        words = f"higher by {printed:.2f} dB"
    else:
        words = f"lower by {-printed:.2f} dB"
        reasons = [TRAINED_LESS, *reasons] if less_trained else reasons
    return words + (f" ({', '.join(reasons)})" if reasons else "")


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
