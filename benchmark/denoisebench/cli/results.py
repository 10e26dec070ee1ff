"""bench results: folders of stored results merged, written as one table, shared as a site."""

from pathlib import Path

import click

from denoisebench.cli.shared.basics import exit_with, load_plugins, out_folder
from denoisebench.cli.shared.options import (
    chosen_datasets_option,
    chosen_items,
    chosen_methods_option,
    chosen_noise_option,
    plugin_option,
    results_option,
)
from denoisebench.outside_text import printable


@click.group("results")
def command() -> None:
    """Merge folders of stored results; export them as one table; share them as a site."""


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


@command.command("share")
@click.argument("folder", metavar="DIR", type=click.Path(path_type=Path))
@results_option
@click.option(
    "--title", default="Denoising results", show_default=True, help="The heading of the site."
)
@chosen_methods_option
@chosen_datasets_option
@chosen_noise_option
@plugin_option
def share(
    folder: Path,
    results: Path,
    title: str,
    methods: str | None,
    datasets: str | None,
    noise: str | None,
    plugin: tuple[str, ...],
) -> None:
    """Write stored results to DIR as a static site that any web server can serve.

    DIR gets index.html, the report page, the table as text, Markdown and LaTeX, CSV, JSON, plots,
    and the stored results in an archive.  It must be new or empty.  The site has at most 25 MB.
    """
    from denoisebench.results.results import Results
    from denoisebench.results.selection import choose
    from denoisebench.sharing.site import refuse_filled, share

    refuse_filled(folder)
    registries = load_plugins(plugin)
    chosen = choose(results, chosen_items(methods, datasets, noise))
    site = share(Results.of(chosen.results, (), results, registries), folder, title)
    for what in site.left_out:
        click.echo(f"left out: {what}", err=True)
    click.echo(
        f"saved as {printable(str(folder))}, {site.files} files, {site.megabytes:.1f} MB; open"
        f" {printable(str(folder / 'index.html'))}"
    )
