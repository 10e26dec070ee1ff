"""bench table: all cells of a paper's table, and its page."""

import click

from denoisebench.cli.shared.basics import exit_with, load_plugins
from denoisebench.cli.shared.computing import CommandOptions, filling


@click.command("table")
@click.argument("name")
@click.option("--methods", metavar="M[,M...]", help="These columns alone.  [default: all]")
@click.option(
    "--noise", "noises", metavar="N[,N...]", help="These alone; `gaussian` for all its levels."
    "  [default: all]",
)  # fmt: skip
@click.option("--datasets", "sets", metavar="D[,D...]", help="These rows alone.  [default: all]")
@filling
def command(
    name: str, methods: str | None, noises: str | None, sets: str | None, asked: CommandOptions
) -> None:
    """Compute the table of a paper, as noise2score-table2, and write its page.

    Trains what bundled weights do not serve, shares trainings between cells, and leaves out methods
    that are not installed. Finished work is not computed again: --dry-run says what is left and how
    long it takes. The page, DIR/NAME.md, has every figure beside the paper's.
    """
    from denoisebench.cli.shared.table_job import fill_table

    only = {"method": methods, "noise": noises, "datasets": sets}
    exit_with(fill_table(name, only, asked, load_plugins(asked.plugin)))
