"""The verbs that compute, once their options are read."""

import os
import sys
from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

import click

from denoisebench.cli.shared.basics import out_folder, shown_and_stored
from denoisebench.cli.shared.computing import CommandOptions
from denoisebench.cli.shared.dry_run import asides, declined_text, print_plan
from denoisebench.cli.shared.progress import Display
from denoisebench.cli.shared.trackers import asked_trackers
from denoisebench.execution.context import make_context
from denoisebench.execution.plan_failures import plan_failures
from denoisebench.execution.runner import ExecutionOptions, Retry, Runner
from denoisebench.execution.tracking import Tracking
from denoisebench.execution.workers import refuse_other_plan, run_workers, units_of_worker
from denoisebench.files import write_whole
from denoisebench.outside_text import printable, printable_report
from denoisebench.planning.plan import Plan
from denoisebench.planning.planner import make_plan
from denoisebench.plugin.executor import PLAN_VARIABLE, Crew
from denoisebench.plugin.report import Report
from denoisebench.plugin.tracker import Tracker
from denoisebench.registry.registries import Registries
from denoisebench.results.records import CellResult
from denoisebench.results.results import Results
from denoisebench.results.saved_images import Kind
from denoisebench.results.tracebacks import traceback_path

NEXT = """\
next: bench compare --datasets samples   compare methods on the same noisy images
      bench report                       all results as one HTML page
      bench denoise FILE --preview       denoise an image of yours"""
"""Said once, where a folder of results is new."""

AGAIN = (
    "it is tried again once its plugin or an installed package has changed, or with --retry-failed"
)


def compute(asked: CommandOptions, methods: Sequence[str], registries: Registries) -> int:
    """Plan, run, print, save.  Returns the exit status."""
    first_run = not asked.out.exists()
    report, means = registries.report(asked.format), Means.of(asked, registries)
    plan = make_plan(asked.request(methods, registries.budgets), registries)
    results = results_of(plan, asked, means, asides(plan))
    if results is None:
        return status_of_plan(plan)
    show(results, asked, report)
    if first_run and sys.stderr.isatty():
        say(asked, NEXT)
    return status_of(results)


class Means(NamedTuple):
    """Workers, trackers and the folder of a command, found before anything is planned."""

    registries: Registries
    crew: Crew | None
    trackers: Sequence[tuple[Tracker, str]]
    out: Path

    @classmethod
    def of(cls, asked: CommandOptions, registries: Registries) -> "Means":
        """Raises UserError for a crew, a tracker or a folder that cannot be."""
        crew, trackers = registries.crew(asked.workers), asked_trackers(asked.track, registries)
        out = out_folder(asked.out, create=not asked.dry_run)
        return cls(registries, crew, trackers, out)


def results_of(
    plan: Plan, asked: CommandOptions, means: Means, told: Iterable[str]
) -> Results | None:
    """The results of a plan, computed where missing; None for a dry run, which prints the plan.

    told: lines about the plan, said first.
    """
    for line in told:
        click.echo(line, err=True)
    if asked.dry_run:
        print_plan(plan, means.out, asked.memory)
        return None
    return _carry_out(plan, asked, means)


def _carry_out(plan: Plan, asked: CommandOptions, means: Means) -> Results:
    """The results of a plan's cells, computed where they are missing; says which failed."""
    retry: Retry = "all" if asked.retry_failed else "changed"
    options = ExecutionOptions(_kinds(asked), retry, asked.keep_estimates)
    with (
        Display(asked.heard, now_and_then=PLAN_VARIABLE not in os.environ) as show_progress,
        Tracking(means.trackers, means.out, show_progress) as tracking,
    ):
        context = make_context(
            means.out, asked.device, means.registries, show_progress, asked.memory
        )
        runner = Runner(plan, replace(context, tracking=tracking), options)
        if asked.worker:
            refuse_other_plan(plan)
            runner.run(wait=False, only=units_of_worker())
            raise click.exceptions.Exit(0)
        cells = run_workers(runner, means.crew, sys.argv[1:]).run()
    cells += plan_failures(plan, means.out)
    results = Results.of(cells, plan.declined, means.out, means.registries)
    for cell in results.errors:
        _say_failed(cell, asked)
    for line in results.doubts:
        click.echo(line, err=True)
    for line in dict.fromkeys(map(declined_text, filter(None, (c.declines for c in cells)))):
        click.echo(line, err=True)
    return results


def _say_failed(cell: CellResult, asked: CommandOptions) -> None:
    """Say what failed, when, and where its traceback is, or print that."""
    day = cell.provenance.get("failed_on")
    line = f"{cell.method} on {cell.dataset}, {cell.noise}: {cell.error}"
    again = f" ({AGAIN})" if "failed_with" in cell.provenance else ""
    click.echo(f"failed{f' on {day}' if day else ''}: {printable(line)}{again}", err=True)
    path = traceback_path(asked.out, cell.cell)
    if not path.exists():  # it failed in an earlier version
        return
    said = f"traceback: {path}"
    if asked.traceback:
        said = path.read_text(encoding="utf-8", errors="replace").rstrip()
    click.echo(printable(said, keep="\n"), err=True)


def show(results: Results, asked: CommandOptions, report: Report) -> None:
    """Print the results and save what is printed; nothing where all failed."""
    if len(results.errors) < len(results.cells):
        shown, stored = shown_and_stored(results, report.name, wide=asked.wide)
        if report.printed:
            click.echo(printable_report(shown.removesuffix("\n")))
        name = "table.txt" if report.name == "table" else f"results.{report.name}"
        write_whole(asked.out / name, stored.removesuffix("\n").encode() + b"\n")
        say(asked, f"saved as {asked.out / name}")
        say_saved(asked)
        say_weights(results, asked)


def say_saved(asked: CommandOptions) -> None:
    """Say where the images are that were to be saved."""
    for kind in (*_kinds(asked), *(["estimates"] if asked.keep_estimates else [])):
        say(asked, f"{kind} are under {asked.out / kind}")


def say_weights(results: Results, asked: CommandOptions) -> None:
    """Say where the weights are that were trained, for --weights."""
    trained = {cell.training: cell.method for cell in results.scored if cell.training}
    for training, method in trained.items():
        of = f" of {method}" if len(trained) > 1 else ""
        say(asked, f"weights{of}: {asked.out / 'trainings' / training}")


def say(asked: CommandOptions, line: str) -> None:
    """Say what `--quiet` leaves out."""
    if not asked.quiet:
        click.echo(line, err=True)


def status_of(results: Results) -> int:
    """The exit status: 1 where a method failed."""
    return 1 if results.errors else 0


def status_of_plan(plan: Plan) -> int:
    """The exit status of a dry run: 1 where a method cannot be planned."""
    return 1 if plan.failed else 0


def _kinds(asked: CommandOptions) -> tuple[Kind, ...]:
    asked_kinds: dict[Kind, bool] = {"pictures": asked.save_images, "arrays": asked.save_arrays}
    return tuple(kind for kind, wanted in asked_kinds.items() if wanted)
