"""Images as papers show them: each whole, with a box, and next to it the box as each method
denoises it.  PNG, PDF or SVG."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from denoisebench.errors import UserError
from denoisebench.figures.style import COLOURS, write_figure

if TYPE_CHECKING:
    from matplotlib.figure import Figure

Pixels8 = npt.NDArray[np.uint8]
"""(H, W, 3), 8 bits."""

WIDTH_INCHES = 7.16
"""The text width of a page with two columns."""
GAP_INCHES, LABEL_INCHES = 0.04, 0.34
ONE_ROW = 5
"""Up to this number of crops are in one row."""
BOX_SHARE, LEAST_BOX_PX = 0.22, 24


@dataclass(frozen=True, slots=True, eq=False)
class Panel:
    """One version of an image: its name, a line of figures, and whether that is the best."""

    name: str
    figures: str
    pixels: Pixels8
    best: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class Row:
    """An image: noisy, denoised by each method, clean."""

    image: str
    panels: Sequence[Panel]


@dataclass(frozen=True, slots=True)
class Box:
    """A square part of an image, in pixels from the upper left corner."""

    x: int
    y: int
    side: int

    def of(self, pixels: Pixels8) -> Pixels8:
        return pixels[self.y : self.y + self.side, self.x : self.x + self.side]


def parse_box(text: str) -> Box:
    """`X,Y,SIDE` in pixels.  Raises UserError for anything else."""
    parts = text.split(",")
    if len(parts) != 3 or not all(part.strip().isdecimal() for part in parts):
        raise UserError(f"--crop {text}: give X,Y,SIDE in pixels, as 100,80,64")
    x, y, side = map(int, parts)
    if side < 2:
        raise UserError(f"--crop {text}: SIDE is at least 2 pixels")
    return Box(x, y, side)


def telling_box(row: Row) -> Box:
    """The square in which the denoised images differ most from each other."""
    middle = [panel.pixels for panel in row.panels[1:-1]] or [row.panels[0].pixels]
    shown = [*middle, row.panels[-1].pixels] if len(middle) < 2 else middle
    spread = np.std(np.stack(shown).astype(np.float64), axis=0).mean(axis=-1)
    height, width = spread.shape
    side = min(height, width, max(LEAST_BOX_PX, round(BOX_SHARE * min(height, width))))
    sums = np.pad(spread, ((1, 0), (1, 0))).cumsum(axis=0).cumsum(axis=1)
    inside = sums[side:, side:] - sums[:-side, side:] - sums[side:, :-side] + sums[:-side, :-side]
    y, x = np.unravel_index(int(np.argmax(inside)), inside.shape)
    return Box(int(x), int(y), side)


def draw_images(rows: Sequence[Row], box: Box | None, out: Path) -> None:
    """Draw the rows in one figure and write it to `out`, a PNG, PDF or SVG by its name.

    box: the same in every image; None for the one that tells most of each.  Raises UserError for a
    box outside of an image, and when `out` cannot be written.
    """
    boxes = [box or telling_box(row) for row in rows]
    for row, its in zip(rows, boxes, strict=True):
        height, width = row.panels[0].pixels.shape[:2]
        if its.x + its.side > width or its.y + its.side > height:
            raise UserError(
                f"--crop {its.x},{its.y},{its.side} is not inside {row.image}, which has"
                f" {width} x {height} pixels"
            )
    write_figure(lambda: _figure(rows, boxes), out, endings=(".png", ".pdf", ".svg"))


def _figure(rows: Sequence[Row], boxes: Sequence[Box]) -> "Figure":
    from matplotlib.figure import Figure

    layouts = [_layout(row) for row in rows]
    heights = [lines * (side + LABEL_INCHES) for lines, _, side, _ in layouts]
    total = sum(heights)
    figure = Figure(figsize=(WIDTH_INCHES, total))
    top = total
    for row, box, layout, height in zip(rows, boxes, layouts, heights, strict=True):
        _draw_row(figure, row, box, layout, top, total)
        top -= height
    return figure


Layout = tuple[int, int, float, float]
"""Lines and columns of crops, the side of a crop and the width of the whole image, inches."""


def _layout(row: Row) -> Layout:
    count = len(row.panels)
    lines = 1 if count <= ONE_ROW else 2
    columns = ceil(count / lines)
    height, width = row.panels[-1].pixels.shape[:2]
    aspect = width / height
    extra = (lines - 1) * LABEL_INCHES * aspect
    side = (WIDTH_INCHES - columns * GAP_INCHES - extra) / (lines * aspect + columns)
    return lines, columns, side, lines * aspect * side + extra


def _draw_row(
    figure: "Figure", row: Row, box: Box, layout: Layout, top: float, total: float
) -> None:
    from matplotlib.patches import Rectangle
    from matplotlib.patheffects import withStroke

    lines, columns, side, whole = layout
    height = lines * side + (lines - 1) * LABEL_INCHES
    axes = _axes(figure, (0.0, top - height, whole, height), total)
    _show(axes, row.panels[-1].pixels)
    corner = (box.x - 0.5, box.y - 0.5)
    frame = Rectangle(corner, box.side, box.side, fill=False, edgecolor=COLOURS[1], linewidth=1.2)
    frame.set_path_effects([withStroke(linewidth=3.0, foreground="white")])
    axes.add_patch(frame)
    _label(axes, row.image, "", best=False)
    for number, panel in enumerate(row.panels):
        line, column = divmod(number, columns)
        left = whole + GAP_INCHES + column * (side + GAP_INCHES)
        bottom = top - side - line * (side + LABEL_INCHES)
        axes = _axes(figure, (left, bottom, side, side), total)
        _show(axes, box.of(panel.pixels))
        _label(axes, panel.name, panel.figures, best=panel.best)


def _axes(figure: "Figure", inches: tuple[float, float, float, float], total: float) -> Any:
    left, bottom, width, height = inches
    share = (left / WIDTH_INCHES, bottom / total, width / WIDTH_INCHES, height / total)
    axes = figure.add_axes(share)
    axes.set_axis_off()
    return axes


def _show(axes: Any, pixels: Pixels8) -> None:
    axes.imshow(pixels, interpolation="nearest", aspect="auto")


def _label(axes: Any, name: str, figures: str, *, best: bool) -> None:
    """The name below an image, and the figures below the name."""
    weight = "bold" if best else "normal"
    for text, down, size in ((name, 3, 7.5), (figures, 12, 7)):
        axes.annotate(
            text,
            (0.5, 0.0),
            (0, -down),
            xycoords="axes fraction",
            textcoords="offset points",
            ha="center",
            va="top",
            fontsize=size,
            fontweight=weight if text == figures else "normal",
            annotation_clip=False,
        )
