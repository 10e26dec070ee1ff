"""bench doctor: what this machine and this installation can do."""

import textwrap
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import click

from denoisebench.cli.shared.basics import exit_with, load_plugins, terminal_width
from denoisebench.cli.shared.options import out_option, plugin_option
from denoisebench.outside_text import printable

if TYPE_CHECKING:
    from denoisebench.doctor.finding import Finding


@click.command("doctor")
@out_option
@plugin_option
def command(out: Path, plugin: tuple[str, ...]) -> None:
    """Check versions, devices, bfloat16, data, bundled weights and free space.

    The exit status is 1 if something is broken.  Paste the output into a report of a problem.
    """
    wrong, most = 0, terminal_width() or 100
    advice: list[str] = []
    for finding in _findings(out, plugin):
        line = f"{finding}{'  WRONG' if finding.wrong else ''}"
        click.echo(textwrap.fill(printable(line), most, subsequent_indent=" " * 11))
        wrong += finding.wrong
        advice += [f"{finding.subject}: {finding.advice}"] if finding.advice else []
    click.echo()
    for line in advice:
        click.echo(printable(line))
    click.echo(f"{wrong} wrong" if wrong else "nothing is wrong; next: bench run --method tv")
    exit_with(1 if wrong else 0)


def _findings(out: Path, plugin: tuple[str, ...]) -> "Iterator[Finding]":
    from denoisebench.doctor import installation, machine

    yield from machine.versions()
    yield from machine.devices()
    yield from machine.memory()
    yield from machine.disk(out)
    registries = load_plugins(plugin)
    yield from installation.plugins(registries)
    yield from installation.image_sets(registries)
    yield from installation.bundled_weights(registries)
