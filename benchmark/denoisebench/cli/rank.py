"""bench rank: rank methods on noisy images that have no clean image."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import click

from denoisebench.budgets import DENOISE_MPX_PER_S
from denoisebench.cli.shared.basics import exit_with, load_plugins, out_folder
from denoisebench.cli.shared.option_types import SEED
from denoisebench.cli.shared.options import (
    F,
    device_option,
    installed_of,
    length_options,
    memory_option,
    out_option,
    plugin_option,
    precision_option,
)
from denoisebench.cli.shared.own_files import reading_files, unit_option
from denoisebench.cli.shared.progress import show_progress
from denoisebench.cli.shared.settings_file import config_option
from denoisebench.defaults import DEFAULTS
from denoisebench.errors import UserError
from denoisebench.files import write_whole
from denoisebench.image_files.names import image_paths
from denoisebench.noise.level_knowledge import TrainingKnowledge
from denoisebench.outside_text import printable, printable_report
from denoisebench.own_images.options import LookOptions
from denoisebench.specs import parse_spec, split_list
from denoisebench.training.recipe import TRANSDUCTIVE

if TYPE_CHECKING:
    from denoisebench.execution.context import Context
    from denoisebench.nn.devices import AskedPrecision
    from denoisebench.noise.family import Noise
    from denoisebench.own_images.own_ranking import OwnFiles
    from denoisebench.planning.plan import Plan
    from denoisebench.ranking.records import RankedMethod
    from denoisebench.registry.registries import Registries

DENOISED = 3
"""How often each image is denoised for its scores."""


def _lengths(verb: F) -> F:
    """Add the options that say how long to train."""
    for option in reversed(length_options):
        verb = option(verb)
    return verb


@click.command("rank")
@click.option("--images", multiple=True, metavar="DIR|FILE",
              help="Your noisy images, as bench denoise reads them: a folder, a file or a pattern"
                   " such as '*.tif'; may be given several times.")  # fmt: skip
@click.option("--datasets", metavar="D[,D...]",
              help="Image sets, instead of --images; if they have clean images, the true ranking is"
                   " shown too.")  # fmt: skip
@click.option("--methods", metavar="M[,M...]",
              help=f"{installed_of(DEFAULTS.ranked_methods)}  With --images also those whose"
                   " bundled weights fit.")  # fmt: skip
@click.option("--noise", metavar="N",
              help="The noise of --images: one level, as of bench denoise.  Of --datasets: a"
                   " family, as poisson, of unknown level; or with its level, as gaussian:25. "
                   " [default: found in each of the images; for --datasets real, taken for"
                   f" Gaussian, and {DEFAULTS.noise} if they are clean]")  # fmt: skip
@unit_option
@reading_files
@click.option("--parameters", type=click.Choice(["known", "unknown"]),
              help="Whether methods and SURE are given the level.  [default: known if --noise has"
                   " one]")  # fmt: skip
@click.option("--weights", default="auto", show_default=True, metavar="auto|zoo|none|PATH|NAME",
              help="auto: bundled weights if they fit, else train on the very images; zoo: bundled"
                   " weights only; none: train; a file, or a name in `bench zoo list`: use"
                   " it.")  # fmt: skip
@_lengths
@click.option("--seed", type=SEED, default=0, show_default=True,
              help="Names what is drawn: noise, masks, probes, the training.")  # fmt: skip
@device_option
@memory_option
@precision_option
@out_option
@click.option("--format", type=click.Choice(["table", "csv", "json"]), default="table",
              show_default=True, help="How to print the ranking.")  # fmt: skip
@click.option("--save-images", is_flag=True,
              help="Save noisy | denoised | clean, if there is a clean one, of each image as PNG"
                   " under DIR/pictures.")  # fmt: skip
@click.option("--dry-run", is_flag=True, help="Say what would be computed; compute nothing.")
@plugin_option
@config_option
def command(
    images: tuple[str, ...],
    datasets: str | None,
    methods: str | None,
    noise: str | None,
    unit: Literal["scaled", "adu"],
    files: Mapping[str, Any],
    parameters: TrainingKnowledge | None,
    weights: str,
    budget: str | None,
    steps: int | None,
    batch: int | None,
    crop: int | None,
    seed: int,
    device: str,
    memory: float | None,
    precision: "AskedPrecision",
    out: Path,
    format: str,
    save_images: bool,
    dry_run: bool,
    plugin: tuple[str, ...],
) -> None:
    """Rank methods on noisy images without a reference, by three scores.

    A method that must be trained is trained on the noisy images themselves, unless its bundled
    weights fit.  The table says when to believe which score, and ends, for --images, with the
    command that denoises them by the best method.
    """
    from denoisebench.cli.shared.dry_run import asides
    from denoisebench.execution.context import make_context
    from denoisebench.own_images.own_ranking import denoise_commands, in_variances
    from denoisebench.planning.planner import make_plan
    from denoisebench.planning.run_options import RunOptions

    registries = load_plugins(plugin)
    if bool(images) == (datasets is not None):
        raise UserError("give your noisy images as --images DIR, or image sets as --datasets D")
    out = out_folder(out, create=not dry_run)
    look = LookOptions(**files, noise=noise or "auto", unit=unit) if images else None
    if look is None and (told := LookOptions(**files).words):
        raise UserError(f"{told[0]} {told[1]} is for --images; leave it out for --datasets")
    own = None if look is None else _own_files(images, look, registries)
    model = _noise(noise, registries) if noise is not None and own is None else None
    options = RunOptions(
        noise=None if model is None else str(model),
        parameters=parameters or _usual_knowledge(model),
        train_set=TRANSDUCTIVE,
        budget=budget,
        steps=steps,
        batch=batch,
        crop=crop,
        weights=weights,
        seeds=(seed,),
        precision=precision,
    )
    request = replace(
        options.request(_methods(methods, own, registries), registries.budgets),
        datasets=() if datasets is None else tuple(split_list(datasets)),
        weights_of=DEFAULTS.train_sets,
        level_within=own is not None,
        needs_reference=False,
    )
    sets = () if own is None else own.sets
    plan = make_plan(request, registries, [each.image_set for each in sets])
    for line in asides(plan):
        click.echo(line, err=True)
    ranked: list[RankedMethod] = []
    if dry_run:
        _print_plan(plan, out, memory)
    else:
        context = make_context(out, device, registries, show_progress, memory)
        ranked = _ranked(plan, context, save_images)
        commands: Mapping[str, str] = {}
        if look is not None:
            commands = denoise_commands(plan, ranked, sets, images, look, request.weights, out)
            ranked = in_variances(ranked, sets)
        _show(ranked, commands, out, format)
    done = not plan.failed and (dry_run or len(ranked) == len(plan.cells))
    exit_with(0 if done and not (own and own.failures) else 1)


def _own_files(images: Sequence[str], look: LookOptions, registries: "Registries") -> "OwnFiles":
    """Look at the user's files; says what was found, and which cannot be read."""
    from denoisebench.own_images.own_ranking import look_at_files

    own = look_at_files(image_paths(images, recursive=False), look, registries)
    for line in (*own.lines, *own.failures):
        click.echo(printable(line, keep="\n"), err=True)
    return own


