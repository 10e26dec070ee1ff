"""bench report: stored results as a page, or as any other report; computes nothing."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import click

from denoisebench.cli.shared.basics import load_plugins, shown_and_stored
from denoisebench.cli.shared.options import (
    chosen_datasets_option,
    chosen_items,
    chosen_methods_option,
    chosen_noise_option,
    plugin_option,
    results_option,
)
from denoisebench.errors import UserError
from denoisebench.files import write_whole
from denoisebench.outside_text import printable_report

PAGE = "html"


@click.command("report")
@results_option
@click.option(
    "--out",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE",
    help=f"Where the report goes.  [default: report.{PAGE}; a text is printed]",
)
@click.option(
    "--format",
    "name",
    metavar="F",
    help="Any report of `bench list reports`; table, csv or json with --against."
    f"  [default: {PAGE}; table with --against]",
)
@click.option(
    "--against",
    type=click.Path(path_type=Path, file_okay=False),
    metavar="DIR",
    help="Compare with the results of another folder, which count as before: the difference of each"
    " cell, paired by image, and what may explain it.",
)
@chosen_methods_option
@chosen_datasets_option
@chosen_noise_option
@click.option("--wide", is_flag=True, help="Print tables whole, wider than the terminal too.")
@plugin_option
def command(
    results: Path,
    out: Path | None,
    name: str | None,
    against: Path | None,
    methods: str | None,
    datasets: str | None,
    noise: str | None,
    wide: bool,
    plugin: tuple[str, ...],
) -> None:
    """Show stored results: one HTML file that needs no network, or any other report.

    \b
    bench report --results results --out report.html
    bench report --results new --against old

    The page shows images where the runs saved them (`--save-images`), and training curves where the
    trainings are there.
    """
    from denoisebench.results.results import Results
    from denoisebench.results.selection import choose

    registries = load_plugins(plugin)
    wanted = chosen_items(methods, datasets, noise)
    if against is not None:
        _show(_changes(against, results, wanted, name or "table"), out)
        return
    report = registries.report(name or PAGE)
    chosen = choose(results, wanted)
    for count, what in (
        (chosen.failed, "failed"),
        (chosen.empty, "without a score, which the next run computes again"),
        (chosen.older, "older than another of its kind"),
    ):
        if count:
            click.echo(f"left out: {count} that {'is' if count == 1 else 'are'} {what}", err=True)
    stored = Results.of(chosen.results, (), results, registries)
    shown, text = shown_and_stored(stored, report.name, wide=wide)
    if out is None and report.printed:
        click.echo(printable_report(shown.removesuffix("\n")))
        return
    _save(text, out or Path(f"report.{report.name}"))


def _changes(before: Path, after: Path, wanted: Mapping[str, Sequence[str]], name: str) -> str:
    """The changes between two folders of results, in one of the formats of changes."""
    from denoisebench.results.changes import compare
    from denoisebench.results.changes_text import FORMATS
    from denoisebench.results.selection import choose, matching

    if name not in FORMATS:
        raise UserError(f"--against has the formats {', '.join(FORMATS)}, not {name}")
    folders = [choose(folder, {}).results for folder in (before, after)]
    kept = {cell.cell for cell in matching([*folders[0], *folders[1]], wanted)}
    old, new = ([cell for cell in cells if cell.cell in kept] for cells in folders)
    return FORMATS[name](compare(old, new), str(before), str(after))


def _show(text: str, out: Path | None) -> None:
    """Print a text, or save it."""
    if out is None:
        click.echo(printable_report(text.removesuffix("\n")))
    else:
        _save(text, out)


def _save(text: str, path: Path) -> None:
    write_whole(path, text.encode())
    click.echo(f"saved as {path} ({len(text.encode()) / 1e6:.1f} MB)")
