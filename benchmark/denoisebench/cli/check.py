"""bench check: what must hold of a plugin."""

import time
from collections.abc import Sequence
from typing import TYPE_CHECKING

import click

from denoisebench.cli.shared.basics import exit_with
from denoisebench.cli.shared.options import device_option, plugin_option
from denoisebench.errors import UserError, unknown_name
from denoisebench.outside_text import printable

if TYPE_CHECKING:
    from denoisebench.conformance.check import Check
    from denoisebench.conformance.subject import Subject
    from denoisebench.conformance.text import Examined


ONCE = "import-light"
"""The check of a plugin's import, which is that of the first of its objects."""


@click.command("check")
@click.argument("target", metavar="PLUGIN|NAME")
@click.option("--only", metavar="ID[,ID...]", help="Checks to run.  [default: all]")
@click.option("--skip", metavar="ID[,ID...]", help="Checks to leave out.")
@click.option("--slow", is_flag=True, help="Run the slow checks too: whether a method denoises.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.option("--verbose", is_flag=True, help="Print a line for each check, passed ones too.")
@device_option
@plugin_option
def command(
    target: str,
    only: str | None,
    skip: str | None,
    slow: bool,
    as_json: bool,
    verbose: bool,
    device: str,
    plugin: tuple[str, ...],
) -> None:
    """Check what must hold of a plugin: a file, a module or an installed plugin; or of what
    plugins offer under a NAME.  No image set is read and nothing is stored.

    \b
    bench check my_method.py
    bench check noise2score:probe=single

    Exit status: 0 if nothing fails, 1 if a check fails, 2 for bad input.
    """
    from denoisebench.conformance.collect import checks_for
    from denoisebench.conformance.targets import subjects
    from denoisebench.conformance.text import as_json as json_of
    from denoisebench.conformance.text import as_text, summary
    from denoisebench.nn.devices import pick_device
    from denoisebench.results.strict_json import exported, json_text

    began = time.monotonic()
    done: list[Examined] = []
    found = [(s, checks_for(s, slow=slow)) for s in subjects(target, plugin, pick_device(device))]
    chosen = _chosen([check for _, checks in found for check in checks], only, skip)
    for subject, checks in found:
        left_out = {ONCE} if any(one.subject.origin is subject.origin for one in done) else set()
        examined = _examined(subject, [c for c in checks if c.id in chosen - left_out])
        done.append(examined)
        if not as_json:
            for line in as_text(examined, verbose=verbose):
                click.echo(printable(line))
    if as_json:
        click.echo(json_text(exported(json_of(target, done))), nl=False)
    else:
        click.echo(summary(done, time.monotonic() - began))
    exit_with(int(any(examined.of("FAIL") for examined in done)))


def _examined(subject: "Subject", checks: "Sequence[Check]") -> "Examined":
    from denoisebench.conformance.text import Examined

    return Examined(subject, [(check, check.run()) for check in checks])


def _chosen(checks: "Sequence[Check]", only: str | None, skip: str | None) -> set[str]:
    """The ids of the checks to run.  Raises UserError for an unknown name."""
    from denoisebench.specs import split_list

    known = {check.id for check in checks}
    asked, left_out = (set(split_list(text)) if text else set() for text in (only, skip))
    for name in sorted((asked | left_out) - known):
        raise unknown_name("check", name, known)
    chosen = (asked or known) - left_out
    if not chosen:
        raise UserError("--skip leaves no check")
    return chosen
