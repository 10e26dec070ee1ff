"""bench list: what the plugins offer."""

import textwrap
from collections.abc import Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import click

from denoisebench.cli.shared.basics import fitted, load_plugins
from denoisebench.cli.shared.options import plugin_option
from denoisebench.specs import number_text

if TYPE_CHECKING:
    from denoisebench.registry.registries import Registries

KINDS: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        "methods": ("methods", "method"),
        "noises": ("noises", "noise model"),
        "datasets": ("image_sets", "data set"),
        "presets": ("presets", "preset"),
        "protocols": ("protocols", "protocol"),
        "budgets": ("budgets", "budget"),
        "recipes": ("recipes", "recipe"),
        "reports": ("reports", "report"),
        "executors": ("executors", "executor"),
        "metrics": ("metrics", "metric"),
        "trackers": ("trackers", "tracker"),
    }
)
"""Kind -> the registry, and what one of them is called."""


@click.command("list")
@click.argument("kind", type=click.Choice(list(KINDS)), required=False)
@click.option("--mine", is_flag=True, help="Only what is not the suite's, and whose it is.")
@plugin_option
def command(kind: str | None, mine: bool, plugin: tuple[str, ...]) -> None:
    """List methods, noises, datasets, presets, protocols, budgets, recipes, reports, executors,
    metrics or trackers, one a line; without KIND, all of them."""
    registries = load_plugins(plugin)
    if kind is not None:
        click.echo(_listed(kind, registries, mine), nl=False)
        return
    for each in KINDS:
        if lines := _listed(each, registries, mine):
            click.echo(f"{each}:\n{textwrap.indent(lines, '  ')}")


def _listed(kind: str, registries: "Registries", mine: bool) -> str:
    """All names of a kind, one a line; mine: without what is the suite's."""
    registry, word = KINDS[kind]
    things: Mapping[str, Any] = getattr(registries, registry)
    rows = [(name, f"{thing.summary}{_levels(thing)}") for name, thing in things.items()]
    if mine:
        owners = {name: registries.foreign.get(f"{word} {name}") for name in things}
        rows = [(name, f"{said} [{owners[name]}]") for name, said in rows if owners[name]]
    return f"{fitted(rows)}\n" if rows else ""


def _levels(thing: Any) -> str:
    """The unit of a noise family's level, and the range of an unknown level."""
    from denoisebench.noise.family import NoiseFamily

    if not isinstance(thing, NoiseFamily) or thing.treated_as() is not None:
        return ""
    low, high = map(number_text, thing.blind)
    return f"; {thing.symbol}: {thing.unit}; blind range {low}..{high}"
