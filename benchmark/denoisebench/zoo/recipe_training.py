"""The zoo: bundled weights, and the recipes that they are trained by.

Imports no torch.  A recipe's training is the very one that `bench run` plans for its settings.
"""

from collections.abc import Sequence
from dataclasses import replace
from enum import StrEnum
from pathlib import Path
from typing import Any, NamedTuple, cast

from denoisebench.errors import UserError
from denoisebench.noise.level_knowledge import TrainingKnowledge
from denoisebench.planning.answers import (
    config_as_trained,
    evidence_of,
    reason_to_decline,
    why_no_weights,
)
from denoisebench.planning.plan import TrainingPlan
from denoisebench.planning.request import Request
from denoisebench.planning.run_options import RunOptions
from denoisebench.planning.training_planner import TrainingPlanner, base_recipe, usual_noise
from denoisebench.planning.training_sets import TrainingSets
from denoisebench.planning.weights_finder import WeightsFinder
from denoisebench.plugin.method import Task, TrainedMethod
from denoisebench.plugin.recipe import Recipe
from denoisebench.registry.registries import Registries
from denoisebench.specs import config_spec, whole_number
from denoisebench.training.recipe import TrainingRecipe
from denoisebench.training.weights_file import file_hash, read_header


class State(StrEnum):
    """Whether the file of a recipe is there."""

    SHIPPED = "shipped"
    RECIPE_ONLY = "recipe only"  # no file is bundled
    MISSING = "missing"  # one should, and is not there
    ANOTHER = "another file"  # what lies there is not what the recipe names


class ResolvedRecipe(NamedTuple):
    """A recipe, resolved.  config: as it is trained."""

    method: TrainedMethod[Any]
    config: Any
    task: Task


def weights_file(recipe: Recipe, registries: Registries) -> Path | None:
    """Where the weights of a recipe lie, if they are there; None where the method's plugin is one
    file, which brings no weights.  Raises UserError for a method that no plugin offers."""
    method, _ = registries.method(recipe.settings["method"])
    folder = registries.weights_folder(method.name)
    return folder / f"{recipe.stem}.safetensors" if folder else None


def state_of(recipe: Recipe, path: Path | None) -> State:
    """The state of a recipe's file."""
    if path is None or not path.exists():
        return State.RECIPE_ONLY if recipe.sha256 is None else State.MISSING
    return State.SHIPPED if file_hash(path) == recipe.sha256 else State.ANOTHER


def total_megapixels(recipe: Recipe, registries: Registries) -> float:
    """What its network is trained on, with all that it begins with, 10⁶ pixels.

    Raises UserError for a start that is no recipe, and for recipes that begin with each other.
    """
    chain = [recipe]
    while (start := chain[-1].start) is not None:
        chain.append(registries.recipe(start))
        if chain[-1] in chain[:-1]:
            raise UserError(f"recipe {recipe.name}: it begins with itself, by --start {start}")
    return sum(link.budget.megapixels for link in chain)


def meaning(recipe: Recipe, registries: Registries) -> ResolvedRecipe:
    """The method, config and task of a recipe.

    Raises UserError for a method that learns nothing or declines, and for noise never drawn.
    """
    said = recipe.settings
    method, config = registries.method(said["method"])
    if not isinstance(method, TrainedMethod):
        raise UserError(f"recipe {recipe.name}: {why_no_weights(method)} and has no weights")
    noise, parameters = registries.noise(said["noise"]), cast(TrainingKnowledge, said["parameters"])
    if noise.is_real:
        raise UserError(
            f"recipe {recipe.name}: {noise} has no known distribution and cannot be drawn"
        )
    noise.refuse_gray(recipe.channels, f"recipe {recipe.name}")
    task = Task(usual_noise(method, config, noise, parameters), parameters, recipe.channels)
    reason = reason_to_decline(method, config, task)
    if reason is not None:
        spec = config_spec(method.name, config)
        raise UserError(f"recipe {recipe.name}: {spec} declines {noise} {parameters}: {reason}")
    return ResolvedRecipe(method, config_as_trained(method, config), task)


def stages(recipe: Recipe, registries: Registries) -> Sequence[Recipe]:
    """The recipes whose trainings follow each other, `recipe` the last: one that begins with a
    recipe whose weights are not bundled comes after it.

    Raises UserError for a start that is no recipe, and for recipes that begin with each other.
    """
    total_megapixels(recipe, registries)
    chain = [recipe]
    while (start := chain[0].start) is not None and registries.recipe(start).sha256 is None:
        chain.insert(0, registries.recipe(start))
    return chain


def header_of(recipe: Recipe, registries: Registries) -> TrainingRecipe:
    """The part of the weights' header that the recipe decides.

    `start` is None too where it begins with weights that are not bundled.
    """
    meant, request = meaning(recipe, registries), _request(recipe, registries)
    (seed,), (train_set,) = request.seeds, request.train_sets
    base = base_recipe(request, *meant, seed, train_set)
    if recipe.start is None:
        return base
    begun = registries.recipe(recipe.start)
    if begun.sha256 is None:
        return replace(base, start_megapixels=total_megapixels(begun, registries))
    path = registries.bundled_file(begun)
    megapixels = read_header(path).recipe.megapixels
    return replace(base, start=file_hash(path), start_megapixels=megapixels)


def plan_training(
    recipe: Recipe, registries: Registries, begun: Path | None = None
) -> tuple[TrainingPlan, Sequence[str]]:
    """The training of a recipe, and the notes on it.

    begun: the weights that its start gave, where they are not bundled.  Raises UserError for what
    cannot be trained so.
    """
    meant, request = meaning(recipe, registries), _request(recipe, registries, begun)
    notes: dict[str, None] = {}
    note = notes.setdefault
    sets = TrainingSets(request, registries, note)
    weights = WeightsFinder(request, registries, note)
    evidence = evidence_of(meant.method, meant.config)
    reason = sets.refuses_given(evidence, meant.task, None)
    if reason is not None:
        raise UserError(f"recipe {recipe.name}: {reason}")
    planner = TrainingPlanner(request, registries, sets, weights, (), note)
    training = planner.plan(*meant, request.seeds[0], None, request.draws)
    return training, tuple(notes)


def _request(recipe: Recipe, registries: Registries, begun: Path | None = None) -> Request:
    """A request of a recipe's settings that scores nothing.  begun: as of `plan_training`."""
    said = recipe.settings
    if recipe.start is not None:
        registries.recipe(recipe.start)  # another name would be taken for a file's
    options = RunOptions(
        noise=said["noise"],
        parameters=said["parameters"],
        channels=said["channels"],
        train_set=said["train-set"],
        draws=said["draws"],
        weights="none",
        start=begun or (Path(recipe.start) if recipe.start else None),
        seeds=(whole_number(said["seed"]),),
    )
    request = options.request((said["method"],), registries.budgets)
    return replace(request, datasets=(), budget=recipe.budget)
