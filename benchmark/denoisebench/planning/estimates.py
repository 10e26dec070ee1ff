"""About how long the work of a plan takes on two CPU cores, before anything is measured."""

import math

from denoisebench.budgets import DENOISE_MPX_PER_S, TRAIN_MPX_PER_S
from denoisebench.images.orientations import ORIENTATIONS
from denoisebench.planning.plan import CellPlan, TrainingPlan

USUAL_MPX = 0.25
"""Of an image whose size is not known before it is read."""


def training_s(training: TrainingPlan) -> float:
    """Of a whole training."""
    return training.budget.megapixels / TRAIN_MPX_PER_S


def cell_s(cell: CellPlan) -> float:
    """Of all images of a cell, by a U-Net."""
    sizes = [image.size for image in cell.image_set.images]
    megapixels = sum(math.prod(size) / 1e6 if size else USUAL_MPX for size in sizes)
    passes = cell.repeats * (len(ORIENTATIONS) if cell.self_ensemble else 1)
    return megapixels * passes / DENOISE_MPX_PER_S
