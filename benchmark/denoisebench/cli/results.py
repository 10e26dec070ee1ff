"""bench results: folders of stored results merged, and written as one table."""

from pathlib import Path

import click

from denoisebench.cli.shared.basics import exit_with, out_folder
from denoisebench.cli.shared.options import results_option
from denoisebench.outside_text import printable


@click.group("results")
def command() -> None:
    """Merge folders of stored results; export them as one table."""


@command.command("merge")
@click.argument("folders", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option(
    "--out", type=click.Path(path_type=Path), required=True, metavar="DIR", help="Where all go."
)
def merge(folders: tuple[Path, ...], out: Path) -> None:
    """Copy the results and finished trainings of FOLDERS to DIR; replace nothing there.

    Results of one cell that differ in time, memory or machine alone are equal; the first is kept.
    Other differences are conflicts: both files are named, and the exit status is 2, as it is for a
    damaged file.  All else is copied.
    """
    from denoisebench.results.merge import merge

    merged = merge(folders, out_folder(out, create=True))
    for problem in merged.problems:
        click.echo(printable(problem), err=True)
    click.echo(
        f"{merged.copied} cells and trainings copied to {printable(str(out))}, {merged.there} were"
        f" there, {len(merged.problems)} left out"
    )
    exit_with(2 if merged.problems else 0)


@command.command("export")
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@results_option
def export(file: Path, results: Path) -> None:
    """Write stored results to FILE, .parquet or .csv: a row for each image of each result.

    Parquet needs a package more: pip install 'denoisebench[parquet]'.
    """
    from denoisebench.results.export import export

    rows = export(results, file)
    click.echo(f"saved as {printable(str(file))}, {rows} rows")
