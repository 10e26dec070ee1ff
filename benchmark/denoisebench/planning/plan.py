"""The plan of a run: trainings and cells, with ids, nothing run yet.

An id is a hash of everything that decides the result, so that what is finished is found again.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from denoisebench.budgets import Budget
from denoisebench.errors import PluginError, UserError
from denoisebench.images.channels import CHANNEL_WORDS
from denoisebench.images.image_set import ImageSet
from denoisebench.images.orientations import method_label
from denoisebench.noise.family import Noise
from denoisebench.noise.level_knowledge import ORACLE_CHECKPOINT, LevelKnowledge, oracle_levels
from denoisebench.planning.answers import passes_of
from denoisebench.planning.given_weights import GivenWeights
from denoisebench.planning.ids import cell_id, hash_of
from denoisebench.plugin.method import Evidence, Method, Task, TrainedMethod
from denoisebench.scoring.protocol import Protocol
from denoisebench.specs import config_spec
from denoisebench.training.recipe import TrainingRecipe

if TYPE_CHECKING:
    from denoisebench.nn.devices import AskedPrecision


@dataclass(frozen=True, slots=True)
class TrainingPlan:
    """A training: its recipe, and the objects that carry it out.

    clean_set: the clean images of UNPAIRED evidence; None for half of the training set.
    """

    recipe: TrainingRecipe
    method: Method[Any]
    config: Any
    task: Task
    train_set: ImageSet
    evidence: Evidence
    budget: Budget
    start: GivenWeights | None = None
    draws_label: str = ""  # of the training's noise, in tables
    clean_set: ImageSet | None = None

    @property
    def id(self) -> str:
        return hash_of(self.recipe.to_json())

    @property
    def seed(self) -> int:
        assert self.recipe.seed is not None  # only imported weights have none
        return self.recipe.seed

    @property
    def what(self) -> str:
        """The training in words: `noise2score on cbsd399 in gray, gaussian:25`."""
        sets = self.train_set.spec + (f" + {self.clean_set.spec}" if self.clean_set else "")
        kind = CHANNEL_WORDS[self.task.channels]
        return f"{self.recipe.method} on {sets} in {kind}, {self.recipe.noise}"

    @property
    def passes_per_patch(self) -> int:
        """The cost of a step, in passes of the network over each patch."""
        assert isinstance(self.method, TrainedMethod)  # a method with evidence is one
        return passes_of(self.method, self.config)

    @property
    def patches_per_step(self) -> int:
        """The patches that are sampled for a step: the network sees the budget's batch of them."""
        return self.budget.batch // self.passes_per_patch

    def refuse_odd_batch(self) -> None:
        """Raise UserError for a batch that is no multiple of the passes on each patch."""
        passes, batch = self.passes_per_patch, self.budget.batch
        if batch % passes:
            raise UserError(
                f"{self.method.name} costs {passes} passes over each patch: --batch {batch} is"
                f" no multiple of that; give --batch {passes * max(1, batch // passes)}"
            )

    @property
    def oracle_checkpoint(self) -> bool:
        """Whether clean images pick its weights."""
        return self.recipe.checkpoint == "oracle"

    @property
    def precision(self) -> "AskedPrecision":
        """The precision that was asked for."""
        return "fp32" if self.recipe.precision else "auto"

    @property
    def labels(self) -> dict[str, str]:
        """Its label in a result, next to the evidence."""
        start = f" from {self.start.name}" if self.start else ""
        start += f", {ORACLE_CHECKPOINT}" if self.oracle_checkpoint else ""
        return {
            "draws": self.draws_label,
            "train_set": self.recipe.train_set_label,
            "budget": self.recipe.length if self.start else self.budget.label,
            "weights": f"trained{start}",
        }


