"""The curves of a sweep as a figure: PNG or SVG, the same bytes for the same curves.

A column per image set: PSNR above, and below it the error of the estimated levels where there
are any.  Bands are 95 % t-intervals of the mean over images.
"""

import math
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from denoisebench.figures.style import COLOURS, DASHES, LEGEND_LINE_INCHES, write_figure
from denoisebench.sweeps.curves import Axis, Curve, Point, common, words

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from matplotlib.lines import Line2D

WIDTH_INCHES, PSNR_INCHES, ERROR_INCHES = 5.4, 3.6, 2.0
"""Width of a panel, and heights."""

NOISY_COLOUR = "#777777"
MOST_CHARACTERS = 40
"""The width of all numbers of the axis together, above which they are turned."""

Values = Callable[[Point], tuple[float, float]]
"""The drawn part of a point: a mean and half of its interval."""


def draw_sweep(curves: Sequence[Curve], axis: Axis, out: Path, *, option: str) -> None:
    """Draw the curves and write the figure to `out`, a PNG or SVG by its name.

    option: by which the file was asked for.  Raises UserError when `out` cannot be written.
    """
    write_figure(lambda: _figure(curves, axis), out, option=option)


def _figure(curves: Sequence[Curve], axis: Axis) -> "Figure":
    from matplotlib.figure import Figure

    labels = [", ".join(words(curve, curves)) for curve in curves]
    looks = {label: number for number, label in enumerate(dict.fromkeys(labels))}
    datasets = list(dict.fromkeys(curve.series.dataset for curve in curves))
    heights = [PSNR_INCHES, *([ERROR_INCHES] if any(curve.errors for curve in curves) else [])]
    beneath = LEGEND_LINE_INCHES * (len(looks) + 2)
    figure = Figure(
        figsize=(WIDTH_INCHES * len(datasets), sum(heights) + beneath), layout="constrained"
    )
    panels = figure.subplots(
        len(heights), len(datasets), squeeze=False, sharex=True, height_ratios=heights
    )
    for column, dataset in zip(panels.T, datasets, strict=True):
        shown = [
            (curve, label, looks[label])
            for curve, label in zip(curves, labels, strict=True)
            if curve.series.dataset == dataset
        ]
        column[0].set(title=dataset, ylabel="PSNR (dB)")
        _draw_noisy(column[0], [curve for curve, _, _ in shown], axis)
        for curve, label, look in shown:
            _draw(column[0], curve, axis, label, look, lambda p: (p.psnr_db, p.half_db))
            for panel in column[1:]:
                _draw(panel, curve, axis, label, look, _percent)
        for panel in column[1:]:
            panel.axhline(0.0, color=NOISY_COLOUR, linewidth=0.8)
            panel.set(ylabel="error of the\nestimated level (%)")
        for panel in column:
            _set_axis(panel, axis)
        column[-1].set_xlabel(axis.title, fontsize="small")
    figure.suptitle(common(curves), fontsize="medium")
    entries = {label: line for panel in panels[0] for line, label in _legend(panel)}
    figure.legend(
        [*entries.values()], [*entries], loc="outside lower center", frameon=False, fontsize="small"
    )
    return figure


def _percent(point: Point) -> tuple[float, float]:
    return 100.0 * point.error, 100.0 * point.error_half


def _draw_noisy(panel: "Axes", curves: Sequence[Curve], axis: Axis) -> None:
    """The noisy images' PSNR, of whichever curve has it."""
    at_each = zip(*(curve.points for curve in curves), strict=True)
    firsts = [next((point for point in points if point), None) for points in at_each]
    values = [point.noisy_psnr_db if point else math.nan for point in firsts]
    where, values = _in_order(axis, values)
    panel.plot(where, values, color=NOISY_COLOUR, linestyle=":", linewidth=1.3, label="noisy")


def _draw(panel: "Axes", curve: Curve, axis: Axis, label: str, look: int, values: Values) -> None:
    """One curve and its band, and where on the axis it was trained."""
    colour = COLOURS[look % len(COLOURS)]
    pairs = [values(point) if point else (math.nan, math.nan) for point in curve.points]
    where, means = _in_order(axis, [mean for mean, _ in pairs])
    _, split_in_halves = _in_order(axis, [half for _, half in pairs])
    panel.plot(
        where,
        means,
        color=colour,
        linestyle=DASHES[look // len(COLOURS) % len(DASHES)],
        marker="o",
        markersize=3,
        linewidth=1.3,
        label=label,
    )
    low = [mean - half for mean, half in zip(means, split_in_halves, strict=True)]
    high = [mean + half for mean, half in zip(means, split_in_halves, strict=True)]
    panel.fill_between(where, low, high, color=colour, alpha=0.12, linewidth=0)
    level = axis.trained_at(curve.series)
    if level is not None:
        panel.axvline(level, color=colour, linestyle="--", linewidth=0.8, alpha=0.6)


def _in_order(axis: Axis, values: Sequence[float]) -> tuple[list[float], list[float]]:
    """The places on the axis from left to right, and the values there."""
    pairs = sorted(zip(axis.values, values, strict=True), key=lambda pair: pair[0])
    return [place for place, _ in pairs], [value for _, value in pairs]


def _set_axis(panel: "Axes", axis: Axis) -> None:
    if axis.logarithmic:
        panel.set_xscale("log")
    turned = 35.0 if sum(map(len, axis.texts)) > MOST_CHARACTERS else 0.0
    panel.set_xticks(axis.values, axis.texts)
    panel.minorticks_off()
    panel.tick_params(axis="x", labelrotation=turned, labelsize="small")
    panel.grid(visible=True, alpha=0.25)


def _legend(panel: "Axes") -> list[tuple["Line2D", str]]:
    lines = [line for line in panel.get_lines() if not str(line.get_label()).startswith("_")]
    return [(line, str(line.get_label())) for line in lines]
