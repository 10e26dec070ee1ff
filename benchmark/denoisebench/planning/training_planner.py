"""From a task to the plan of its training: the recipe, whose hash is its id, and its images."""

import math
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

from denoisebench.budgets import CROP_PX, CROP_STEP_PX, Budget
from denoisebench.errors import UserError
from denoisebench.images.image_set import ImageSet
from denoisebench.images.overlap import refuse_overlap
from denoisebench.nn.shelf import modules_of
from denoisebench.noise.family import Noise
from denoisebench.noise.given import take_given_noise
from denoisebench.noise.level_knowledge import TrainingKnowledge
from denoisebench.planning.answers import blind_noise_of, config_as_trained, evidence_of
from denoisebench.planning.ids import RECIPE_VERSION
from denoisebench.planning.plan import TrainingPlan
from denoisebench.planning.request import Request
from denoisebench.planning.training_sets import TrainingSets
from denoisebench.planning.weights_finder import WeightsFinder
from denoisebench.plugin.method import Evidence, Method, Task, TrainedMethod
from denoisebench.registry.registries import Registries
from denoisebench.specs import config_spec
from denoisebench.training.recipe import HALF, TrainingRecipe


@dataclass(frozen=True, slots=True)
class TrainingPlanner:
    """Plans the trainings of one request.  tested: all sets scored.  note: takes remarks."""

    request: Request
    registries: Registries
    sets: TrainingSets
    weights: WeightsFinder
    tested: Sequence[ImageSet]
    note: Callable[[str], None]

    def plan(
        self,
        method: TrainedMethod[Any],
        config: Any,
        task: Task,
        seed: int,
        image_set: ImageSet | None,
        draws_label: str,
    ) -> TrainingPlan:
        """The training of a task, for a test set; for none, where nothing is scored.

        draws_label: of its noise, in tables.  Raises UserError for training images that are
        among those tested, for a set that gives other noise, and for a batch that cannot be
        divided by the passes on each patch.
        """
        request = self.request
        train_set = self.sets.train_set(task, image_set)
        take_given_noise(train_set, task.noise, task.parameters, self.note)
        if not request.transductive:
            for other in self.tested:
                refuse_overlap(train_set, other)
        evidence = evidence_of(method, config)
        clean_set = self.sets.clean_set(evidence, task, train_set, self.tested)
        config = config_as_trained(method, config)
        start = self.weights.start(evidence, task)
        fp32 = request.precision == "fp32" and not method.float32
        budget = budget_of(request, method)
        if budget.crop_px > request.budget.crop_px:
            self.note(
                f"{method.name} takes no patch below {method.smallest_crop} pixels: it is trained"
                f" on {budget.summary}, where the budget has crops of {request.budget.crop_px}²"
            )
        recipe = replace(
            base_recipe(request, method, config, task, seed, self.sets.name),
            version=RECIPE_VERSION,
            learning_rate=method.learning_rate,
            source=self.registries.source_hash(method.name, task.noise.family, modules_of(config)),
            train_digest=train_set.digest,
            precision="fp32" if fp32 else None,
            checkpoint="oracle" if request.oracle_checkpoint else None,
            target_noise=str(task.target_noise) if task.target_noise else None,
            clean_digest=clean_set.digest if clean_set else None,
            start=start.sha256 if start else None,
            start_megapixels=start.megapixels if start else None,
        )
        training = TrainingPlan(
            recipe=recipe,
            method=method,
            config=config,
            task=task,
            train_set=train_set,
            evidence=evidence,
            budget=budget,
            start=start,
            draws_label=draws_label,
            clean_set=clean_set,
        )
        training.refuse_odd_batch()
        return training


def base_recipe(
    request: Request,
    method: TrainedMethod[Any],
    config: Any,
    task: Task,
    seed: int,
    train_set: str,
) -> TrainingRecipe:
    """The part of a recipe that is known without the images; config: as trained."""
    unpaired = evidence_of(method, config) is Evidence.UNPAIRED
    return TrainingRecipe(
        method=str(config_spec(method.name, config)),
        config=asdict(config),
        noise=str(task.noise),
        parameters=task.parameters,
        draws=request.draws,
        train_set=train_set,
        channels=task.channels,
        budget=replace(budget_of(request, method), name=""),
        seed=seed,
        clean_set=request.clean_set or HALF if unpaired else None,
    )


def budget_of(request: Request, method: TrainedMethod[Any]) -> Budget:
    """The length of a method's trainings: what was asked for, with a crop that the method takes.

    Raises UserError for a method that takes no crop of a budget.
    """
    asked, least = request.budget, method.smallest_crop
    if asked.crop_px >= least:
        return asked
    if least > CROP_PX[1]:
        raise UserError(f"{method.name}: smallest_crop is {least}; a crop has {CROP_PX[1]} at most")
    return replace(asked, name="custom", crop_px=math.ceil(least / CROP_STEP_PX) * CROP_STEP_PX)


def usual_noise(
    method: Method[Any], config: Any, noise: Noise, parameters: TrainingKnowledge
) -> Noise:
    """The noise to train on for a test noise, unless the request names another."""
    return noise if parameters == "known" else blind_noise_of(method, config, noise)


def mismatch(noise: Noise, trained_on: Noise) -> str | None:
    """A note on a test noise outside of the training noise; None if it is inside."""
    taken = noise.treated_as
    if not trained_on.same_family(taken):
        return f"{noise} is scored by what was trained on {trained_on}"
    if not trained_on.low <= taken.low <= taken.high <= trained_on.high:
        return f"{noise} is beyond {trained_on}, which is trained on"
    return None


def draws_label(request: Request, task: Task, noise: Noise) -> str:
    """The label of the training's noise in tables: its draws, and the noise if it is not that of
    the test."""
    usual = noise if task.parameters == "known" else noise.blind_range()
    as_tested = request.source_noise is None and task.noise == usual
    if as_tested and task.target_noise is None:
        return request.draws
    target = f" to {task.target_noise}" if task.target_noise else ""
    return f"{request.draws}, {task.noise}{target}"
