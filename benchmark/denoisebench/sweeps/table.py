"""A sweep as text: a block per image set, a row per noise, a column per curve."""

import math
import textwrap
from collections.abc import Callable, Sequence

from denoisebench.sweeps.curves import Axis, Curve, Point, common, words

MISSING = "–"
WIDTH = 100
"""The width of the lines below the table, in characters, unless a terminal's is less."""

BETWEEN_CURVES, BETWEEN_NUMBERS = "   ", "  "
LEGEND = (
    "PSNR in dB, mean over images; ±: half its 95 % t-interval; gain: PSNR less that of the noisy"
    " image."
)
ESTIMATES = (
    "est.: mean of the levels that the method estimates, in the unit of what it was trained on;"
    " error: mean of estimate/level − 1, where the two have one unit."
)

Columns = Sequence[Sequence[str]]


def render_sweep(curves: Sequence[Curve], axis: Axis, width: int | None = None) -> str:
    """The tables of all image sets, and what their columns mean, as lines that end the text.

    width: the characters of a line of a terminal, None for no end.  A table that is wider is
    printed in parts, of whole curves.
    """
    below, lines = WIDTH if width is None else min(width, WIDTH), list[str]()
    for dataset in dict.fromkeys(curve.series.dataset for curve in curves):
        of_set = [curve for curve in curves if curve.series.dataset == dataset]
        images = max((p.images for curve in of_set for p in curve.points if p), default=0)
        counted = f"{images} images" if images != 1 else "1 image"
        title = f"{dataset}, {counted}; {axis.title}"
        lines += [*_wrapped(title, below), "", *_parts(of_set, axis, width), ""]
    told = [LEGEND, *([ESTIMATES] if any(curve.estimates for curve in curves) else ())]
    told += _left_out(curves, axis)
    lines += [line for text in told for line in _wrapped(text, below)]
    origins = (_origin(curve, curves, below) for curve in curves if curve.series.learns)
    lines += ["", *dict.fromkeys(origins)]
    return "\n".join([*_wrapped(common(curves), below), "", *lines]).strip() + "\n"


def _wrapped(text: str, width: int) -> list[str]:
    return textwrap.wrap(text, width, break_long_words=False, break_on_hyphens=False)


def _left_out(curves: Sequence[Curve], axis: Axis) -> list[str]:
    """The images that are in no mean, counted for each point."""
    told = [
        f"{', '.join(words(curve, curves))} on {curve.series.dataset} at {text}:"
        f" {point.left_out} of {point.images}"
        for curve in curves
        for text, point in zip(axis.texts, curve.points, strict=True)
        if point and point.left_out
    ]
    if not told:
        return []
    why = "reproduced exactly, or whose noise level cannot be told"
    return [f"Images left out of the means, {why}: {'; '.join(told)}."]


def _origin(curve: Curve, curves: Sequence[Curve], width: int) -> str:
    """The training of a curve's denoisers, and its length, in lines."""
    cells = [cell for at_one in curve.series.cells.values() for cell in at_one]
    known: dict[str, dict[str, None]] = {}
    for cell in cells:
        for name, text in {**cell.labels, "seed": str(cell.seed)}.items():
            known.setdefault(name.replace("_", " "), {})[text] = None
    labels = ", ".join(f"{name} {' '.join(texts)}" for name, texts in known.items())
    line = f"{', '.join(words(curve, curves))}: {labels}."
    wrapped = textwrap.wrap(line, width, subsequent_indent="  ", break_on_hyphens=False)
    return "\n".join(wrapped)


def _parts(curves: Sequence[Curve], axis: Axis, width: int | None) -> list[str]:
    """The lines of one image set, in as few parts as fit the width."""
    parts: list[list[Curve]] = [[]]
    for curve in curves:
        longer = [*parts[-1], curve]
        if parts[-1] and width is not None and _width(_block(longer, curves, axis)) > width:
            parts.append([curve])
        else:
            parts[-1] = longer
    lines = [line for part in parts for line in (*_block(part, curves, axis), "")]
    if len(parts) > 1 and width is not None:
        said = f"In {len(parts)} parts to fit {width} columns; --wide prints it whole."
        return [*lines, *_wrapped(said, width)]
    return lines[:-1]


def _width(lines: Sequence[str]) -> int:
    return max(map(len, lines))


def _block(curves: Sequence[Curve], all_curves: Sequence[Curve], axis: Axis) -> list[str]:
    """The lines of some curves: headers, a rule, and a row per noise."""
    heads = [words(curve, all_curves) for curve in curves]
    depth = max(map(len, heads))
    above = [""] * depth
    columns = [[*above, axis.symbol, *axis.texts], [*above, "noisy", *_noisy(curves)]]
    for head, curve in zip(heads, curves, strict=True):
        columns.append([*head, *above[len(head) :], *_numbers(curve)])
    lines = _side_by_side(columns, BETWEEN_CURVES)
    rule = "-" * _width(lines)
    return [*lines[: depth + 1], rule, *lines[depth + 1 :]]


def _noisy(curves: Sequence[Curve]) -> list[str]:
    """The PSNR of the noisy images at each noise, of whichever curve has it."""
    at_each = zip(*(curve.points for curve in curves), strict=True)
    firsts = (next((point for point in points if point), None) for points in at_each)
    return [_text(point, lambda p: _number(p.noisy_psnr_db, ".2f")) for point in firsts]


def _numbers(curve: Curve) -> list[str]:
    """A curve's lines below its head: what the numbers are, then those of each noise."""
    shown: dict[str, Callable[[Point], str]] = {
        "PSNR": _psnr,
        "gain": lambda p: _number(p.gain_db, "+.2f"),
    }
    if curve.estimates:
        shown["est."] = lambda p: _number(p.estimate, ".3g")
    if curve.errors:
        shown["error"] = lambda p: _number(p.error, "+.1%")
    columns = [[head, *(_text(p, show) for p in curve.points)] for head, show in shown.items()]
    return _side_by_side(columns, BETWEEN_NUMBERS)


def _psnr(point: Point) -> str:
    half = "" if math.isnan(point.half_db) else f" ±{point.half_db:.2f}"
    return _number(point.psnr_db, ".2f") + half


def _number(value: float, form: str) -> str:
    return MISSING if math.isnan(value) else format(value, form)


def _text(point: Point | None, show: Callable[[Point], str]) -> str:
    return show(point) if point else MISSING


def _side_by_side(columns: Columns, gap: str) -> list[str]:
    """The lines of columns of as many cells each, padded to one width in each column."""
    from tabulate import DataRow, TableFormat, tabulate

    row = DataRow("", gap, "")
    form = TableFormat(None, None, None, None, row, row, padding=0, with_header_hide=None)
    rows = list(zip(*columns, strict=True))
    return tabulate(rows, tablefmt=form, disable_numparse=True).split("\n")
