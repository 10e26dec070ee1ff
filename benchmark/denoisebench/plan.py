"""What will be computed: trainings and cells, with ids, nothing run yet.

An id is a hash of everything that decides the result, so that what is finished is found again.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from denoisebench.budgets import Budget
from denoisebench.images import ImageSet
from denoisebench.interfaces import Draws, Evidence, Method, Task
from denoisebench.noise.model import Noise
from denoisebench.oracle import ORACLE_CHECKPOINT, Knowledge, oracle_levels
from denoisebench.orientations import method_label
from denoisebench.rules import Protocol
from denoisebench.specs import config_spec
from denoisebench.weights import Header

if TYPE_CHECKING:
    from denoisebench.devices import AskedPrecision

RECIPE_VERSION = 2
"""Counts changes of the engine and the networks that change what a recipe yields.  Since 2 the
U-Net starts from small weights."""

CELL_VERSION = 1
"""Counts changes of how given weights, or none, are scored."""

TRANSDUCTIVE = "test"
"""The training set's name that means: the noisy images that are scored."""


HALF = "half"
"""The clean set's name that means: the half of the training set that is not shown noisy."""


@dataclass(frozen=True, slots=True)
class Request:
    """What was asked for; every name is a spec.

    train_sets: the first that is at hand is trained on, else the last.  weights: auto, none or a
    path.  source_noise, target_noise: of what is trained on, where it is not that of the test;
    the second for the second copy of a pair.  own_noise: a set that knows the noise of its given
    images is tested under that, not under `noises`.  needs_reference: whether estimates are scored
    against clean images.  weights_of: training sets of which weights that came with a method will
    do as well as of `train_sets`.  start: weights that trainings begin with.
    oracle_checkpoint: whether held-out clean images pick the weights of trainings.
    seeds: each plans cells and trainings of its own.
    self_ensemble: whether each image is denoised in its eight orientations.
    precision: of the trainings and of the networks that denoise.
    channels: of all data sets, or None: as each is.  clean_set: the clean images of UNPAIRED
    evidence, or None: half of the training set.  mixed: whether there may be several protocols.
    """

    methods: tuple[str, ...]
    noises: tuple[str, ...]
    parameters: tuple[Knowledge, ...]
    datasets: tuple[str, ...]
    train_sets: tuple[str, ...]
    draws: Draws
    budget: Budget
    weights: str
    seeds: tuple[int, ...]
    protocols: tuple[str, ...] = ("float",)
    mixed: bool = False
    source_noise: str | None = None
    target_noise: str | None = None
    start: Path | None = None
    oracle_checkpoint: bool = False
    channels: int | None = None
    clean_set: str | None = None
    own_noise: bool = False
    needs_reference: bool = True
    weights_of: tuple[str, ...] = ()
    self_ensemble: bool = False
    precision: "AskedPrecision" = "auto"

    @property
    def transductive(self) -> bool:
        return self.train_sets == (TRANSDUCTIVE,)


@dataclass(frozen=True, slots=True)
class TrainingPlan:
    """A training: its recipe, and the objects that carry it out.

    clean_set: the clean images of UNPAIRED evidence; None for half of the training set.
    """

    recipe: Mapping[str, Any]
    method: Method[Any]
    config: Any
    task: Task
    train_set: ImageSet
    evidence: Evidence
    budget: Budget
    start: "GivenWeights | None" = None
    draws_label: str = ""  # how a table tells the training's noise
    clean_set: ImageSet | None = None

    @property
    def id(self) -> str:
        return hash_of(self.recipe)

    @property
    def oracle_checkpoint(self) -> bool:
        """Whether clean images pick its weights."""
        return "checkpoint" in self.recipe

    @property
    def precision(self) -> "AskedPrecision":
        """What was asked of its arithmetic."""
        return "fp32" if "precision" in self.recipe else "auto"

    @property
    def labels(self) -> dict[str, str]:
        """What a result says of it, beside the evidence."""
        start = f" from {self.start.path.name}" if self.start else ""
        start += f", {ORACLE_CHECKPOINT}" if self.oracle_checkpoint else ""
        return {
            "draws": self.draws_label,
            "train_set": train_set_label(self.recipe),
            "budget": self.budget.label,
            "weights": f"trained{start}",
        }


