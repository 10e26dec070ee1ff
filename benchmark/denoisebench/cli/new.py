"""bench new: a plugin to begin with."""

import shlex
import sys
from pathlib import Path

import click

from denoisebench.cli.shared.basics import load_plugins
from denoisebench.errors import UserError
from denoisebench.scaffold.kinds import IMAGE, KINDS, TRAININGS, UNTRAINED


@click.command("new")
@click.argument("kind", type=click.Choice(list(KINDS)))
@click.argument("name")
@click.option(
    "--evidence",
    type=click.Choice([UNTRAINED, IMAGE, *TRAININGS]),
    help="Evidence that a method learns from.  [default: noisy]",
)
@click.option(
    "--dir",
    "folder",
    type=click.Path(path_type=Path, file_okay=False),
    default=".",
    show_default=True,
    metavar="DIR",
    help="Where it is written.",
)
@click.option("--file", "as_file", is_flag=True, help="Write one module, for --plugin.")
def command(kind: str, name: str, evidence: str | None, folder: Path, as_file: bool) -> None:
    """Write a plugin to begin with: a package that can be installed, or one file.  It works, and
    `bench check` passes; put your own code in its place.

    \b
    bench new method my-method --evidence noisy
    bench new noise my-noise --file
    """
    from denoisebench.scaffold.plugin_name import PluginName
    from denoisebench.scaffold.writing import write_module, write_package

    if evidence and kind != "method":
        raise UserError(f"--evidence is for methods; leave it out for {kind}")
    plugin = PluginName(name)
    plugin.refuse_taken(KINDS[kind].registered, load_plugins(()))
    if as_file:
        made = write_module(plugin, kind, evidence or "noisy", folder)
        then = f"bench check {shlex.quote(str(made))}"
    else:
        plugin.refuse_importable()
        made = write_package(plugin, kind, evidence or "noisy", folder)
        python, place = shlex.quote(sys.executable), shlex.quote(str(made.resolve()))
        then = f"{python} -m pip install --no-deps --no-build-isolation -e {place}"
    click.echo(f"{made} is written.  Next:\n{then}")
