"""The page's plot of images: how far each method is from the best one, on each image of a set."""

import math
from collections.abc import Mapping, Sequence
from html import escape
from typing import NamedTuple

from denoisebench.scoring.marks import comparable_means
from denoisebench.scoring.paired import Difference, paired_difference
from denoisebench_reports.page.plots import axis_of_x, linear, svg, text

ROW_PX = 38
RADIUS_PX = 3.2

Scores = Mapping[str, float]
"""PSNR of each image, dB."""


class Spread(NamedTuple):
    """A method's PSNR less that of the best one.  of_image: dB, of images finite for both."""

    name: str
    of_image: Scores
    difference: Difference


def spreads(methods: Mapping[str, Scores]) -> tuple[str, list[Spread]]:
    """The best method by its mean, and how far all others are from it, the nearest first.

    None with fewer than two methods or fewer than two images to compare.
    """
    means = comparable_means(methods)
    if len(means) < 2:
        return "", []
    best = max(means, key=lambda name: means[name])
    found = []
    for name in sorted(means.keys() - {best}, key=lambda name: -means[name]):
        gaps = {i: methods[name][i] - methods[best].get(i, math.nan) for i in methods[name]}
        finite = {image: gap for image, gap in gaps.items() if math.isfinite(gap)}
        if len(finite) > 1:
            found.append(Spread(name, finite, paired_difference(methods[name], methods[best])))
    return best, found


def image_plot(best: str, rows: Sequence[Spread], width: int, kind: str) -> str:
    """A line for each method: a dot for each image, the mean and its 95 % interval."""
    height = ROW_PX * len(rows) + 44
    left, right, bottom = 8, width - 12, height - 40
    ends = [end for row in rows for end in (row.difference.low, row.difference.high)]
    gaps = [gap for row in rows for gap in row.of_image.values()]
    x = linear([*gaps, *ends, 0.0], left, right)
    parts = axis_of_x(x, 0, bottom)
    parts.append(f'<path class="zero" d="M{x(0.0)} 0V{bottom}"/>')
    parts.append(
        text((left + right) / 2, height - 6, f"PSNR less that of {best}, dB", "axis middle")
    )
    for number, row in enumerate(rows):
        middle = ROW_PX * number + 25
        parts.append(text(left, middle - 11, row.name, "label"))
        low, high, mean = (
            x(v) for v in (row.difference.low, row.difference.high, row.difference.mean)
        )
        parts.append(f'<path class="interval" d="M{low} {middle}H{high}"/>')
        parts += [
            f'<circle class="image" cx="{x(gap)}" cy="{middle}" r="{RADIUS_PX}">'
            f"<title>{escape(image)}: {_signed(gap)} dB</title></circle>"
            for image, gap in row.of_image.items()
        ]
        parts.append(f'<path class="mean" d="M{mean} {middle - 8}V{middle + 8}"/>')
    return svg(width, height, kind, _said(best, rows), parts)


def _said(best: str, rows: Sequence[Spread]) -> str:
    lines = [
        f"{row.name} {_signed(row.difference.mean)} dB, 95 % interval"
        f" {_signed(row.difference.low)} to {_signed(row.difference.high)}, images from"
        f" {_signed(min(row.of_image.values()))} to {_signed(max(row.of_image.values()))}"
        for row in rows
    ]
    return f"PSNR of each image less that of {best}. {'; '.join(lines)}."


def _signed(db: float) -> str:
    return f"{round(db, 2) + 0.0:+.2f}".replace("-", "−")