@dataclass(frozen=True, slots=True)
class GivenWeights:
    """Weights that are there already: a file, and what it says of itself."""

    source: str  # "zoo:NAME" or the path
    path: Path
    sha256: str
    header: Header

    @property
    def imported(self) -> bool:
        """Whether another code trained them: on what, and how long, nobody knows."""
        return "imported" in self.header.recipe

    @property
    def labels(self) -> dict[str, str]:
        """What a result says of them, beside the evidence."""
        recipe = self.header.recipe
        budget = "unknown" if self.imported else Budget(**recipe["budget"]).label
        return {
            "draws": str(recipe["draws"]),
            "train_set": train_set_label(recipe),
            "budget": budget,
            "weights": self.source,
        }


@dataclass(frozen=True, slots=True)
class CellPlan:
    """A cell: one denoiser on one image set under one noise, protocol and seed."""

    method: Method[Any]
    config: Any
    task: Task  # what the denoiser was trained for
    noise: Noise  # what it is tested on
    parameters: Knowledge  # whether it is told the level
    image_set: ImageSet
    protocol: Protocol
    seed: int
    labels: Mapping[str, str]  # evidence, draws, train_set, budget, weights
    source: str  # SHA-256 of the method's and the noise's source
    training: TrainingPlan | None
    given: GivenWeights | None
    self_ensemble: bool = False  # whether each image is denoised in its eight orientations
    precision: "AskedPrecision" = "auto"  # of the network that denoises, if there is one

    @property
    def method_spec(self) -> str:
        return str(config_spec(self.method.name, self.config))

    @property
    def method_label(self) -> str:
        """What results call the method: its spec, and whether it is a self-ensemble."""
        return method_label(self.method_spec, self_ensemble=self.self_ensemble)

    @property
    def repeats(self) -> int:
        """How often each image is scored."""
        return self.protocol.repeats_of(self.image_set.spec)

    def told(self, level: float | None) -> tuple[float | None, ...]:
        """What the denoiser is told of an image at a level: one thing, or each level of an
        oracle's grid."""
        if self.parameters == "oracle":
            return oracle_levels(self.task.noise)
        return (level if self.parameters == "known" else None,)

    @property
    def id(self) -> str:
        weights = self.training.id if self.training else self.given.sha256 if self.given else ""
        return cell_id(
            method=self.method_spec,
            source=self.source,
            weights=weights,
            parameters=self.parameters,
            noise=str(self.noise),
            image_set=self.image_set,
            protocol=self.protocol,
            seed=self.seed,
            self_ensemble=self.self_ensemble,
            precision=self.precision,
        )


@dataclass(frozen=True, slots=True)
class Plan:
    """What will be computed, in order, and what will not, with the reason."""

    cells: tuple[CellPlan, ...]
    declined: tuple[tuple[str, str, str], ...] = ()  # method, noise and parameters, reason
    notes: tuple[str, ...] = ()

    @property
    def trainings(self) -> tuple[TrainingPlan, ...]:
        """Each training once, in the order of the cells."""
        return tuple({c.training.id: c.training for c in self.cells if c.training}.values())


def cell_id(
    *,
    method: str,
    source: str,
    weights: str,
    parameters: str,
    noise: str,
    image_set: ImageSet,
    protocol: Protocol,
    seed: int,
    self_ensemble: bool = False,
    precision: "AskedPrecision" = "auto",
) -> str:
    """The id of a cell.  method, noise: canonical specs.  source: as in `CellPlan`.  weights: the
    training's id or the SHA-256 of given ones; empty where nothing is trained.  A self-ensemble has
    an entry more, and so has a cell for which float32 was asked; other ids are as they were before
    there were such options."""
    more: dict[str, Any] = {"self_ensemble": True} if self_ensemble else {}
    if precision == "fp32":
        more["precision"] = precision
    return hash_of(
        {
            "version": CELL_VERSION,
            "method": method,
            "source": source,
            "weights": weights,
            "parameters": parameters,
            "noise": noise,
            "images": image_set.spec,
            "digest": image_set.digest,
            "protocol": str(protocol),
            "seed": seed,
        }
        | more
    )


def train_set_label(recipe: Mapping[str, Any]) -> str:
    """The images that a recipe shows, in words."""
    name = str(recipe["train_set"])
    if name == TRANSDUCTIVE:
        name = "test (transductive)"
    clean_set = recipe.get("clean_set")
    if clean_set is None:
        return name
    return f"{name} (half clean)" if clean_set == HALF else f"{name} + {clean_set} (clean)"


def hash_of(what: Mapping[str, Any]) -> str:
    """The id of a thing that plain values describe."""
    text = json.dumps(what, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()[:16]
