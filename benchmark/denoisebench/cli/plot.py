"""bench plot: figures of what was recorded."""

from pathlib import Path

import click

from denoisebench.cli.shared.options import chosen_items, chosen_methods_option, results_option
from denoisebench.results.training_history import AXES, By, open_trainings


@click.group("plot")
def command() -> None:
    """Draw the curves of trainings, or images as several methods denoise them."""


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


@command.command("images")
@click.argument("images", nargs=-1, metavar="[IMAGE]...")
@results_option
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    default="images.png",
    show_default=True,
    metavar="F.png|F.pdf|F.svg",
    help="Where the figure goes.",
)
@chosen_methods_option
@click.option("--dataset", metavar="D", help="Of this image set.  [default: the only one]")
@click.option("--noise", metavar="N", help="Under this noise.  [default: the only one]")
@click.option(
    "--crop",
    default="auto",
    show_default=True,
    metavar="auto|X,Y,SIDE",
    help="The square that is shown large; auto: where the methods differ most.",
)
def images(
    images: tuple[str, ...],
    results: Path,
    out: Path,
    methods: str | None,
    dataset: str | None,
    noise: str | None,
    crop: str,
) -> None:
    """Draw images as papers show them: each whole, and a part of it by each method.

    IMAGE is the name of an image of the set, by default the first one.  The runs must have saved
    their images (`--save-images`).  PSNR and SSIM below a part are of the whole image.
    """
    from denoisebench.figures.image_figure import draw_images, parse_box
    from denoisebench.figures.saved_pictures import rows_of
    from denoisebench.figures.style import check_ending
    from denoisebench.results.selection import choose

    check_ending(out, endings=(".png", ".pdf", ".svg"))
    box = None if crop == "auto" else parse_box(crop)
    chosen = choose(results, chosen_items(methods, dataset, noise))
    draw_images(rows_of(chosen.results, results, images), box, out)
    click.echo(f"saved as {out}")
