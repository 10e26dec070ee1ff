"""What the verbs that compute do once their options are read."""

import sys
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from denoisebench.cli.shared.dry_run import asides, declined_text, print_plan
from denoisebench.cli.shared.options import Asked
from denoisebench.cli.shared.progress import show_progress
from denoisebench.cli.shared.request import make_request
from denoisebench.errors import PluginError, UserError, plugin_code
from denoisebench.execution.context import Context
from denoisebench.execution.image_reader import ImageReader
from denoisebench.execution.runner import ExecutionOptions, Runner
from denoisebench.files import write_whole
from denoisebench.images.image_set import ImageSet
from denoisebench.planning.plan import Plan
from denoisebench.planning.planner import make_plan
from denoisebench.plugin.report import Report
from denoisebench.progress import ProgressCallback
from denoisebench.registry.loader import load
from denoisebench.registry.registries import Registries
from denoisebench.results.dataframe import frame
from denoisebench.results.records import CellResult
from denoisebench.results.saved_images import Kind

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
    options = ExecutionOptions(_kinds(asked), asked.retry_failed, asked.keep_estimates)
    results = Runner(plan, context(asked.out, asked.device, registries), options).run()
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
        write_whole(path, f"{text}\n".encode())
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


def context(out: Path, device: str, registries: Registries) -> Context:
    """Where a command carries out its jobs."""
    return Context(out, device, ImageReader(fetcher(registries), show_progress), show_progress)


def fetcher(registries: Registries) -> Callable[[ImageSet, ProgressCallback], None]:
    """What brings the missing files of an image set to this machine."""

    def fetch(image_set: ImageSet, progress: ProgressCallback) -> None:
        source, spec = registries.source(image_set.spec)
        if not source.at_hand(spec):
            source.fetch(spec, progress)

    return fetch


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


def exit_with(status: int) -> None:
    """Leave with a status other than 0, everything being said."""
    if status:
        sys.exit(status)
