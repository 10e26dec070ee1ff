"""How verbs begin and end: plugins, the folder of results, the exit status.

Nothing here, nor in `options`, imports NumPy: so the help of a verb is there at once.
"""

import contextlib
import io
import shutil
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from denoisebench.errors import UserError

if TYPE_CHECKING:
    from denoisebench.registry.registries import Registries
    from denoisebench.results.results import Results


def load_plugins(extra: Sequence[str]) -> "Registries":
    """Load the plugins; say on stderr which ones are broken."""
    from denoisebench.registry.loader import load

    registries = load(extra)
    for name, reason in registries.broken.items():
        click.echo(f"plugin {name!r} is left out: {reason}", err=True)
    return registries


def out_folder(path: Path, *, create: bool) -> Path:
    """The folder of results, made if need be.  Raises UserError where it cannot be."""
    for parent in (path, *path.parents):
        if parent.exists() and not parent.is_dir():
            raise UserError(f"--out {path}: {parent} is a file; give a folder")
    if not create:
        return path
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UserError(f"--out {path}: {error.strerror or error}") from None
    return path


def terminal_width() -> int | None:
    """The characters of a line of the terminal that is written to; None for a pipe or a file."""
    return shutil.get_terminal_size().columns if sys.stdout.isatty() else None


def fitted(rows: Sequence[Sequence[str]]) -> str:
    """Columns of text; on a terminal the last one is wrapped to fit."""
    from tabulate import tabulate

    width = terminal_width()
    taken = sum(max(map(len, column)) + 2 for column in list(zip(*rows, strict=True))[:-1])
    wrapped = [None] * (len(rows[0]) - 1)
    most = None if width is None else [*wrapped, max(20, width - taken - 1)]
    return tabulate(rows, tablefmt="plain", disable_numparse=True, maxcolwidths=most)


def shown_and_stored(results: "Results", report: str, *, wide: bool) -> tuple[str, str]:
    """A report as it is shown here and as a file holds it.

    On a terminal, text may have bold marks, and fits the width unless `wide`.
    """
    width = None if wide else terminal_width()
    shown = replace(results, width=width).render(report)
    if "\x1b" not in shown and width is None:
        return shown, shown
    with contextlib.redirect_stdout(io.StringIO()):
        return shown, results.render(report)


def exit_with(status: int) -> None:
    """Leave with a status other than 0, everything being said."""
    if status:
        sys.exit(status)


def exit_by_files(failed: int, total: int) -> None:
    """Leave with 1 where some of the user's files failed and with 2 where all did."""
    exit_with((2 if failed == total else 1) if failed else 0)
