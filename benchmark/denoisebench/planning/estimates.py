"""About how long the work of a plan takes on two CPU cores, or as earlier work took."""

import math
from collections.abc import Mapping
from types import MappingProxyType

from denoisebench.budgets import DENOISE_MPX_PER_S, TRAIN_MPX_PER_S
from denoisebench.images.orientations import ORIENTATIONS
from denoisebench.planning.answers import most_steps_of
from denoisebench.planning.plan import CellPlan, TrainingPlan
from denoisebench.plugin.image_method import ImageMethod

USUAL_MPX = 0.25
"""Of an image whose size is not known before it is read."""

FIT_MPX_PER_S = 3.0
"""Pixels that a network of some 20,000 parameters learns from, on two CPU cores with bfloat16."""


def training_s(training: TrainingPlan) -> float:
    """Of a whole training."""
    return training.budget.megapixels / TRAIN_MPX_PER_S


def cell_s(cell: CellPlan, measured: Mapping[str, float] = MappingProxyType({})) -> float:
    """The time of all images of a cell: at the rate that was measured of the method; without, that
    of a U-Net, and of a small network where it learns on each image."""
    sizes = [image.size for image in cell.image_set.images]
    megapixels = cell.repeats * sum(math.prod(s) / 1e6 if s else USUAL_MPX for s in sizes)
    if cell.method_label in measured:
        return megapixels * measured[cell.method_label]
    passes = len(ORIENTATIONS) if cell.self_ensemble else 1
    if isinstance(cell.method, ImageMethod):
        return megapixels * passes * most_steps_of(cell.method, cell.config) / FIT_MPX_PER_S
    return megapixels * passes / DENOISE_MPX_PER_S
