"""bench run: one method."""

import click

from denoisebench.cli.compute import compute, exit_with, load_plugins
from denoisebench.cli.options import Asked, computing


@click.command("run")
@click.option("--method", required=True, metavar="M", help="Method, as noise2score:probe=single.")
@computing
def command(method: str, asked: Asked) -> None:
    """Train one method if need be, score it on image sets, and print the table.

    What is finished is not computed again; an interrupted training goes on where it was.
    """
    exit_with(compute(asked, [method], load_plugins(asked.plugin)))
