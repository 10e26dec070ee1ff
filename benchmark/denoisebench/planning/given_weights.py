"""Existing weights that stand in for a training, or that one begins with."""

import math
from dataclasses import dataclass
from pathlib import Path

from denoisebench.training.weights_file import FILE, Header

ZOO = "zoo:"
"""The begin of the label of bundled weights."""


@dataclass(frozen=True, slots=True)
class GivenWeights:
    """Existing weights: a file, and its header."""

    source: str  # ZOO and a name, a recipe's name, or the path
    path: Path
    sha256: str
    header: Header

    @property
    def imported(self) -> bool:
        """Whether another code trained them: on what, and how long, is unknown."""
        return self.header.recipe.imported is not None

    @property
    def name(self) -> str:
        """That of a recipe, bundled or trained here, the id of a training here, or that of the
        file, wherever it lies."""
        if self.source.startswith(ZOO):
            return self.source.removeprefix(ZOO)
        if self.source == f"{self.path.parent.name}/{self.path.stem}":  # a recipe's, trained here
            return self.source
        return self.path.name if self.path.name != FILE else self.path.absolute().parent.name

    @property
    def megapixels(self) -> float | None:
        """The length of their training, with that of their start; None if unknown."""
        known = self.header.recipe.megapixels
        return None if math.isnan(known) else known

    @property
    def labels(self) -> dict[str, str]:
        """Their label in a result, next to the evidence."""
        recipe = self.header.recipe
        return {
            "draws": recipe.draws,
            "train_set": recipe.train_set_label,
            "budget": recipe.length,
            "weights": self.source,
        }
