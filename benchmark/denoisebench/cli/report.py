"""bench report: stored results as a page, or as any other report; computes nothing."""

from pathlib import Path

import click

from denoisebench.cli.shared.basics import load_plugins, shown_and_stored
from denoisebench.cli.shared.options import plugin_option, results_option
from denoisebench.files import write_whole
from denoisebench.outside_text import printable_report
from denoisebench.specs import split_list

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
    default=PAGE,
    show_default=True,
    metavar="F",
    help="Any report of `bench list reports`.",
)
@click.option("--methods", metavar="M[,M...]", help="These alone, in this order.  [default: all]")
@click.option("--datasets", metavar="D[,D...]", help="These alone, in this order.  [default: all]")
@click.option(
    "--noise",
    metavar="N[,N...]",
    help="These alone, in this order; `gaussian` for all its levels.  [default: all]",
)
@click.option("--wide", is_flag=True, help="Print tables whole, wider than the terminal too.")
@plugin_option
def command(
    results: Path,
    out: Path | None,
    name: str,
    methods: str | None,
    datasets: str | None,
    noise: str | None,
    wide: bool,
    plugin: tuple[str, ...],
) -> None:
    """Show stored results: one HTML file that needs no network, or any other report.

    The page shows images where the runs saved them (`--save-images`), and training curves where the
    trainings are there.
    """
    from denoisebench.results.results import Results
    from denoisebench.results.selection import choose

    registries = load_plugins(plugin)
    report = registries.report(name)
    asked = {"method": methods, "dataset": datasets, "noise": noise}
    wanted = {field: split_list(text) for field, text in asked.items() if text is not None}
    chosen = choose(results, wanted)
    for count, what in (
        (chosen.failed, "failed"),
        (chosen.empty, "without a score, which the next run computes again"),
        (chosen.older, "older than another of its kind"),
    ):
        if count:
            click.echo(f"left out: {count} that {'is' if count == 1 else 'are'} {what}", err=True)
    stored = Results.of(chosen.results, (), results, registries)
    shown, text = shown_and_stored(stored, name, wide=wide)
    if out is None and report.printed:
        click.echo(printable_report(shown.removesuffix("\n")))
        return
    path = out or Path(f"report.{report.name}")
    write_whole(path, text.encode())
    click.echo(f"saved as {path} ({len(text.encode()) / 1e6:.1f} MB)")
