"""bench sweep: denoisers over a grid of noises, as a table and a figure."""

from pathlib import Path

import click

from denoisebench.cli.shared.basics import exit_with, load_plugins
from denoisebench.cli.shared.computing import CommandOptions, sweeping
from denoisebench.cli.shared.option_types import Whole
from denoisebench.specs import split_list

MOST_POINTS = 1000


@click.command("sweep")
@click.option(
    "--method", "--methods", "methods", required=True, metavar="M[,M...]", help="A curve for each."
)
@click.option(
    "--points",
    type=Whole(2, MOST_POINTS),
    default=10,
    show_default=True,
    help="Levels at which a range of --noise is sampled.",
)
@click.option(
    "--plot",
    type=click.Path(path_type=Path),
    metavar="F.png|F.svg",
    help="The file of the figure.  [default: a new name under DIR/sweeps]",
)
@sweeping
def command(methods: str, points: int, plot: Path | None, asked: CommandOptions) -> None:
    """Score denoisers over a grid of noises: levels they were not trained at, or other noise.

    Prints a table (--format: the rows of `bench compare`) and draws PSNR, and the error of the
    levels that a method estimates. Results of `bench run` with the same --source-noise are not
    computed again.
    """
    from denoisebench.cli.shared.sweep_job import carry_out_sweep
    from denoisebench.figures.style import check_ending
    from denoisebench.sweeps.plan import plan_sweep

    if plot is not None:
        check_ending(plot, "--plot")
    registries = load_plugins(asked.plugin)
    request = asked.request(split_list(methods), registries.budgets)
    trained_on = split_list(asked.source_noise) if asked.source_noise else [None]
    sweep = plan_sweep(request, trained_on, points, registries)
    exit_with(carry_out_sweep(sweep, plot, asked, registries))