def _ranked(plan: "Plan", context: "Context", save_images: bool) -> "list[RankedMethod]":
    """The scores of the plan's cells; says which failed."""
    from denoisebench.ranking.rank import rank_cells

    ranked, failures = rank_cells(plan, context, ("pictures",) if save_images else ())
    for failure in failures:
        line = f"{failure.method} on {failure.dataset}: {failure.error}"
        click.echo(printable(f"failed: {line} (traceback: {failure.traceback})"), err=True)
    return ranked


def _show(ranked: "list[RankedMethod]", commands: Mapping[str, str], out: Path, form: str) -> None:
    """Print and save."""
    from denoisebench.ranking.table import FORMATS

    if ranked:
        text = FORMATS[form](ranked, commands)
        click.echo(printable_report(text))
        path = out / f"rank.{'txt' if form == 'table' else form}"
        write_whole(path, f"{text}\n".encode())
        click.echo(f"saved as {path}", err=True)


def _methods(
    methods: str | None, own: "OwnFiles | None", registries: "Registries"
) -> tuple[str, ...]:
    from denoisebench.own_images.own_ranking import usual_methods

    if methods is not None:
        return tuple(split_list(methods))
    if own is not None:
        return usual_methods(own.sets, registries)
    return tuple(name for name in DEFAULTS.ranked_methods if name in registries.methods)


def _noise(text: str, registries: "Registries") -> "Noise":
    """The noise of a spec, or of a family's bare name: at its blind range."""
    from denoisebench.noise.family import Noise

    spec = parse_spec(text)
    family = registries.noises.get(spec.name)
    bare = family is not None and not spec.values and not spec.options
    if family is not None and bare and family.treated_as() is None:
        return Noise(family, *family.blind)
    return registries.noise(text)


def _usual_knowledge(model: "Noise | None") -> TrainingKnowledge:
    """The default of --parameters: known if the noise has one level."""
    return "unknown" if model is not None and model.is_range else "known"


def _print_plan(plan: "Plan", out: Path, memory_gb: float | None) -> None:
    """The trainings, what is ranked, in which tiles, and about how long it takes."""
    from denoisebench.cli.shared.dry_run import (
        print_total,
        print_trainings,
        say_failures,
        takes,
        tiles_text,
    )
    from denoisebench.denoising.memory import memory_limit
    from denoisebench.ranking.records import rank_path

    limit_bytes = memory_limit(memory_gb)
    total = print_trainings(plan, out)
    say_failures(plan)
    for cell in plan.cells:
        done, count = rank_path(out, cell).exists(), len(cell.image_set.images)
        seconds = 0.0 if done else DENOISED * count * 0.25 / DENOISE_MPX_PER_S
        total += seconds
        what = f"{cell.method_spec} on {cell.image_set.spec} ({count} images), {cell.noise}"
        in_tiles = "" if done else tiles_text(cell, limit_bytes)
        click.echo(f"rank     {what}: {takes(done, seconds)}{in_tiles}")
    print_total(total)
