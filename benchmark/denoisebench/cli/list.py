"""bench list: what the plugins offer."""

from collections.abc import Mapping
from typing import Any

import click

from denoisebench.cli.shared.basics import load_plugins
from denoisebench.cli.shared.options import plugin_option
from denoisebench.specs import number_text

KINDS = (
    *("methods", "noises", "datasets", "presets", "protocols", "budgets", "recipes", "reports"),
    *("executors", "trackers"),
)


@click.command("list")
@click.argument("kind", type=click.Choice(KINDS))
@plugin_option
def command(kind: str, plugin: tuple[str, ...]) -> None:
    """List methods, noises, datasets, presets, protocols, budgets, recipes, reports, executors or
    trackers, one a line."""
    from tabulate import tabulate

    registries = load_plugins(plugin)
    kinds: dict[str, Mapping[str, Any]] = {
        "methods": registries.methods,
        "noises": registries.noises,
        "datasets": registries.image_sets,
        "presets": registries.presets,
        "protocols": registries.protocols,
        "budgets": registries.budgets,
        "recipes": registries.recipes,
        "reports": registries.reports,
        "executors": registries.executors,
        "trackers": registries.trackers,
    }
    things = kinds[kind]
    rows = [(name, f"{thing.summary}{_levels(thing)}") for name, thing in things.items()]
    if rows:
        click.echo(tabulate(rows, tablefmt="plain", disable_numparse=True))


def _levels(thing: Any) -> str:
    """What the level of a noise family is and over which range it is unknown."""
    from denoisebench.noise.family import NoiseFamily

    if not isinstance(thing, NoiseFamily) or thing.treated_as() is not None:
        return ""
    low, high = map(number_text, thing.blind)
    return f"; {thing.symbol}: {thing.unit}; blind range {low}..{high}"
