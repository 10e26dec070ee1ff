"""bench run: one method."""

import click

from denoisebench.cli.shared.basics import exit_with, load_plugins
from denoisebench.cli.shared.computing import CommandOptions, computing
from denoisebench.errors import UserError


@click.command("run")
@click.option("--method", metavar="M", help="Method, as noise2score:probe=single.")
@click.option("--preset", metavar="NAME", help="Options under a name, of `bench list presets`.")
@computing
def command(method: str | None, preset: str | None, asked: CommandOptions) -> None:
    """Train one method if need be, score it on image sets, and print the table.

    Finished work is not computed again; an interrupted training continues.
    """
    from denoisebench.cli.shared.compute import compute, say
    from denoisebench.cli.shared.presets import plain_command, with_preset

    registries = load_plugins(asked.plugin)
    chosen = registries.preset(preset) if preset is not None else None
    if chosen is not None:
        method, asked = with_preset(chosen, method, asked, registries)
    if method is None:
        raise UserError("no method is given: give --method M, or --preset NAME that sets one")
    if chosen is not None:
        line = f"preset {chosen.name} is: {plain_command(chosen)}"
        if asked.dry_run:
            click.echo(line)
        else:
            say(asked, line)
    exit_with(compute(asked, [method], registries))
