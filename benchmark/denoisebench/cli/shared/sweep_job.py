"""`bench sweep`, once its options are read."""

from collections.abc import Iterable, Sequence
from pathlib import Path

import click

from denoisebench.cli.shared.basics import terminal_width
from denoisebench.cli.shared.compute import (
    Means,
    results_of,
    say,
    say_saved,
    show,
    status_of,
    status_of_plan,
)
from denoisebench.cli.shared.computing import CommandOptions
from denoisebench.files import safe_name, write_whole
from denoisebench.outside_text import printable_report
from denoisebench.planning.plan import Plan
from denoisebench.registry.registries import Registries
from denoisebench.results.records import CellResult
from denoisebench.sweeps.curves import axis_of, curves_of
from denoisebench.sweeps.plan import Sweep
from denoisebench.sweeps.table import render_sweep


def carry_out_sweep(
    sweep: Sweep, plot: Path | None, asked: CommandOptions, registries: Registries
) -> int:
    """Compute, print, draw, save.  Returns the exit status."""
    report, means = registries.report(asked.format), Means.of(asked, registries)
    results = results_of(sweep.plan, asked, means, _asides(sweep.plan))
    if results is None:
        return status_of_plan(sweep.plan)
    if asked.format != "table":
        show(results, asked, report)
    if len(results.errors) < len(results.cells):
        _show(sweep, results.cells, plot, asked)
    return status_of(results)


def _show(
    sweep: Sweep, results: Sequence[CellResult], plot: Path | None, asked: CommandOptions
) -> None:
    """The table, printed if it was asked for, and the figure, both saved."""
    from denoisebench.sweeps.figure import draw_sweep

    curves, axis = curves_of(sweep, results), axis_of(sweep.noises)
    stem = asked.out / "sweeps" / _name(sweep)
    text = render_sweep(curves, axis)
    if asked.format == "table":
        width = None if asked.wide else terminal_width()
        click.echo(printable_report(render_sweep(curves, axis, width)))
        say_saved(asked)
    table, figure = stem.with_name(f"{stem.name}.txt"), plot or stem.with_name(f"{stem.name}.png")
    write_whole(table, text.encode())
    draw_sweep(curves, axis, figure, option="--plot")
    say(asked, f"saved as {table} and {figure}")


def _name(sweep: Sweep) -> str:
    """A name for the files of a sweep: its methods and noises, and what no other sweep has."""
    methods = dict.fromkeys(series.method for series in sweep.series)
    ends = dict.fromkeys(str(noise) for noise in (sweep.noises[0], sweep.noises[-1]))
    return f"{safe_name('-'.join([*methods, *ends]))}-{sweep.id[:8]}"


def _asides(plan: Plan) -> Iterable[str]:
    """The declined cells, a line for each method and reason, and the notes."""
    declined: dict[tuple[str, str], list[str]] = {}
    for method, what, reason in plan.declined:
        declined.setdefault((method, reason), []).append(what)
    for (method, reason), whats in declined.items():
        others = f" and {len(whats) - 1} more" if len(whats) > 1 else ""
        yield f"{method} declines {whats[0]}{others}: {reason}"
    yield from plan.notes
