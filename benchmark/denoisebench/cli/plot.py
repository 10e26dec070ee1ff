"""bench plot: figures of what was recorded."""

from pathlib import Path

import click

from denoisebench.cli.shared.options import results_option
from denoisebench.results.training_history import AXES, By, open_trainings


@click.group("plot")
def command() -> None:
    """Draw the curves of trainings."""


@command.command("history")
@click.argument("trainings", nargs=-1, required=True, metavar="TRAINING...")
@results_option
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    default="history.png",
    show_default=True,
    metavar="F.png|F.svg",
    help="Where the figure goes.",
)
@click.option(
    "--by",
    type=click.Choice(AXES),
    default=AXES[0],
    show_default=True,
    help="The horizontal axis.",
)
def history(trainings: tuple[str, ...], results: Path, out: Path, by: By) -> None:
    """Draw how trainings went, in one figure: loss, learning rate, PSNR on held-out clean images.

    TRAINING is an id under DIR/trainings, or its beginning, or a training's folder;
    `--dry-run` of `bench run` and `bench compare` prints the ids.  One that still runs is drawn as
    far as it is.  The PSNR is an oracle: no
    training is shown it.
    """
    from denoisebench.figures.style import check_ending
    from denoisebench.figures.training_curves import draw

    check_ending(out)
    draw(open_trainings(trainings, results), by, out)
    click.echo(f"saved as {out}")
