"""bench rank: methods ranked on noisy images of which there is no clean one."""

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from denoisebench.budgets import DENOISE_MPX_PER_S
from denoisebench.cli.shared.compute import exit_with, load_plugins, out_folder
from denoisebench.cli.shared.dry_run import about, asides, print_total, print_trainings, tiles_text
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
from denoisebench.cli.shared.progress import show_progress
from denoisebench.cli.shared.settings_file import config_option
from denoisebench.defaults import DEFAULTS
from denoisebench.denoising.memory import memory_limit
from denoisebench.errors import UserError
from denoisebench.execution.context import Context, make_context
from denoisebench.files import write_whole
from denoisebench.noise.family import Noise
from denoisebench.noise.level_knowledge import TrainingKnowledge
from denoisebench.outside_text import printable
from denoisebench.planning.plan import Plan
from denoisebench.planning.planner import make_plan
from denoisebench.planning.run_options import RunOptions
from denoisebench.ranking.records import rank_path
from denoisebench.registry.registries import Registries
from denoisebench.specs import parse_spec, split_list
from denoisebench.training.recipe import TRANSDUCTIVE

if TYPE_CHECKING:
    from denoisebench.nn.devices import AskedPrecision

DENOISED = 3
"""How often each image is denoised for its scores."""


def _lengths(verb: F) -> F:
    """Add the options that say how long to train."""
    for option in reversed(length_options):
        verb = option(verb)
    return verb


@click.command("rank")
@click.option("--images", metavar="DIR", help="Your noisy images.")
@click.option("--datasets", metavar="D[,D...]",
              help="Image sets, instead of --images; if they have clean images, the true ranking is"
                   " shown too.")  # fmt: skip
@click.option("--methods", metavar="M[,M...]", help=installed_of(DEFAULTS.ranked_methods))
@click.option("--noise", metavar="N",
              help="The noise: a family, as poisson, of unknown level; or with its level, as"
                   f" gaussian:25.  [default: real, taken for Gaussian; {DEFAULTS.noise} for clean"
                   " image sets]")  # fmt: skip
@click.option("--parameters", type=click.Choice(["known", "unknown"]),
              help="Whether methods and SURE are given the level.  [default: known if --noise has"
                   " one]")  # fmt: skip
@click.option("--weights", default="auto", show_default=True, metavar="auto|zoo|none|PATH",
              help="auto: bundled weights if they fit, else train on the very images; zoo: bundled"
                   " weights only; none: train; a file: use it.")  # fmt: skip
@_lengths
@click.option("--seed", type=SEED, default=0, show_default=True,
              help="Names what is drawn: noise, masks, probes, the training.")  # fmt: skip
@device_option
@memory_option
@precision_option
@out_option
@click.option("--format", type=click.Choice(["table", "csv", "json"]), default="table",
              show_default=True, help="How to print the ranking.")  # fmt: skip
@click.option("--dry-run", is_flag=True, help="Say what would be computed; compute nothing.")
@plugin_option
@config_option
def command(
    images: str | None,
    datasets: str | None,
    methods: str | None,
    noise: str | None,
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
    dry_run: bool,
    plugin: tuple[str, ...],
) -> None:
    """Rank methods on noisy images without a reference, by three scores.

    A method that must be trained is trained on the noisy images themselves, unless its bundled
    weights fit.  The table says when to believe which score.
    """
    registries = load_plugins(plugin)
    model = None if noise is None else _noise(noise, registries)
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
        options.request(_methods(methods, registries), registries.budgets),
        datasets=_datasets(images, datasets),
        weights_of=DEFAULTS.train_sets,
        needs_reference=False,
    )
    plan = make_plan(request, registries)
    for line in asides(plan):
        click.echo(line, err=True)
    out = out_folder(out, create=not dry_run)
    if dry_run:
        _print_plan(plan, out, memory)
        return
    context = make_context(out, device, registries, show_progress, memory)
    exit_with(_rank(plan, context, out, format))


def _rank(plan: Plan, context: Context, out: Path, form: str) -> int:
    """Score, print, save.  Returns the exit status."""
    from denoisebench.ranking.rank import rank_cells
    from denoisebench.ranking.table import FORMATS

    ranked, failures = rank_cells(plan, context)
    for failure in failures:
        click.echo(f"failed: {failure.method} on {failure.dataset}: {failure.error}", err=True)
    if ranked:
        text = FORMATS[form](ranked)
        click.echo(printable(text, keep="\n\t"))
        path = out / f"rank.{'txt' if form == 'table' else form}"
        write_whole(path, f"{text}\n".encode())
        click.echo(f"saved as {path}", err=True)
    return 1 if failures else 0


def _methods(methods: str | None, registries: Registries) -> tuple[str, ...]:
    if methods is not None:
        return tuple(split_list(methods))
    return tuple(name for name in DEFAULTS.ranked_methods if name in registries.methods)


def _datasets(images: str | None, datasets: str | None) -> tuple[str, ...]:
    if (images is None) == (datasets is None):
        raise UserError("give your noisy images as --images DIR, or image sets as --datasets D")
    return (f"noisy:{images}",) if images is not None else tuple(split_list(datasets or ""))


def _noise(text: str, registries: Registries) -> Noise:
    """The noise of a spec, or of a family's bare name: at its blind range."""
    spec = parse_spec(text)
    family = registries.noises.get(spec.name)
    bare = family is not None and not spec.values and not spec.options
    if family is not None and bare and family.treated_as() is None:
        return Noise(family, *family.blind)
    return registries.noise(text)


def _usual_knowledge(model: Noise | None) -> TrainingKnowledge:
    """The default of --parameters: known if the noise has one level."""
    return "unknown" if model is not None and model.is_range else "known"


def _print_plan(plan: Plan, out: Path, memory_gb: float | None) -> None:
    """The trainings, what is ranked, in which tiles, and about how long it takes."""
    limit_bytes = memory_limit(memory_gb)
    total = print_trainings(plan, out)
    for cell in plan.cells:
        done, count = rank_path(out, cell).exists(), len(cell.image_set.images)
        seconds = 0.0 if done else DENOISED * count * 0.25 / DENOISE_MPX_PER_S
        total += seconds
        what = f"{cell.method_spec} on {cell.image_set.spec} ({count} images), {cell.noise}"
        in_tiles = "" if done else tiles_text(cell, limit_bytes)
        click.echo(f"rank     {what}: {about(done, seconds)}{in_tiles}")
    print_total(total)