@dataclass(frozen=True, slots=True)
class CellPlan:
    """A cell: one denoiser on one image set under one noise, protocol and seed."""

    method: Method[Any]
    config: Any
    task: Task  # what the denoiser was trained for
    noise: Noise  # what it is tested on
    parameters: LevelKnowledge  # whether it is given the level
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
    def plugins(self) -> tuple[object, ...]:
        """The objects of plugins that compute it."""
        return self.method, self.noise.family

    @property
    def method_spec(self) -> str:
        return str(config_spec(self.method.name, self.config))

    @property
    def method_label(self) -> str:
        """The method's name in results: its spec, and whether it is a self-ensemble."""
        return method_label(self.method_spec, self_ensemble=self.self_ensemble)

    @property
    def what(self) -> str:
        """The cell in words: `tv on set12, gaussian:25`."""
        return f"{self.method_label} on {self.image_set.spec}, {self.noise}"

    @property
    def repeats(self) -> int:
        """How often each image is scored."""
        return self.protocol.repeats_of(self.image_set.spec)

    @property
    def assumed(self) -> str:
        """The noise that an untrained method takes the images for, if it is of another family than
        theirs; else empty. The assumptions of a training are in its recipe."""
        noise, trained = self.task.noise, isinstance(self.method, TrainedMethod)
        if not trained and not noise.same_family(self.noise.treated_as):
            return str(noise.blind_range())  # a level that is not given plays no part
        return ""

    def given_levels(self, level: float | None) -> tuple[float | None, ...]:
        """The levels that the denoiser is given for an image at `level`: one, None if unknown; or
        those of an oracle's grid."""
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
            assumed=self.assumed,
        )


class PlanFailure(NamedTuple):
    """A cell that cannot be planned, as the code of its method failed."""

    method: str
    noise: str
    parameters: LevelKnowledge
    dataset: str
    protocol: str
    seed: int
    error: PluginError

    @property
    def id(self) -> str:
        """Names its traceback."""
        return hash_of({"failed": self[:-1]})


class Unit(NamedTuple):
    """A piece of work that one process does.  needs: ids of the trainings that come before it."""

    kind: Literal["training", "cell"]
    id: str
    needs: tuple[str, ...] = ()


@dataclass(frozen=True)
class Plan:
    """The cells to compute, in order, and the others with the reason."""

    cells: tuple[CellPlan, ...]
    declined: tuple[tuple[str, str, str], ...] = ()  # method, noise and parameters, reason
    notes: tuple[str, ...] = ()
    failed: tuple[PlanFailure, ...] = ()

    @classmethod
    def joined(cls, plans: "Iterable[Plan]") -> "Plan":
        """All that is in several plans, each part once."""
        plans = list(plans)
        return cls(
            tuple({cell.id: cell for plan in plans for cell in plan.cells}.values()),
            tuple(dict.fromkeys(part for plan in plans for part in plan.declined)),
            tuple(dict.fromkeys(note for plan in plans for note in plan.notes)),
            tuple({failed.id: failed for plan in plans for failed in plan.failed}.values()),
        )

    @property
    def trainings(self) -> tuple[TrainingPlan, ...]:
        """Each training once, in the order of the cells."""
        return tuple({c.training.id: c.training for c in self.cells if c.training}.values())

    @property
    def id(self) -> str:
        """The hash of its cells' ids: the same wherever code, images and request are."""
        return hash_of({"cells": sorted(cell.id for cell in self.cells)})

    def units(self, done: Collection[str] = ()) -> tuple[Unit, ...]:
        """The work, each training before the first cell that needs it.

        done: ids of cells to leave out, with the trainings that only they need.
        """
        units: dict[Unit, None] = {}
        for cell in self.cells:
            if cell.id not in done:
                needs = (cell.training.id,) if cell.training else ()
                units |= dict.fromkeys(Unit("training", training) for training in needs)
                units[Unit("cell", cell.id, needs)] = None
        return tuple(units)

    @cached_property
    def cell_of(self) -> Mapping[str, CellPlan]:
        """By id."""
        return {cell.id: cell for cell in self.cells}

    @cached_property
    def training_of(self) -> Mapping[str, TrainingPlan]:
        """By id."""
        return {training.id: training for training in self.trainings}

    @cached_property
    def tested_with(self) -> Mapping[str, Sequence[ImageSet]]:
        """The image sets that are scored with each training, by its id."""
        sets: dict[str, dict[str, ImageSet]] = {}
        for cell in self.cells:
            if cell.training is not None:
                sets.setdefault(cell.training.id, {})[cell.image_set.spec] = cell.image_set
        return {training: list(its.values()) for training, its in sets.items()}
