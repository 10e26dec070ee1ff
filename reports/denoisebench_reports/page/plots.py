"""Plots of a page, as SVG: quality against cost, and training curves.

Colours are left to the page's style sheet, by classes, so that they follow light and dark.
"""

import math
from collections.abc import Sequence
from html import escape
from itertools import pairwise
from typing import NamedTuple

WIDE_PX, NARROW_PX = 720, 340
"""Widths of a plot: on a wide screen, and on a phone's."""

LINE_PX = 15.0
"""The least distance between the feet of two labels."""


class Point(NamedTuple):
    """A method's place in the plot of quality against cost."""

    name: str
    seconds: float
    """Per megapixel."""
    psnr_db: float


class Curve(NamedTuple):
    """A line of a small plot: its class in the style sheet, and its points."""

    kind: str
    x: Sequence[float]
    y: Sequence[float]


class Scale(NamedTuple):
    """From [low, high] to [start, end], in pixels."""

    low: float
    high: float
    start: float
    end: float

    def __call__(self, value: float) -> float:
        share = (value - self.low) / (self.high - self.low)
        return round(self.start + share * (self.end - self.start), 1)


def pareto_front(points: Sequence[Point]) -> list[Point]:
    """Those that no other beats: none is as quick and better, or quicker and as good.

    From the quickest to the slowest, so from the lowest PSNR to the highest.
    """
    front: list[Point] = []
    for point in sorted(points, key=lambda point: (point.seconds, -point.psnr_db)):
        if not front or point.psnr_db > front[-1].psnr_db:
            front.append(point)
    return front


def cost_plot(points: Sequence[Point], width: int, kind: str) -> str:
    """PSNR over seconds per megapixel, logarithmic, with the Pareto front.

    points: at least one; seconds above 0, PSNRs finite.  width: in pixels.  kind: its class.
    """
    height = round(min(360, 200 + width / 5))
    left, right, top, bottom = 46, width - 16, 18, height - 44
    x = _logarithmic([point.seconds for point in points], left, right)
    y = linear([point.psnr_db for point in points], bottom, top)
    front = pareto_front(points)
    parts = [*_y_axis(y, left, right), *_decades(x, top, bottom)]
    parts.append(text((left + right) / 2, height - 6, "seconds per megapixel", "axis middle"))
    parts.append(text(left, top - 6, "PSNR (dB)", "axis"))
    parts.append(f'<path class="front" d="{_staircase(front, x, y)}"/>')
    labels = _baselines([y(point.psnr_db) for point in points])
    for point, label in zip(points, labels, strict=True):
        spot = (x(math.log10(point.seconds)), y(point.psnr_db))
        on_left = spot[0] > left + 0.6 * (right - left)
        on_front = " on-front" if point in front else ""
        parts.append(f'<circle class="point{on_front}" cx="{spot[0]}" cy="{spot[1]}" r="4.5"/>')
        shift, anchor = (-4, " end") if on_left else (4, "")
        parts.append(text(spot[0] + shift, label, point.name, f"label{on_front}{anchor}"))
    said = ", ".join(
        f"{point.name} {point.psnr_db:.2f} dB at {point.seconds:.3g} s" for point in points
    )
    names = ", ".join(point.name for point in front)
    alt = f"PSNR against seconds per megapixel: {said}. On the Pareto front: {names}."
    return svg(width, height, kind, alt, parts)


def curve_plot(curves: Sequence[Curve], alt: str, *, logarithmic: bool) -> str:
    """A small plot of curves over megapixels.  logarithmic: the vertical axis; all y above 0."""
    width, height = 330, 190
    left, right, top, bottom = 52, width - 8, 10, height - 40
    places = [place for curve in curves for place in curve.x]
    values = [value for curve in curves for value in curve.y]
    if logarithmic:
        values = [math.log10(value) for value in values]
    x, y = linear(places, left, right, from_zero=True), linear(values, bottom, top)
    parts = _y_axis(y, left, right, power=logarithmic)
    parts += _numbers(x, bottom)
    parts.append(text((left + right) / 2, height - 4, "megapixels trained on", "axis middle"))
    for curve in curves:
        heights = [math.log10(value) if logarithmic else value for value in curve.y]
        spots = " ".join(f"{x(a)},{y(b)}" for a, b in zip(curve.x, heights, strict=True))
        parts.append(f'<polyline class="curve {curve.kind}" points="{spots}"/>')
    return svg(width, height, "curves", alt, parts)


