"""bench noise: noise models at work on images."""

import shlex
from pathlib import Path

import click

from denoisebench.cli.compute import load_plugins
from denoisebench.cli.options import DATASET, plugin_option
from denoisebench.cli.progress import show_progress
from denoisebench.noise.model import Noise
from denoisebench.noise_files import folders, write_noisy
from denoisebench.specs import split_list


@click.group("noise")
def command() -> None:
    """Write noisy images as files."""


@command.command("write")
@click.argument("noise", metavar="N[,N...]")
@click.option(
    "--datasets",
    default=DATASET,
    show_default=True,
    metavar="D[,D...]",
    help="Image sets to make noisy; folder:PATH for your own.",
)
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    required=True,
    metavar="DIR",
    help="Where the folders go: DIR/<set>/clean and, say, DIR/<set>/noisy_25.",
)
@click.option(
    "--seed",
    type=click.IntRange(0),
    default=0,
    show_default=True,
    help="Names the noise draws, as in `bench run`.",
)
@click.option("--dry-run", is_flag=True, help="Say what would be written; write nothing.")
@plugin_option
def write(
    noise: str, datasets: str, out: Path, seed: int, dry_run: bool, plugin: tuple[str, ...]
) -> None:
    """Write image sets and their noisy versions as float32 .npy files.

    The noisy images are, bit for bit, those that `bench run` makes and scores under the same noise
    and seed.  Prints the commands that score a method on the files.
    """
    registries = load_plugins(plugin)
    noises = [registries.noise(text) for text in split_list(noise)]
    for text in split_list(datasets):
        source, spec = registries.source(text)
        image_set = source.open(spec)
        if not dry_run and not source.at_hand(spec):
            source.fetch(spec, show_progress)
        for model in noises:
            to = folders(image_set, model, out)
            if dry_run:
                click.echo(f"{len(image_set.images)} images into {to.noisy} and {to.clean}")
            else:
                write_noisy(image_set, model, seed, to, show_progress)
                click.echo(_command(model, to.spec))


def _command(noise: Noise, dataset: str) -> str:
    """What scores a method on written files."""
    blind = " --parameters unknown" if noise.is_range else ""
    return (
        f"bench run --method noise2score --noise {noise}{blind} --datasets {shlex.quote(dataset)}"
    )
