"""The recipe of a training: everything that decides its weights, as plain values."""

import math
from dataclasses import asdict, dataclass, fields
from typing import Any

from denoisebench.budgets import Budget, megapixel_label
from denoisebench.documents import typed
from denoisebench.noise.level_knowledge import TrainingKnowledge

HALF = "half"
"""The clean set that means: the half of the training set that is not shown noisy."""

TRANSDUCTIVE = "test"
"""The training set that means: the noisy images that are scored."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TrainingRecipe:
    """Everything that decides the weights of a training.  Its hash is the training's id.

    method, noise, target_noise: canonical specs.  config: of the method, as it is trained.
    draws: `fixed` or `fresh`, or in words that it is unknown.  train_set, clean_set: specs, or
    TRANSDUCTIVE, or HALF.  train_digest, clean_digest: of the images.  source: hash of the code of
    the method and the noise.  start: SHA-256 of the weights that it begins with;
    start_megapixels: what those were trained on, None where that is unknown.  checkpoint: `oracle`
    where clean images pick the weights.  precision: `fp32` where that was asked for.
    imported: the file that another code wrote, and its SHA-256; then budget and seed are unknown.

    Raises ValueError for a recipe without budget that is not imported, and for images that are
    neither gray nor colour.
    """

    method: str
    config: dict[str, Any]
    noise: str
    parameters: TrainingKnowledge
    draws: str
    train_set: str
    channels: int
    budget: Budget | None = None
    seed: int | None = None
    version: int | None = None
    learning_rate: float | None = None
    source: str | None = None
    train_digest: str | None = None
    clean_set: str | None = None
    clean_digest: str | None = None
    target_noise: str | None = None
    start: str | None = None
    start_megapixels: float | None = None
    checkpoint: str | None = None
    precision: str | None = None
    imported: dict[str, str] | None = None

    def __post_init__(self) -> None:
        if self.budget is None and self.imported is None:
            raise ValueError("Object missing required field `budget`")
        if self.channels not in (1, 3):  # GRAY, COLOUR: their module imports NumPy
            raise ValueError(f"channels is {self.channels}, not 1 or 3")

    @classmethod
    def from_json(cls, values: object) -> "TrainingRecipe":
        """The recipe that `to_json` wrote.  Raises ValueError for anything else."""
        return typed(values, cls)

    def to_json(self) -> dict[str, Any]:
        """The values that are known, as JSON has them."""
        known = {field.name: getattr(self, field.name) for field in fields(self)}
        known = {key: value for key, value in known.items() if value is not None}
        return known if self.budget is None else known | {"budget": asdict(self.budget)}

    @property
    def megapixels(self) -> float:
        """All that the weights were trained on, with those they began as; NaN if unknown."""
        if self.budget is None or (self.start and self.start_megapixels is None):
            return math.nan
        return self.budget.megapixels + (self.start_megapixels or 0.0)

    @property
    def length(self) -> str:
        """That in words: the budget's label, or `1081 Mpx` with those of a start, or `unknown`."""
        if self.budget is None or math.isnan(self.megapixels):
            return "unknown"
        return megapixel_label(self.megapixels) if self.start else self.budget.label

    @property
    def train_set_label(self) -> str:
        """The images that it shows, in words."""
        name = "test (transductive)" if self.train_set == TRANSDUCTIVE else self.train_set
        if self.clean_set is None:
            return name
        half = self.clean_set == HALF
        return f"{name} (half clean)" if half else f"{name} + {self.clean_set} (clean)"
