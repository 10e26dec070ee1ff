"""What the verbs that compute do once their options are read."""

import sys
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, cast, get_args

import click

from denoisebench.budgets import DENOISE_MPX_PER_S, TRAIN_MPX_PER_S, get_budget
from denoisebench.cli.options import BUDGET, CHANNELS, NOISE, TRAIN_SETS, Asked
from denoisebench.cli.progress import show_progress
from denoisebench.errors import PluginError, UserError, plugin_code
from denoisebench.images import CHANNEL_WORDS, ImageSet
from denoisebench.interfaces import Draws, ProgressCallback, Report
from denoisebench.oracle import Knowledge
from denoisebench.orientations import ORIENTATIONS
from denoisebench.plan import Plan, Request, TrainingPlan, train_set_label
from denoisebench.planner import make_plan
from denoisebench.plugins import Registries, load
from denoisebench.results import CellResult, cell_path, frame
from denoisebench.runner import Options, Runner
from denoisebench.saving import Kind
from denoisebench.specs import split_list

if TYPE_CHECKING:
    import pandas as pd


def load_plugins(extra: Sequence[str]) -> Registries:
    """Load the plugins; say on stderr which ones are broken."""
    registries = load(extra)
    for name, reason in registries.broken.items():
        click.echo(f"plugin {name!r} is left out: {reason}", err=True)
    return registries


def compute(asked: Asked, methods: Sequence[str], registries: Registries) -> int:
    """Plan, run, print, save.  Returns the exit status."""
    report = registries.report(asked.format)
    out = out_folder(asked.out, create=not asked.dry_run)
    plan = make_plan(make_request(asked, methods), registries)
    for line in asides(plan):
        click.echo(line, err=True)
    if asked.dry_run:
        print_plan(plan, out)
        return 0
    results = carry_out(plan, asked, registries)
    show(results, plan, asked, report)
    return status_of(results)


def carry_out(plan: Plan, asked: Asked, registries: Registries) -> list[CellResult]:
    """The results of a plan's cells, computed where they are not there; says which failed."""
    out = asked.out

    save = _kinds(asked)
    options = Options(out, asked.device, save, asked.retry_failed, asked.keep_estimates)
    results = Runner(plan, options, fetcher(registries), show_progress).run()
    failed = {f"{r.method} on {r.dataset}, {r.noise}: {r.error}": None for r in results if r.error}
    for line in failed:
        click.echo(f"failed: {line} (--retry-failed computes it again)", err=True)
    for line in dict.fromkeys(map(declined_text, filter(None, (r.declines for r in results)))):
        click.echo(line, err=True)
    return results


def show(results: Sequence[CellResult], plan: Plan, asked: Asked, report: Report) -> None:
    """Print the results and save what is printed; nothing where all failed."""
    out = asked.out
    if any(not result.error for result in results):
        rows = frame_shown([r for r in results if not r.error], plan.declined)
        text = render(report, rows, out)
        if report.printed:
            click.echo(text)
        path = out / f"{'table.txt' if report.name == 'table' else f'results.{report.name}'}"
        path.write_text(text + "\n", encoding="utf-8")
        click.echo(f"saved as {path}", err=True)
        say_saved(asked)


def frame_shown(
    results: Sequence[CellResult], declined: Sequence[tuple[str, str, str]] = ()
) -> "pd.DataFrame":
    """The rows of results.  Raises UserError when every method declines."""
    rows = frame(results, declined)
    if rows.empty:
        reasons = "; ".join(map(declined_text, rows.attrs["declined"]))
        raise UserError(f"nothing to show: {reasons}")
    return rows


def render(report: Report, rows: "pd.DataFrame", out: Path) -> str:
    """What a report makes of rows that are stored under `out`.  Raises UserError when it fails."""
    rows.attrs["results"] = out
    try:
        with plugin_code(f"report {report.name}"):
            return report.render(rows)
    except PluginError as error:
        raise UserError(str(error)) from error


def say_saved(asked: Asked) -> None:
    """Say where the images are that were to be saved."""
    for kind in (*_kinds(asked), *(["estimates"] if asked.keep_estimates else [])):
        click.echo(f"{kind} are under {asked.out / kind}", err=True)


def status_of(results: Iterable[CellResult]) -> int:
    """The exit status: 1 where a method failed."""
    return 1 if any(result.error for result in results) else 0


def _kinds(asked: Asked) -> tuple[Kind, ...]:
    asked_kinds: dict[Kind, bool] = {"pictures": asked.save_images, "arrays": asked.save_arrays}
    return tuple(kind for kind, wanted in asked_kinds.items() if wanted)


def fetcher(registries: Registries) -> Callable[[ImageSet, ProgressCallback], None]:
    """What brings the missing files of an image set to this machine."""

    def fetch(image_set: ImageSet, progress: ProgressCallback) -> None:
        source, spec = registries.source(image_set.spec)
        if not source.at_hand(spec):
            source.fetch(spec, progress)

    return fetch


