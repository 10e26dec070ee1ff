"""About how long the work of a plan takes on two CPU cores, before anything is measured."""

import math

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


def cell_s(cell: CellPlan) -> float:
    """The time of all images of a cell by a U-Net; a small network where it learns on each."""
    sizes = [image.size for image in cell.image_set.images]
    megapixels = sum(math.prod(size) / 1e6 if size else USUAL_MPX for size in sizes)
    passes = cell.repeats * (len(ORIENTATIONS) if cell.self_ensemble else 1)
    if isinstance(cell.method, ImageMethod):
        return megapixels * passes * most_steps_of(cell.method, cell.config) / FIT_MPX_PER_S
    return megapixels * passes / DENOISE_MPX_PER_S
