"""Training curves as a figure: PNG or SVG, the same bytes for the same curves."""

import math
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from denoisebench.figures.style import COLOURS, DASHES, LEGEND_LINE_INCHES, write_figure
from denoisebench.results.training_history import By, Training, describe

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

PANELS = {
    "loss": ("Training loss", "loss, in the method's unit"),
    "held_out_loss": ("Loss on held-out images", "loss, in the method's unit"),
    "rate": ("Learning rate", "rate"),
    "oracle_psnr_db": ("Oracle PSNR: clean images, held out", "PSNR (dB)"),
}
"""Title and vertical axis of each series."""
LOSSES = ("loss", "held_out_loss")
X_LABELS: dict[By, str] = {
    "step": "step",
    "seconds": "training time (s)",
    "megapixels": "pixels trained on (megapixels)",
}

FEW_POINTS = 20  # up to this many are marked one by one
PANEL_INCHES = (5.0, 3.2)


def draw(trainings: Sequence[Training], by: By, out: Path) -> None:
    """Draw the curves of trainings in one figure and write it to `out`, a PNG or SVG by its name.

    A panel per series that any of them recorded.  Raises UserError when `out` cannot be written.
    """
    write_figure(lambda: _figure(trainings, by), out)


def _figure(trainings: Sequence[Training], by: By) -> "Figure":
    from matplotlib.figure import Figure

    shown = [
        series for series in PANELS if any(training.curve(series, by)[0] for training in trainings)
    ]
    common, labels = describe(trainings)
    columns = min(2, len(shown))
    rows = -(-len(shown) // columns)
    beneath = LEGEND_LINE_INCHES * len(labels) + 0.1
    width, height = PANEL_INCHES[0] * columns, PANEL_INCHES[1] * rows
    figure = Figure(figsize=(width, height + beneath + 0.3), layout="constrained")
    axes = figure.subplots(rows, columns, squeeze=False, sharex=True)
    for number, panel in enumerate(axes.flat):
        if number < len(shown):
            _draw_panel(panel, trainings, shown[number], by)
        else:
            panel.remove()
    figure.suptitle(common, fontsize="medium")
    lines = axes[0, 0].get_lines()
    figure.legend(lines, labels, loc="outside lower center", frameon=False, fontsize="small")
    return figure


def _draw_panel(panel: "Axes", trainings: Sequence[Training], series: str, by: By) -> None:
    curves = [training.curve(series, by) for training in trainings]
    for number, (where, values) in enumerate(curves):
        panel.plot(
            where,
            values,
            color=COLOURS[number % len(COLOURS)],
            linestyle=DASHES[number // len(COLOURS) % len(DASHES)],
            marker="o" if len(where) <= FEW_POINTS else "",
            markersize=3,
            linewidth=1.3,
        )
    if series in LOSSES and _spans_decades([value for _, values in curves for value in values]):
        panel.set_yscale("log")
    title, label = PANELS[series]
    panel.set(title=title, xlabel=X_LABELS[by], ylabel=label)
    panel.tick_params(labelbottom=True)  # sharing an axis hides the numbers of all but the lowest
    panel.grid(visible=True, which="both", alpha=0.25)


def _spans_decades(values: Sequence[float]) -> bool:
    """Whether a logarithmic axis shows the values better: all above 0, the greatest ten times the
    least, as losses of different units are.  A risk estimate may be below 0."""
    finite = [value for value in values if math.isfinite(value)]
    return bool(finite) and min(finite) > 0 and max(finite) > 10 * min(finite)
