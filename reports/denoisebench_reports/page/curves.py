"""The page's training curves: the losses of the trainings that results are of."""

import math
from dataclasses import dataclass

from denoisebench.plugin import UserError
from denoisebench.results.results import Results
from denoisebench.results.training_history import Training, describe, open_trainings
from denoisebench_reports.page.plots import Curve, curve_plot

LOSSES = {"loss": "on the training images", "held_out_loss": "on held-out images"}


@dataclass(frozen=True, slots=True)
class TrainingCurve:
    """A training's loss, drawn."""

    label: str
    plot: str


def training_curves(results: Results) -> tuple[list[TrainingCurve], list[str]]:
    """The losses of finished trainings; why others cannot be read."""
    trainings, unreadable = [], []
    for training in dict.fromkeys(cell.training for cell in results.scored if cell.training):
        if not (results.folder / "trainings" / training / "history.json").is_file():
            continue
        try:
            trainings += open_trainings([training], results.folder)
        except UserError as error:
            unreadable.append(f"training {training}: {error}")
    common, labels = describe(trainings) if trainings else ("", [])
    curves = [
        TrainingCurve(f"{label}, {common}" if common else label, _curve(training, label))
        for training, label in zip(trainings, labels, strict=True)
    ]
    return curves, unreadable


def _curve(training: Training, label: str) -> str:
    curves = []
    for series in LOSSES:
        x, y = training.curve(series, "megapixels")
        finite = [(a, b) for a, b in zip(x, y, strict=True) if math.isfinite(b)]
        if finite:
            curves.append(Curve(series, *map(list, zip(*finite, strict=True))))
    if not curves:
        return ""
    values = [value for curve in curves for value in curve.y]
    logarithmic = min(values) > 0 and max(values) > 10 * min(values)
    said = "; ".join(f"{LOSSES[c.kind]} from {c.y[0]:.3g} to {c.y[-1]:.3g}" for c in curves)
    return curve_plot(curves, f"Loss of {label}: {said}.", logarithmic=logarithmic)
