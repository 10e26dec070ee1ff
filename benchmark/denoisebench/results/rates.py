"""How fast methods were, by stored results."""

from collections import defaultdict
from collections.abc import Iterable

from denoisebench.results.records import CellResult


def measured_rates(results: Iterable[CellResult]) -> dict[str, float]:
    """Seconds a megapixel that each method took, by its name in results."""
    sums: dict[str, list[float]] = defaultdict(lambda: [0.0, 0.0])
    for result in results:
        for score in result.scores:
            sums[result.method][0] += score.denoise_s
            sums[result.method][1] += score.megapixels
    return {method: s / mpx for method, (s, mpx) in sums.items() if s and mpx}
