"""bench compare: several methods on the same noisy images."""

import click

from denoisebench.cli.shared.compute import compute, exit_with, load_plugins
from denoisebench.cli.shared.options import METHODS, CommandOptions, computing
from denoisebench.specs import split_list


@click.command("compare")
@click.option("--methods", metavar="M[,M...]", help=f"[default: those installed of {METHODS}]")
@computing
def command(methods: str | None, asked: CommandOptions) -> None:
    """Score several methods on the same noisy images with equal budgets, and print the table.

    Trainings are shared: one colour training serves every colour set.
    """
    registries = load_plugins(asked.plugin)
    names = split_list(methods) if methods else split_list(METHODS)
    if not methods:
        names = [name for name in names if name in registries.methods]
    exit_with(compute(asked, names, registries))
