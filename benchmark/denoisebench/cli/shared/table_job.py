"""`bench table`, once its options are read."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

import click

from denoisebench.cli.shared.basics import out_folder
from denoisebench.cli.shared.compute import carry_out, say, status_of
from denoisebench.cli.shared.computing import CommandOptions
from denoisebench.cli.shared.dry_run import asides, print_plan
from denoisebench.cli.shared.trackers import asked_trackers
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
    report = registries.report(name)
    crew, trackers = registries.crew(asked.workers), asked_trackers(asked.track, registries)
    out = out_folder(asked.out, create=not asked.dry_run)
    wanted = {setting: split_list(text) for setting, text in only.items() if text is not None}
    chosen = _chosen(_runs(report, registries), wanted, report)
    requests = list(_requests(chosen, asked, registries))
    plan = make_joint_plan(requests, registries)
    for line in asides(plan):
        click.echo(line, err=True)
    if asked.dry_run:
        print_plan(plan, out, asked.memory)
        return 1 if plan.failed else 0
    results = carry_out(plan, asked, crew, registries, trackers)
    if len(results.errors) < len(results.cells):
        page = out / f"{report.name}.md"
        stored = Results.of(choose(out, {}).results, plan.declined, out, registries)
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
        values: dict[str, Any] = {
            key: _TYPED.get(key, str)(text) for key, text in run.items() if key != "method"
        }
        if "seed" in values:
            values["seeds"] = (values.pop("seed"),)
        yield replace(asked, **values).request([run["method"]], registries.budgets)
    if missing:
        click.echo(f"left out, as they are not installed: {', '.join(missing)}", err=True)


_TYPED: Mapping[str, Callable[[str], object]] = {"seed": int}
