"""`bench table`, once its options are read."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

import click

from denoisebench.cli.shared.compute import Means, results_of, say, status_of, status_of_plan
from denoisebench.cli.shared.computing import CommandOptions
from denoisebench.cli.shared.dry_run import asides
from denoisebench.cli.shared.option_types import Seeds
from denoisebench.errors import UserError, plugin_code, unknown_name
from denoisebench.files import write_whole
from denoisebench.planning.planner import make_joint_plan
from denoisebench.planning.request import Request
from denoisebench.plugin.report import Report
from denoisebench.registry.registries import Registries
from denoisebench.results.results import Results
from denoisebench.results.selection import choose
from denoisebench.specs import parse_spec, split_list

Settings = Mapping[str, str]


def fill_table(
    name: str, only: Mapping[str, str | None], asked: CommandOptions, registries: Registries
) -> int:
    """Compute what is missing, write the page.  Returns the exit status.

    only: by setting of a run, the values that are asked for; None for all.
    """
    report, means = registries.report(name), Means.of(asked, registries)
    wanted = {setting: split_list(text) for setting, text in only.items() if text is not None}
    chosen = _chosen(_runs(report, registries), wanted, report)
    plan = make_joint_plan(list(_requests(chosen, asked, registries)), registries)
    results = results_of(plan, asked, means, asides(plan))
    if results is None:
        return status_of_plan(plan)
    if len(results.errors) < len(results.cells):
        page = asked.out / f"{report.name}.md"
        found = choose(asked.out, {}).results
        stored = Results.of(found, plan.declined, asked.out, registries)
        write_whole(page, stored.render(report.name).encode())
        say(asked, f"{len(results.scored)} of {len(plan.cells)} cells have a result")
        click.echo(f"saved as {page}")
    return status_of(results)


def _runs(report: Report, registries: Registries) -> Sequence[Settings]:
    """The runs of a table, checked.  Raises UserError for a report that is no table."""
    if report.runs is None:
        tables = [one.name for one in registries.reports.values() if one.runs is not None]
        raise UserError(f"report {report.name} is no table of a paper: give {' or '.join(tables)}")
    with plugin_code(f"report {report.name}"):
        return report.checked_runs(registries.published_figures)


def _chosen(
    runs: Sequence[Settings], wanted: Mapping[str, Sequence[str]], report: Report
) -> list[Settings]:
    """The runs with the values that are asked for, and of their data sets those.

    Raises UserError for a value that no run has.
    """
    for setting, values in wanted.items():
        known = {name for run in runs for name in _names(setting, run)}
        for value in values:
            if value not in known:
                whose = f"{setting.removesuffix('s')} of {report.name}"
                raise unknown_name(whose, value, sorted(known))
    sets = wanted.get("datasets")
    found: list[Settings] = []
    for run in runs:
        if any(_names(setting, run).isdisjoint(values) for setting, values in wanted.items()):
            continue
        its = [one for one in split_list(run["datasets"]) if sets is None or one in sets]
        found.append({**run, "datasets": ",".join(its)})
    return found


def _names(setting: str, run: Settings) -> set[str]:
    """The names by which a value of a run can be asked for."""
    if setting == "datasets":
        return set(split_list(run[setting]))
    return {run[setting], parse_spec(run[setting]).name}


def _requests(
    runs: Sequence[Settings], asked: CommandOptions, registries: Registries
) -> Iterator[Request]:
    """The requests of runs; those of methods that are not installed are left out, and said."""
    missing: dict[str, None] = {}
    for run in runs:
        name = parse_spec(run["method"]).name
        if name not in registries.methods:
            missing[name] = None
            continue
        values: dict[str, Any] = {key: run[key] for key in run if key not in ("method", "seed")}
        if "seed" in run:
            values["seeds"] = Seeds().convert(run["seed"], None, None)
        yield replace(asked, **values).request([run["method"]], registries.budgets)
    if missing:
        click.echo(f"left out, as they are not installed: {', '.join(missing)}", err=True)