def _numbers(x: Scale, bottom: float) -> list[str]:
    """The numbers below a horizontal axis."""
    ticks = _ticks(x.low, x.high, 4)
    return [text(x(value), bottom + 16, f"{value:g}", "axis middle") for value in ticks]


def axis_of_x(x: Scale, top: float, bottom: float) -> list[str]:
    """Lines down with their numbers."""
    ticks = _ticks(x.low, x.high, 4)
    lines = [f'<path class="grid" d="M{x(value)} {top}V{bottom}"/>' for value in ticks]
    return [*lines, *_numbers(x, bottom)]


def svg(width: int, height: int, kind: str, alt: str, parts: Sequence[str]) -> str:
    """A picture of these parts, with its words for those who do not see it."""
    head = f'<svg class="plot {kind}" viewBox="0 0 {width} {height}" width="{width}"'
    return f'{head} role="img" aria-label="{escape(alt)}">{"".join(parts)}</svg>'


def text(x: float, y: float, words: str, kind: str) -> str:
    """Words at a place; kind: their class."""
    return f'<text class="{kind}" x="{round(x, 1)}" y="{round(y, 1)}">{escape(words)}</text>'


def _y_axis(y: Scale, left: float, right: float, *, power: bool = False) -> list[str]:
    """Lines across with their numbers.  power: the scale is of decimal logarithms."""
    parts = []
    for value in _ticks(y.low, y.high, 5):
        height = y(value)
        parts.append(f'<path class="grid" d="M{left} {height}H{right}"/>')
        number = f"{10**value:.2g}" if power else f"{value:.6g}"
        parts.append(text(left - 6, height + 4, number, "axis end"))
    return parts


def _decades(x: Scale, top: float, bottom: float) -> list[str]:
    """Lines at each power of ten, with a number at 1, 2, 5, 10, … where there is room."""
    span = x.high - x.low
    steps = (1, 2, 5) if span < 2.2 else (1,)
    parts = []
    for decade in range(math.floor(x.low), math.ceil(x.high) + 1):
        for step in steps:
            place = decade + math.log10(step)
            if x.low - 1e-9 <= place <= x.high + 1e-9:
                parts.append(f'<path class="grid" d="M{x(place)} {top}V{bottom}"/>')
                number = f"{step * 10.0**decade:g}"
                parts.append(text(x(place), bottom + 16, number, "axis middle"))
    return parts


def _staircase(front: Sequence[Point], x: Scale, y: Scale) -> str:
    """The edge of what is reached: from each point of the front to the right, then up."""
    first, *others = front
    steps = [f"M{x(math.log10(first.seconds))} {y(first.psnr_db)}"]
    steps += [f"H{x(math.log10(point.seconds))}V{y(point.psnr_db)}" for point in others]
    return "".join([*steps, f"H{x.end}"])


def _logarithmic(values: Sequence[float], start: float, end: float) -> Scale:
    """Around the decimal logarithms of values, half a decade wide at least."""
    low, high = math.log10(min(values)), math.log10(max(values))
    margin = max(0.25, 0.08 * (high - low))
    return Scale(low - margin, high + margin, start, end)


def linear(values: Sequence[float], start: float, end: float, *, from_zero: bool = False) -> Scale:
    """Around values, or from zero to the highest."""
    low, high = min(values), max(values)
    if from_zero:
        return Scale(0.0, high or 1.0, start, end)
    margin = 0.12 * (high - low) or 0.5
    return Scale(low - margin, high + margin, start, end)


def _ticks(low: float, high: float, count: int) -> list[float]:
    """Round numbers in [low, high], about `count` of them."""
    rough = (high - low) / count
    power = 10.0 ** math.floor(math.log10(rough))
    step = power * min((1, 2, 5, 10), key=lambda factor: abs(factor * power - rough))
    first = math.ceil(low / step)
    return [round(n * step, 10) for n in range(first, math.floor(high / step) + 1)]


def _baselines(heights: Sequence[float]) -> list[float]:
    """Where the labels of points at these heights stand, none nearer than LINE_PX to another.

    A label is above its point, since the front comes to a point from below; or below it, if
    another label is there.
    """
    places = [height - 6 for height in heights]
    order = sorted(range(len(heights)), key=lambda number: heights[number])
    for above, below in pairwise(order):
        if places[below] < places[above] + LINE_PX:
            places[below] = max(places[above] + LINE_PX, heights[below] + LINE_PX)
    return places
