"""bench zoo: bundled weights, and the recipes that they are trained by."""

import shlex
from itertools import pairwise
from pathlib import Path

import click

from denoisebench.cli.shared.basics import exit_with, fitted, load_plugins, out_folder
from denoisebench.cli.shared.dry_run import print_total, print_training
from denoisebench.cli.shared.options import device_option, out_option, plugin_option
from denoisebench.cli.shared.progress import show_progress
from denoisebench.errors import PluginError, UserError
from denoisebench.execution import train_job
from denoisebench.execution.context import make_context
from denoisebench.outside_text import printable
from denoisebench.planning.estimates import training_s
from denoisebench.planning.plan import TrainingPlan
from denoisebench.plugin.recipe import Recipe
from denoisebench.registry.registries import Registries
from denoisebench.zoo.recipe_training import (
    State,
    plan_training,
    stages,
    state_of,
    total_megapixels,
    weights_file,
)

HEADS = (
    *("name", "noise", "parameters", "channels", "gigapixels", "size", "state", "training set"),
)


@click.group("zoo")
def command() -> None:
    """List, check and train the bundled weights."""


@command.command("list")
@plugin_option
def list_recipes(plugin: tuple[str, ...]) -> None:
    """List the recipes, one a line, and whether their weights are there."""
    registries = load_plugins(plugin)
    lines = [_line(recipe, registries) for recipe in registries.recipes.values()]
    click.echo(fitted([HEADS, *lines]))


def _line(recipe: Recipe, registries: Registries) -> tuple[str, ...]:
    said = recipe.settings
    size, state = "–", "no such method"
    if recipe.method in registries.methods:
        path = weights_file(recipe, registries)
        state = state_of(recipe, path).value
        if path is not None and path.exists():
            size = f"{path.stat().st_size / 1e6:.1f} MB"
    gigapixels = f"{total_megapixels(recipe, registries) / 1000:.2f}"
    task = (said["noise"], said["parameters"], said["channels"])
    return (recipe.name, *task, gigapixels, size, state, said["train-set"])


@command.command("verify")
@click.argument("names", nargs=-1, metavar="[NAME]...")
@plugin_option
def verify(names: tuple[str, ...], plugin: tuple[str, ...]) -> None:
    """Check weights: SHA-256, header against recipe, tensors, a photograph.

    Without a NAME, all bundled weights.  The exit status is 1 if any check fails.
    """
    from denoisebench.zoo.verify import check

    registries = load_plugins(plugin)
    bad = 0
    for recipe in _shipped(names, registries):
        checked = check(recipe, registries)
        bad += bool(checked.problems)
        said = f"{recipe.name}: "
        if checked.forward is not None and not checked.problems:
            forward = checked.forward
            said += (
                f"SHA-256 and recipe as recorded, {checked.tensors} tensors load and are finite,"
                f" {forward.noise} on a photograph: {forward.noisy_db:.2f} dB noisy,"
                f" {forward.denoised_db:.2f} dB denoised"
            )
        click.echo(said + "; ".join(f"WRONG: {problem}" for problem in checked.problems))
    exit_with(1 if bad else 0)


def _shipped(names: tuple[str, ...], registries: Registries) -> list[Recipe]:
    """The recipes of names, else all that have weights. UserError for a recipe without a file."""
    if not names:
        return [recipe for recipe in registries.recipes.values() if recipe.sha256 is not None]
    recipes = [registries.recipe(name) for name in names]
    for recipe in recipes:
        if recipe.sha256 is None:
            raise UserError(
                f"{recipe.name} is a recipe only, its weights are not bundled; `bench"
                f" zoo train {recipe.name}` trains them"
            )
    return recipes


@command.command("train")
@click.argument("name")
@device_option
@out_option
@click.option("--dry-run", is_flag=True, help="Say what would be trained; compute nothing.")
@plugin_option
def train(name: str, device: str, out: Path, dry_run: bool, plugin: tuple[str, ...]) -> None:
    """Train weights by their recipe; write them in half precision.

    It is the training of `bench run` with the same options and --weights none: a finished one under
    DIR is not trained again, and an interrupted one continues.  A recipe that begins with another,
    whose weights are not bundled, is trained after it.
    """
    registries = load_plugins(plugin)
    first, *others = stages(registries.recipe(name), registries)
    training, notes = plan_training(first, registries)
    out = out_folder(out, create=not dry_run)
    for note in notes:
        click.echo(note, err=True)
    if dry_run:
        seconds = [print_training(training, out)]
        for recipe in others:
            click.echo(f"then     {recipe.summary}")
            seconds.append(training_s(plan_training(recipe.begun_from_nothing(), registries)[0]))
        print_total(sum(seconds))
        return
    status = _train(first, training, registries, device, out)
    for before, recipe in pairwise([first, *others]):
        if status == 0:
            training, _ = plan_training(recipe, registries, _trained_file(before, out))
            status = _train(recipe, training, registries, device, out)
    exit_with(status)


def _trained_file(recipe: Recipe, out: Path) -> Path:
    """Where the weights of a recipe are written."""
    return out / "zoo" / recipe.method / f"{recipe.stem}.safetensors"


def _train(
    recipe: Recipe, training: TrainingPlan, registries: Registries, device: str, out: Path
) -> int:
    """Train, halve, say what came of it.  Returns the exit status."""
    from denoisebench.results.tracebacks import keep_traceback
    from denoisebench.training.weights_file import halve

    try:
        weights = train_job.train(
            training, (), make_context(out, device, registries, show_progress)
        )
    except PluginError as error:
        path = keep_traceback(out, training.id, error)
        click.echo(printable(f"failed: {error} (traceback: {path})"), err=True)
        return 1
    path = _trained_file(recipe, out)
    halve(weights, path)
    click.echo(f"weights  {path}")
    click.echo(f"SHA-256  {_compared(recipe, path, registries)}")
    click.echo(f"score    {_scoring(recipe, path)}")
    return 0


def _compared(recipe: Recipe, path: Path, registries: Registries) -> str:
    """The SHA-256 of a file that was trained anew, and how it compares with the one shipped."""
    from denoisebench.training.weights_file import file_hash, same_tensors

    sha256, shipped = file_hash(path), weights_file(recipe, registries)
    if recipe.sha256 is None:
        return f"{sha256} (a recipe only: its weights are not bundled)"
    if sha256 == recipe.sha256:
        return f"{sha256} (the bundled file)"
    if shipped is None or state_of(recipe, shipped) is not State.SHIPPED:
        return f"{sha256} (the recipe names {recipe.sha256}, which is missing)"
    same = "the same tensors as" if same_tensors(path, shipped) else "other tensors than"
    return f"{sha256} ({same} the bundled file, {recipe.sha256})"


def _scoring(recipe: Recipe, path: Path) -> str:
    """The command that scores weights under the noise that they were trained for."""
    options = ("method", "noise", "parameters", "channels")
    words = [word for option in options for word in (f"--{option}", recipe.settings[option])]
    return f"bench run {shlex.join([*words, '--weights', str(path)])}"
