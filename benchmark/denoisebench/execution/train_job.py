"""Carries out one training: reads its images, checks what it may see, trains under a claim."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path

from denoisebench.errors import UserError
from denoisebench.execution.claims import waited_for
from denoisebench.execution.context import Context
from denoisebench.execution.image_reader import ImageReader
from denoisebench.files import told_of_writing, write_whole
from denoisebench.images.image_set import ImageSet
from denoisebench.images.overlap import CLEAN_AND_TEST, CLEAN_AND_TRAIN, refuse_same_pixels
from denoisebench.planning.given_weights import GivenWeights
from denoisebench.planning.plan import TrainingPlan
from denoisebench.plugin.method import Evidence
from denoisebench.results.store import weights_path
from denoisebench.training.live_history import LiveHistory
from denoisebench.training.recipe import HALF, TRANSDUCTIVE, TrainingRecipe
from denoisebench.training.splits import (
    ImageHashes,
    TrainingImages,
    hold_out,
    split_in_halves,
    take,
)

CHECKPOINT = "checkpoint.pt"
"""Where a training that has not ended goes on from; beside its weights."""


def train(training: TrainingPlan, tested: Sequence[ImageSet], context: Context) -> Path:
    """The weights of a training, which runs now if it has not run before.

    tested: the image sets that are scored with the weights.  Waits for another process that trains
    the same.  Raises PluginError for what the method raises, UserError for images that it must not
    see.
    """
    if (weights := finished(training, context.out)) is not None:
        return weights
    with waited_for(context.out, training.id, training.what, context.progress) as claim:
        return train_claimed(training, tested, claim.telling(context))


def finished(training: TrainingPlan, out: Path) -> Path | None:
    """The weights of a training that has run, else None."""
    weights = weights_path(out, training.id)
    if not weights.exists():
        return None
    if (checkpoint := weights.with_name(CHECKPOINT)).exists():  # of a process killed at the end
        LiveHistory(checkpoint).end()
        checkpoint.unlink(missing_ok=True)
    return weights


def train_claimed(training: TrainingPlan, tested: Sequence[ImageSet], context: Context) -> Path:
    """As `train`, of a training that this process has claimed."""
    weights = finished(training, context.out)
    if weights is None:
        weights = weights_path(context.out, training.id)
        with told_of_writing(weights):
            weights.parent.mkdir(parents=True, exist_ok=True)
        _train(training, tested, weights.parent, context)
    return weights


def _train(
    training: TrainingPlan, tested: Sequence[ImageSet], folder: Path, context: Context
) -> None:
    from denoisebench.execution.fit import fit
    from denoisebench.nn.devices import pick_device
    from denoisebench.training.batches import refuse_small

    device, reader = pick_device(context.device), context.reader
    recipe = json.dumps(training.recipe.to_json(), indent=1, sort_keys=True)
    write_whole(folder / "recipe.json", f"{recipe}\n".encode())
    for image_set in filter(None, (training.train_set, training.clean_set)):
        refuse_small(reader.sizes(image_set), training.budget.crop_px)
    shown, contents = _shown(training, reader)
    hashes = contents.all
    if training.start is not None:
        if training.evidence is Evidence.UNPAIRED:
            refuse_start(training.start, training.recipe, contents)
        hashes = {**training.start.header.images, **hashes}
    held_out = TrainingImages([])
    if training.recipe.train_set != TRANSDUCTIVE:
        for image_set in tested:
            _refuse_tested(training, contents, hashes, image_set, reader)
        shown, held_out = hold_out(shown)
    with context.tracking.training(training) as tracked:
        checkpoint = folder / CHECKPOINT
        fit(training, shown, held_out, hashes, checkpoint, device, context.progress, tracked)


def _shown(training: TrainingPlan, reader: ImageReader) -> tuple[TrainingImages, ImageHashes]:
    """The images of a training.  Raises UserError for an image that is noisy and clean."""
    train_set, clean_set = training.train_set, training.clean_set
    images, hashes = reader.images(train_set), reader.hashes(train_set)
    if training.evidence is not Evidence.UNPAIRED:
        return TrainingImages(images), ImageHashes(hashes, {})
    if clean_set is not None:
        clean = reader.hashes(clean_set)
        refuse_same_pixels(clean_set.spec, clean, train_set.spec, hashes, CLEAN_AND_TRAIN)
        return TrainingImages(images, reader.images(clean_set)), ImageHashes(hashes, clean)
    pixels = reader.pixel_hashes(train_set)
    sides = split_in_halves(train_set, pixels, training.seed)
    noisy, clean = ({pixels[i]: train_set.images[i].id for i in side} for side in sides)
    return TrainingImages(*(take(images, side) for side in sides)), ImageHashes(noisy, clean)


def _refuse_tested(
    training: TrainingPlan,
    contents: ImageHashes,
    hashes: Mapping[str, str],
    image_set: ImageSet,
    reader: ImageReader,
) -> None:
    """Raise UserError for a test image among those that are shown, or were by the start."""
    tested = reader.hashes(image_set)
    if training.clean_set is not None:
        spec = training.clean_set.spec
        refuse_same_pixels(spec, contents.clean, image_set.spec, tested, CLEAN_AND_TEST)
    refuse_same_pixels(training.train_set.spec, hashes, image_set.spec, tested)


def refuse_start(start: GivenWeights, recipe: TrainingRecipe, shown: ImageHashes) -> None:
    """Raise UserError for weights that saw an image on the side where it is not, here.

    recipe: of the training that is to begin with them.
    """
    theirs, seen = start.header.recipe, start.header.images
    if _sides_of(theirs) == _sides_of(recipe):
        return
    # Weights that saw clean images do not say which of theirs those were.
    forbidden = shown.all if theirs.clean_set else shown.clean
    for key in forbidden.keys() & seen.keys():
        side = "clean" if key in shown.clean else "noisy"
        raise UserError(
            f"--start {start.path}: it saw {seen[key]}, which this training is shown as {side}"
            f" image {forbidden[key]}; give weights that saw none of the clean images as noisy"
            " ones, or the reverse, or another --clean-set"
        )


def _sides_of(recipe: TrainingRecipe) -> tuple[object, ...]:
    """The inputs that decide which images are on which side; the seed does so for halves."""
    seed = recipe.seed if recipe.clean_set == HALF else None
    return recipe.clean_set, recipe.train_digest, recipe.clean_digest, seed
