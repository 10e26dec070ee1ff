"""Cautions before believing a row of a table: images that are in no mean, and methods that all
leave the image worse than it was."""

import math
from collections.abc import Iterable, Sequence

from denoisebench.scoring.marks import comparable_means
from denoisebench_reports.tables.columns import is_baseline
from denoisebench_reports.tables.ranked import Cells, ranked

EXACT = "reproduced exactly (infinite PSNR)"
UNKNOWN = "whose noise level cannot be told"

NAMED = 3
"""The largest number of images that are named; above it, their number is given."""


def cautions(rows: Iterable[Cells]) -> list[str]:
    """A sentence for each.  rows: the cells of each data set under one noise."""
    rows = list(rows)
    found = [note for cells in rows for note in _left_out(cells)]
    beaten = [_where(cells) for cells in rows if noisy_wins(cells)]
    if beaten:
        found.append(
            f"The noisy image has a higher PSNR than every ranked method: {', '.join(beaten)}."
        )
    return found


def noisy_wins(cells: Cells) -> bool:
    """Whether the noisy image, as it is printed, has a higher PSNR than each ranked method."""
    baseline = [line.psnr_of_image for line in cells.values() if is_baseline(line)]
    noisy = baseline[0] if baseline else next(iter(cells.values())).noisy_psnr_of_image
    lines = [line for group in ranked(cells).values() for line in group.values()]
    methods = {place: line.psnr_of_image for place, line in enumerate(lines)}
    means = comparable_means({-1: noisy, **methods})
    noisy_db = means.pop(-1, math.nan)
    return bool(means) and round(noisy_db, 2) > round(max(means.values()), 2)


def _where(cells: Cells) -> str:
    line = next(iter(cells.values()))
    return f"{line.dataset} {line.noise}"


def _left_out(cells: Cells) -> list[str]:
    """The images that are in no mean, with the columns they are missing from."""
    first = next(iter(cells.values()))
    columns = {column.name: line.psnr_of_image for column, line in cells.items()}
    found: dict[tuple[str, tuple[str, ...]], list[str]] = {}
    for name, psnr_db in {"noisy": first.noisy_psnr_of_image, **columns}.items():
        exact = tuple(image for image, value in psnr_db.items() if math.isinf(value))
        unknown = tuple(image for image, value in psnr_db.items() if math.isnan(value))
        for what, images in ((EXACT, exact), (UNKNOWN, unknown)):
            if images:
                found.setdefault((what, images), []).append(name)
    return [
        f"{_where(cells)}, {', '.join(names)}: {len(images)} of {first.images} images left out of"
        f" the mean, {what}: {_named(images)}."
        for (what, images), names in found.items()
    ]


def _named(images: Sequence[str]) -> str:
    more = len(images) - NAMED
    return ", ".join(images[:NAMED]) + (f" and {more} more" if more > 0 else "")
