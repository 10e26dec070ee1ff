"""A denoiser trained on the very images that it denoises: `--weights train`."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from denoisebench.defaults import DEFAULTS
from denoisebench.errors import UserError
from denoisebench.execution.context import make_context
from denoisebench.execution.train_job import train
from denoisebench.images.image_set import ImageSet
from denoisebench.noise.family import Noise
from denoisebench.noise_models.gaussian import Gaussian
from denoisebench.own_images.denoiser_choice import ChosenDenoiser, denoiser_of_file
from denoisebench.own_images.options import DenoiseOptions
from denoisebench.own_images.shown_set import Seen, noisy_planes, shown_level, shown_set
from denoisebench.planning.answers import evidence_of, reason_to_decline, why_no_weights
from denoisebench.planning.plan import TrainingPlan
from denoisebench.planning.run_options import RunOptions
from denoisebench.planning.training_planner import TrainingPlanner
from denoisebench.planning.training_sets import TrainingSets
from denoisebench.planning.weights_finder import WeightsFinder
from denoisebench.plugin.method import Evidence, Task, TrainedMethod
from denoisebench.progress import ProgressCallback
from denoisebench.registry.registries import Registries
from denoisebench.training.recipe import TRANSDUCTIVE

MOST_VALUES = 64_000_000
"""Of all planes that are trained on together; more are left out evenly."""


def plan_own_training(
    files: Sequence[Seen], channels: int, options: DenoiseOptions, registries: Registries
) -> TrainingPlan:
    """The training on all planes with noise, each shown with noise of one level.

    Raises UserError for a method that needs more than one noisy copy of each image.
    """
    method, config = registries.method(options.method or DEFAULTS.denoiser)
    if not isinstance(method, TrainedMethod):
        raise UserError(f"--weights train: {why_no_weights(method)}; leave it out")
    evidence = evidence_of(method, config)
    if evidence is not Evidence.NOISY:
        raise UserError(
            f"--weights train: {method.name} learns from {evidence.value}, and here"
            " is one noisy copy of each image; give another --method, as noise2score"
        )
    level = shown_level(files, "--weights train")
    task = Task(Noise(Gaussian(), level, level), "known", channels)
    reason = reason_to_decline(method, config, task)
    if reason is not None:
        raise UserError(f"{method.name} declines {task.noise}: {reason}")
    asked = RunOptions(budget=options.budget, weights="none")
    request = replace(
        asked.request((), registries.budgets), train_sets=(TRANSDUCTIVE,), needs_reference=False
    )
    image_set = _image_set(files, channels, level)
    sets = TrainingSets(request, registries, _ignore)
    finder = WeightsFinder(request, registries, _ignore)
    planner = TrainingPlanner(request, registries, sets, finder, [], _ignore)
    return planner.plan(method, config, task, 0, image_set, "given")


def to_be_trained(training: TrainingPlan) -> ChosenDenoiser:
    """The denoiser of a training that has not run."""
    label = f"{training.method.name} to be trained on these images (transductive)"
    return ChosenDenoiser(training.method, training.config, training.task, Path(), label)


def train_own(
    training: TrainingPlan,
    out: Path,
    device: str,
    registries: Registries,
    progress: ProgressCallback,
) -> ChosenDenoiser:
    """The denoiser of a training, which runs unless it is found under `out`."""
    weights = train(training, [training.train_set], make_context(out, device, registries, progress))
    chosen = denoiser_of_file(
        registries, None, str(weights), training.task.noise, training.task.channels
    )
    return replace(
        chosen,
        label=f"{training.method.name} trained on these images (transductive; {training.id})",
    )


def _image_set(files: Sequence[Seen], channels: int, level: float) -> ImageSet:
    """The planes as images, shown with noise of one level."""
    places = noisy_planes(files)
    largest = max(place.file.source.height * place.file.source.width for place in places)
    most = max(1, MOST_VALUES // (largest * channels))
    return shown_set("own images", places, channels, level, most)


def _ignore(text: str) -> None:
    """Remarks on sets of benchmarks say nothing here."""
