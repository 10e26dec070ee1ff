"""bench noise: noise models at work on images, as a picture and as files."""

import shlex
from pathlib import Path

import click

from denoisebench.cli.shared.basics import load_plugins
from denoisebench.cli.shared.images import open_images
from denoisebench.cli.shared.option_types import SEED
from denoisebench.cli.shared.options import plugin_option
from denoisebench.cli.shared.progress import show_progress
from denoisebench.defaults import DEFAULTS
from denoisebench.figures.noise_preview import decibels, draw_panels, write_picture
from denoisebench.files import safe_name
from denoisebench.images.channels import CHANNEL_WORDS
from denoisebench.images.pixels import Pixels
from denoisebench.noise.export import folders, write_noisy
from denoisebench.noise.family import Noise
from denoisebench.plugin.method import Task, TrainedMethod
from denoisebench.registry.registries import Registries
from denoisebench.specs import split_list

_SEED = click.option(
    "--seed",
    type=SEED,
    default=0,
    show_default=True,
    help="Names the noise draws, as in `bench run`.",
)


class _PreviewOrWrite(click.Group):
    """A group in which `bench noise gaussian:25` means `bench noise preview gaussian:25`."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        if args and args[0] not in (*self.commands, *ctx.help_option_names):
            args = ["preview", *args]
        return super().parse_args(ctx, args)


@click.group("noise", cls=_PreviewOrWrite, subcommand_metavar="NOISE | write N[,N...]")
def command() -> None:
    """Preview a noise model, or write noisy images as files.

    \b
    bench noise text:25 --image photo.png        one PNG: clean | noisy at several levels
    bench noise write gaussian:25 --out noisy    image sets and their noisy versions as .npy

    `bench noise NOISE --help` and `bench noise write --help` have the options.
    """


@command.command("preview")
@click.argument("noise", metavar="NOISE")
@click.option(
    "--image",
    default=DEFAULTS.datasets,
    show_default=True,
    metavar="I",
    help="An image file, or an image set, whose first image is taken.",
)
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    metavar="F.png",
    help="The picture to write.  [default: noise-NOISE.png in this folder]",
)
@_SEED
@plugin_option
def preview(noise: str, image: str, out: Path | None, seed: int, plugin: tuple[str, ...]) -> None:
    """Draw one picture: clean | noisy at several levels, each with its noisy PSNR.

    NOISE at one level is shown beside half of it and twice; of a range, levels across it are shown.
    Noise is drawn on the whole image and PSNR is of the whole image, unclipped: what `bench run`
    gives for the same image, noise and seed.  The picture shows the middle, at most 320×320 pixels,
    clipped to [0, 1].
    """
    registries = load_plugins(plugin)
    model = registries.noise(noise)
    name, clean = _image(registries, image)
    model.refuse_gray(len(clean), name)
    panels = draw_panels(clean, model, seed)
    path = out or Path(f"{safe_name(f'noise-{model}')}.png")
    write_picture(path, name, clean, panels)
    channels, height, width = clean.shape
    click.echo(f"{name}: {width}×{height}, {CHANNEL_WORDS[channels]}; seed {seed}")
    wide = max(len(str(panel.noise)) for panel in panels)
    for panel in panels:
        click.echo(f"{panel.noise!s:{wide}}  {decibels(panel.noisy_psnr_db):>8}")
    click.echo("noisy PSNR of the whole image, not clipped")
    click.echo(f"saved as {path}")


def _image(registries: Registries, text: str) -> tuple[str, Pixels]:
    """The image of a file, or the first of a folder or an image set: its name and pixels."""
    image = open_images(registries, text).images[0]
    return image.id, image.load()


@command.command("write")
@click.argument("noise", metavar="N[,N...]")
@click.option(
    "--datasets",
    default=DEFAULTS.datasets,
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
@_SEED
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
        for model in noises:
            model.refuse_gray(image_set.channels, image_set.spec)
        if not dry_run and not source.is_local(spec):
            source.fetch(spec, show_progress)
        for model in noises:
            to = folders(image_set, model, out)
            if dry_run:
                click.echo(f"{len(image_set.images)} images into {to.noisy} and {to.clean}")
            else:
                write_noisy(image_set, model, seed, to, show_progress)
                click.echo(_command(model, image_set.channels, to.spec, registries))


def _command(noise: Noise, channels: int, dataset: str, registries: Registries) -> str:
    """The command that scores a method on written files."""
    task = Task(noise, "unknown" if noise.is_range else "known", channels)
    installed = [registries.method(name) for name in DEFAULTS.methods if name in registries.methods]
    fits = [
        method.name
        for method, config in installed
        if isinstance(method, TrainedMethod) and method.declines(config, task) is None
    ]
    method = fits[0] if fits else "METHOD"
    blind = " --parameters unknown" if noise.is_range else ""
    return f"bench run --method {method} --noise {noise}{blind} --datasets {shlex.quote(dataset)}"