def make_request(asked: Asked, methods: Sequence[str]) -> Request:
    """The options as a request.  Raises UserError for those that contradict."""
    parameters = split_list(asked.parameters)
    for item in parameters:
        if item not in get_args(Knowledge):
            raise UserError(
                f"--parameters {item}: give known, unknown or oracle, or several as known,unknown"
            )
    budget = get_budget(asked.budget or BUDGET, asked.steps, asked.batch, asked.crop)
    lengths = (asked.budget, asked.steps, asked.batch, asked.crop)
    refuse_lengths(asked.weights, lengths)
    trains_anew = asked.oracle_checkpoint or any(x is not None for x in (*lengths, asked.start))
    if asked.oracle_checkpoint and asked.weights not in ("auto", "none"):
        raise UserError("--oracle-checkpoint is of a training, which --weights replaces; give one")
    if asked.start is not None and asked.weights not in ("auto", "none"):
        raise UserError("--start begins a training and --weights takes its place; give one of them")
    return Request(
        methods=tuple(methods),
        noises=tuple(split_list(NOISE if asked.noise is None else asked.noise)),
        own_noise=asked.noise is None,
        parameters=cast(tuple[Knowledge, ...], tuple(parameters)),
        datasets=tuple(split_list(asked.datasets)),
        train_sets=(asked.train_set,) if asked.train_set else TRAIN_SETS,
        clean_set=asked.clean_set,
        draws=cast(Draws, asked.draws),
        budget=budget,
        weights="none" if trains_anew and asked.weights == "auto" else asked.weights,
        seeds=asked.seeds,
        protocols=tuple(split_list(asked.protocol)),
        mixed=asked.mixed,
        self_ensemble=asked.self_ensemble,
        precision=asked.precision,
        source_noise=asked.source_noise,
        target_noise=asked.target_noise,
        start=asked.start,
        oracle_checkpoint=asked.oracle_checkpoint,
        channels=CHANNELS[asked.channels] if asked.channels else None,
    )


def refuse_lengths(weights: str, lengths: Iterable[str | int | None]) -> None:
    """Raise UserError for the length of a training where none is wanted."""
    if weights == "zoo" and any(length is not None for length in lengths):
        raise UserError(
            "--budget, --steps, --batch and --crop are of a training and --weights zoo trains"
            " nothing; give one of them"
        )


def out_folder(path: Path, *, create: bool) -> Path:
    """The folder of results, made if need be.  Raises UserError where it cannot be."""
    for parent in (path, *path.parents):
        if parent.exists() and not parent.is_dir():
            raise UserError(f"--out {path}: {parent} is a file; give a folder")
    if not create:
        return path
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UserError(f"--out {path}: {error.strerror or error}") from None
    return path


def asides(plan: Plan) -> Iterable[str]:
    yield from map(declined_text, plan.declined)
    yield from plan.notes


def declined_text(declined: tuple[str, str, str]) -> str:
    """A method, what it declines and why, as a line."""
    method, what, reason = declined
    return f"{method} declines {what}: {reason}"


def print_plan(plan: Plan, out: Path) -> None:
    """The trainings and cells, what is there already, and about how long the rest takes."""
    total = print_trainings(plan, out)
    for cell in plan.cells:
        done = cell_path(out, cell.id).exists()
        count, repeats = len(cell.image_set.images), cell.repeats
        passes = repeats * (len(ORIENTATIONS) if cell.self_ensemble else 1)
        seconds = 0.0 if done else count * passes * 0.25 / DENOISE_MPX_PER_S
        total += seconds
        images = f"{count} images ×{repeats}" if repeats > 1 else f"{count} images"
        what = f"{cell.method_label} on {cell.image_set.spec} ({images}), {cell.noise}"
        what += f", {cell.protocol}" if len({c.protocol for c in plan.cells}) > 1 else ""
        what += _seed(cell.seed, len({c.seed for c in plan.cells}) > 1)
        click.echo(f"cell     {cell.id}  {what}: {about(done, seconds)}")
    print_total(total)


def print_trainings(plan: Plan, out: Path) -> float:
    """Print a line for each training.  Returns the seconds that the missing ones take, about."""
    several = len({cell.seed for cell in plan.cells}) > 1
    return sum(print_training(training, out, several=several) for training in plan.trainings)


def print_training(training: TrainingPlan, out: Path, *, several: bool = False) -> float:
    """Print a training's line.  several: whether there are several seeds.  Returns the seconds
    that it takes, about."""
    done = (out / "trainings" / training.id / "weights.safetensors").exists()
    seconds = 0.0 if done else training.budget.megapixels / TRAIN_MPX_PER_S
    recipe = training.recipe
    kind = CHANNEL_WORDS[training.task.channels]
    what = (
        f"{recipe['method']} on {train_set_label(recipe)} in {kind}, {recipe['noise']},"
        f" {training.budget}{_seed(recipe['seed'], several)}"
    )
    click.echo(f"training {training.id}  {what}: {about(done, seconds)}")
    return seconds


def print_total(seconds: float) -> None:
    """The last line of a dry run."""
    minutes = seconds / 60
    click.echo(f"about {minutes:.0f} min on two CPU cores with bfloat16; nothing was computed")


def _seed(seed: int, several: bool) -> str:
    """Which of several seeds a line of the plan is of."""
    return f", seed {seed}" if several else ""


def about(done: bool, seconds: float) -> str:
    """How long a line of a dry run will take."""
    return "done" if done else f"about {seconds:.0f} s"


def exit_with(status: int) -> None:
    """Leave with a status other than 0, everything being said."""
    if status:
        sys.exit(status)
