"""bench measure: kept estimates by metrics beside PSNR and SSIM."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from denoisebench.cli.shared.basics import load_plugins
from denoisebench.cli.shared.options import plugin_option
from denoisebench.cli.shared.progress import show_progress
from denoisebench.errors import UserError
from denoisebench.outside_text import printable
from denoisebench.specs import split_list

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from denoisebench.execution.measure import Measured
    from denoisebench.plugin.metric import Metric
    from denoisebench.results.records import CellResult


@click.command("measure")
@click.argument("metrics", metavar="METRIC[,METRIC...]")
@click.option("--out", type=click.Path(path_type=Path), default="results", show_default=True,
              metavar="DIR", help="Where results and their estimates are kept.")  # fmt: skip
@click.option("--format", "form", type=click.Choice(["text", "markdown"]), default="text",
              show_default=True, help="Form of the table.")  # fmt: skip
@plugin_option
def command(metrics: str, out: Path, form: str, plugin: tuple[str, ...]) -> None:
    """Measure what `run` and `compare` kept with --keep-estimates by other metrics.

    Nothing is denoised.  The table has the means over images; DIR/measured/ keeps every image's
    number, and with it the estimates are not needed any more.  `bench list metrics` names them.
    """
    from tabulate import tabulate

    from denoisebench.execution.measure import Measurer

    registries = load_plugins(plugin)
    chosen = [registries.metric(name) for name in split_list(metrics)]
    measurer = Measurer(out, chosen, registries)
    results = measurer.results()
    if not results:
        raise UserError(
            f"{out} keeps no estimates: give --keep-estimates to bench run or bench compare"
        )
    rows = [_row(result, measurer.measure(result, show_progress), chosen) for result in results]
    rows.sort(key=lambda row: row[:3])
    headers = ["images", "noise", "method", "PSNR dB", "SSIM", *map(_header, chosen)]
    style = "github" if form == "markdown" else "simple"
    click.echo(printable(tabulate(rows, headers, style, disable_numparse=True), keep="\n"))


def _header(metric: "Metric") -> str:
    return f"{metric.name} {metric.unit}".strip()


def _row(
    result: "CellResult", measured: "Mapping[str, Measured]", metrics: "Sequence[Metric]"
) -> list[str]:
    """The means over the images of a cell."""
    from denoisebench.scoring.average import means_of_images
    from denoisebench.scoring.statistics import finite_mean

    def mean(values: "dict[str, float]", decimals: int) -> str:
        return f"{finite_mean(values.values()):.{decimals}f}"

    denoised = [score for score in result.scores if score.is_denoised]
    row = [result.dataset, result.noise, result.method]
    row.append(mean(means_of_images((s.image, s.psnr_db) for s in denoised), 2))
    row.append(mean(means_of_images((s.image, s.ssim) for s in denoised), 3))
    for metric in metrics:
        numbers = measured[metric.name].numbers
        row.append(mean(means_of_images((n.image, n.value) for n in numbers), metric.decimals))
    return row
