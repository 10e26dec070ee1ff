"""Print the plan of a command."""

import math
from collections.abc import Iterable, Mapping
from pathlib import Path

import click

from denoisebench.denoising.memory import memory_limit, planned_tiles
from denoisebench.errors import PluginError, UserError
from denoisebench.images.channels import CHANNEL_WORDS
from denoisebench.outside_text import printable
from denoisebench.planning.answers import tiling_of
from denoisebench.planning.estimates import cell_s, training_s
from denoisebench.planning.plan import CellPlan, Plan, TrainingPlan
from denoisebench.plugin.method import TrainedMethod
from denoisebench.progress import about
from denoisebench.results.index import read_all
from denoisebench.results.rates import measured_rates
from denoisebench.results.store import cell_path, weights_path


def asides(plan: Plan) -> Iterable[str]:
    yield from map(declined_text, plan.declined)
    yield from plan.notes


def declined_text(declined: tuple[str, str, str]) -> str:
    """A method, what it declines and why, as a line."""
    method, what, reason = declined
    return f"{method} declines {what}: {reason}"


def say_failures(plan: Plan) -> None:
    """Say what cannot be planned, and why."""
    for failed in plan.failed:
        line = f"failed: {failed.method} on {failed.dataset}, {failed.noise}: {failed.error}"
        click.echo(printable(line), err=True)


def print_plan(plan: Plan, out: Path, memory_gb: float | None) -> None:
    """The trainings and cells, what is there already, and about how long the rest takes; the tiles
    of cells with images that are denoised in tiles.  memory_gb: as of `memory_limit`.

    Times are those of the results in `out` where a method has some, else of a U-Net.
    """
    limit_bytes, rates = memory_limit(memory_gb), _rates(out)
    total = print_trainings(plan, out)
    say_failures(plan)
    for cell in plan.cells:
        done = cell_path(out, cell.id).exists()
        count, repeats = len(cell.image_set.images), cell.repeats
        seconds = 0.0 if done else cell_s(cell, rates)
        total += seconds
        images = f"{count} images ×{repeats}" if repeats > 1 else f"{count} images"
        what = f"{cell.method_label} on {cell.image_set.spec} ({images}), {cell.noise}"
        what += f", {cell.protocol}" if len({c.protocol for c in plan.cells}) > 1 else ""
        what += _seed(cell.seed, len({c.seed for c in plan.cells}) > 1)
        in_tiles = "" if done else tiles_text(cell, limit_bytes)
        click.echo(f"cell     {cell.id}  {what}: {takes(done, seconds)}{in_tiles}")
    print_total(total, "; methods with results here as those took" if rates else "")


def _rates(out: Path) -> Mapping[str, float]:
    """See `measured_rates`; none if a result is damaged, which is for another command to say."""
    try:
        return measured_rates(read_all(out))
    except UserError:
        return {}


def tiles_text(cell: CellPlan, limit_bytes: int) -> str:
    """The end of a cell's line: the tiles of its largest image, of those whose size is known; empty
    where it is denoised as a whole.  limit_bytes: of memory."""
    sizes = [image.size for image in cell.image_set.images if image.size is not None]
    if not sizes:
        return ""
    height, width = max(sizes, key=math.prod)
    try:
        tiling = tiling_of(cell.method, cell.config, cell.task)
    except PluginError as error:
        return f"; {error}"
    network = cell.precision if isinstance(cell.method, TrainedMethod) else None
    tiles = planned_tiles(tiling, limit_bytes, height, width, network=network)
    return f"; {width}×{height} pixels in {tiles}" if tiles else ""


def print_trainings(plan: Plan, out: Path) -> float:
    """Print a line for each training.  Returns the seconds that the missing ones take, about."""
    several = len({cell.seed for cell in plan.cells}) > 1
    return sum(print_training(training, out, several=several) for training in plan.trainings)


def print_training(training: TrainingPlan, out: Path, *, several: bool = False) -> float:
    """Print a training's line.  several: whether there are several seeds.  Returns the seconds
    that it takes, about."""
    done = weights_path(out, training.id).exists()
    seconds = 0.0 if done else training_s(training)
    recipe = training.recipe
    kind = CHANNEL_WORDS[training.task.channels]
    what = (
        f"{recipe.method} on {recipe.train_set_label} in {kind}, {recipe.noise},"
        f" {training.budget}{_passes(training)}{_seed(training.seed, several)}"
    )
    click.echo(f"training {training.id}  {what}: {takes(done, seconds)}")
    return seconds


def print_total(seconds: float, measured: str = "") -> None:
    """The last line of a dry run.  measured: the times that are not estimates."""
    left = (
        f"about {about(seconds)} on two CPU cores with bfloat16{measured}"
        if seconds
        else "all is done"
    )
    click.echo(f"{left}; nothing was computed")


def _passes(training: TrainingPlan) -> str:
    """How many patches a step has, where that is not the batch of the budget."""
    passes = training.passes_per_patch
    if passes == 1:
        return ""
    times = "twice" if passes == 2 else f"{passes} times"
    return f", {training.patches_per_step} patches a step: the network runs {times} on each"


def _seed(seed: int, several: bool) -> str:
    """Which of several seeds a line of the plan is of."""
    return f", seed {seed}" if several else ""


def takes(done: bool, seconds: float) -> str:
    """How long a line of a dry run will take."""
    return "done" if done else f"about {about(seconds)}"
