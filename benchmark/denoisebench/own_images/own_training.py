"""A denoiser trained on the very images that it denoises: `--weights train`."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from statistics import median

import numpy as np

from denoisebench.defaults import DEFAULTS
from denoisebench.errors import UserError
from denoisebench.execution.context import Context
from denoisebench.execution.image_reader import ImageReader
from denoisebench.execution.train_job import train
from denoisebench.image_files.source import PixelFile
from denoisebench.images.image_set import ImageFile, ImageSet
from denoisebench.images.pixels import Pixels
from denoisebench.noise.family import Noise
from denoisebench.noise_models.gaussian import Gaussian
from denoisebench.own_images.denoiser_choice import ChosenDenoiser, denoiser_of_file
from denoisebench.own_images.intensity import Intensity
from denoisebench.own_images.options import DenoiseOptions
from denoisebench.own_images.planes import Plane, group_of
from denoisebench.own_images.treatment import Look
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


@dataclass(frozen=True, slots=True)
class Seen:
    """A file whose planes are trained on.  sha256: of the file.  looks: by the place along C."""

    source: PixelFile
    sha256: str
    looks: dict[int, Look]


def plan_own_training(
    files: Sequence[Seen], channels: int, options: DenoiseOptions, registries: Registries
) -> TrainingPlan:
    """The training on all planes with noise, each shown with noise of one level.

    Raises UserError for a method that needs more than one noisy copy of each image.
    """
    method, config = registries.method(options.method or DEFAULTS.denoiser)
    if not isinstance(method, TrainedMethod):
        raise UserError(f"--weights train: {method.name} learns nothing; leave it out")
    if method.evidence(config) is not Evidence.NOISY:
        raise UserError(
            f"--weights train: {method.name} learns from {method.evidence(config).value}, and here"
            " is one noisy copy of each image; give another --method, as noise2score"
        )
    looks = [look for file in files for look in file.looks.values() if not look.noise.is_none]
    if any(look.noise.other is not None for look in looks):
        raise UserError("--weights train is for gaussian, poisson and poisson-gaussian noise")
    level = float(f"{median(look.level for look in looks):.3g}")
    task = Task(Noise(Gaussian(), level, level), "known", channels)
    reason = method.declines(config, task)
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
    label = f"{training.method.name} to be trained on these images"
    return ChosenDenoiser(training.method, training.config, training.task, Path(), label)


def train_own(
    training: TrainingPlan,
    out: Path,
    device: str,
    registries: Registries,
    progress: ProgressCallback,
) -> ChosenDenoiser:
    """The denoiser of a training, which runs unless it is found under `out`."""
    reader = ImageReader(lambda _set, _progress: None, progress)  # the images are here
    weights = train(training, [training.train_set], Context(out, device, reader, progress))
    chosen = denoiser_of_file(
        registries, None, str(weights), training.task.noise, training.task.channels
    )
    return replace(chosen, label=f"{training.method.name} trained on these images ({training.id})")


def _image_set(files: Sequence[Seen], channels: int, level: float) -> ImageSet:
    """The planes as images, shown with noise of one level."""
    places = [
        (file, plane, file.looks[group_of(file.source, plane)])
        for file in files
        for plane in file.source.planes()
        if not file.looks[group_of(file.source, plane)].noise.is_none
    ]
    largest = max(file.source.height * file.source.width for file, _, _ in places)
    count = min(len(places), max(1, MOST_VALUES // (largest * channels)))
    kept = np.unique(np.linspace(0, len(places) - 1, count).round().astype(int))
    images = []
    for index in kept:
        file, plane, look = places[index]
        intensity = look.intensity.with_level(look.noise.sigma, (level, level))
        load = partial(_shown, file.source, plane, intensity)
        digest = hashlib.sha256(f"{file.sha256} {plane} {intensity}".encode()).hexdigest()
        name = f"{index:06}-{file.source.path.name}-{'-'.join(map(str, plane))}"
        images.append(ImageFile(name, digest, load, load, digest))
    return ImageSet("own images", channels, tuple(images), noise="real", has_reference=False)


def _shown(source: PixelFile, plane: Plane, intensity: Intensity) -> Pixels:
    pixels: Pixels = intensity.shown(source.read(plane))
    return pixels


def _ignore(text: str) -> None:
    """Remarks on sets of benchmarks say nothing here."""
