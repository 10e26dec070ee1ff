"""bench compare: several methods on the same noisy images."""

import click

from denoisebench.cli.shared.basics import exit_with, load_plugins
from denoisebench.cli.shared.computing import CommandOptions, computing
from denoisebench.cli.shared.options import installed_of
from denoisebench.defaults import DEFAULTS
from denoisebench.specs import split_list


@click.command("compare")
@click.option(
    "--methods",
    metavar="M[,M...]",
    help=installed_of(DEFAULTS.methods),
)
@computing
def command(methods: str | None, asked: CommandOptions) -> None:
    """Score several methods on the same noisy images with equal budgets, and print the table.

    Trainings are shared: one colour training serves every colour set.
    """
    from denoisebench.cli.shared.compute import compute

    registries = load_plugins(asked.plugin)
    installed = [name for name in DEFAULTS.methods if name in registries.methods]
    exit_with(compute(asked, split_list(methods) if methods else installed, registries))
