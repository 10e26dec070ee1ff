"""bench datasets: list, fetch, verify and pack image sets; find what two of them share."""

from pathlib import Path

import click

from denoisebench.cli.shared.basics import exit_with, load_plugins
from denoisebench.cli.shared.option_types import Whole
from denoisebench.cli.shared.options import plugin_option
from denoisebench.cli.shared.progress import show_progress
from denoisebench.errors import UserError
from denoisebench.outside_text import printable
from denoisebench.plugin.image_source import ImageSource
from denoisebench.specs import Spec

SHOWN_OF_A_KIND = 10
MIN_SIDE_PX = 64  # the crop of the default budget
LARGEST_SIDE_PX = 1_000_000


@click.group("datasets")
def command() -> None:
    """List, fetch, verify and pack image sets; find what two of them share."""


@command.command("list")
@plugin_option
def list_sets(plugin: tuple[str, ...]) -> None:
    """List the image sets and whether they are on this machine."""
    registries = load_plugins(plugin)
    width = max(map(len, registries.image_sets), default=0)
    for name, source in registries.image_sets.items():
        click.echo(f"{name:{width}}  {_state(source):8}  {source.summary}")


def _state(source: ImageSource) -> str:
    try:
        return "here" if source.is_local(Spec(source.name)) else "to fetch"
    except UserError:  # its name alone is no set: folder:PATH
        return "yours"


@command.command("fetch")
@click.argument("names", nargs=-1, required=True)
@plugin_option
def fetch(names: tuple[str, ...], plugin: tuple[str, ...]) -> None:
    """Download what is missing of image sets, checked against the recorded SHA-256."""
    registries = load_plugins(plugin)
    for name in names:
        source, spec = registries.source(name)
        if source.is_local(spec):
            click.echo(f"{name}: here")
        else:
            source.fetch(spec, show_progress)
            click.echo(f"{name}: fetched")


@command.command("verify")
@click.argument("names", nargs=-1, required=True)
@plugin_option
def verify(names: tuple[str, ...], plugin: tuple[str, ...]) -> None:
    """Read every image of image sets; print a line for each that is missing or damaged."""
    from denoisebench.images.verify import verify as verify_files

    registries = load_plugins(plugin)
    bad = 0
    for name in names:
        image_set = registries.image_set(name)
        problems = verify_files(image_set, show_progress)
        bad += len(problems)
        for problem in problems:
            click.echo(printable(problem))
        click.echo(f"{name}: {len(image_set.images) - len(problems)} of "
                   f"{len(image_set.images)} images are valid")  # fmt: skip
    exit_with(2 if bad else 0)


@command.command("overlap")
@click.argument("a")
@click.argument("b")
@plugin_option
def overlap(a: str, b: str, plugin: tuple[str, ...]) -> None:
    """Find images that two sets share: whole, cropped, turned or mirrored.

    Reads every image and compares them; this may take minutes.
    """
    from denoisebench.images.overlap_search import find_overlap

    registries = load_plugins(plugin)
    found = find_overlap(registries.image_set(a), registries.image_set(b), show_progress)
    for pair in found:
        click.echo(
            f"{a}/{pair.image_a} and {b}/{pair.image_b}: {pair.how};"
            f" {pair.differing} of {pair.pixels} pixels differ"
        )
    click.echo(f"{len(found)} shared image{'' if len(found) == 1 else 's'}")


@command.command("pack")
@click.argument("folder", metavar="DIR", type=click.Path(path_type=Path))
@click.option("--out", type=click.Path(path_type=Path), required=True, metavar="FILE")
@click.option(
    "--min-side",
    type=Whole(1, LARGEST_SIDE_PX),
    default=MIN_SIDE_PX,
    show_default=True,
    metavar="PIXELS",
    help="Leave images with a shorter side out; give the crop you will train with.",
)
@click.option(
    "--max-side",
    type=Whole(1, LARGEST_SIDE_PX),
    metavar="PIXELS",
    help="Leave out those with a longer side.",
)
@click.option(
    "--channels",
    type=click.Choice(["gray", "colour"]),
    help="gray: the luma; colour: gray images as three equal channels.  [default: gray when all"
    " files are gray, else colour]",
)
@click.option("--white", default="", metavar="VALUE|auto",
              help="The value in the files that is white; auto: the largest of all.  [default:"
                   " 255 of 8 bits, 65535 of 16, 1 of floats]")  # fmt: skip
@click.option("--black", type=float, default=0.0, show_default=True, metavar="VALUE",
              help="The value in the files that is black.")  # fmt: skip
@plugin_option
def pack(
    folder: Path,
    out: Path,
    min_side: int,
    max_side: int | None,
    channels: str | None,
    white: str,
    black: float,
    plugin: tuple[str, ...],
) -> None:
    """Make one file of the images in and below a folder, to train on more than memory holds.

    Images are stored without loss. Images without pixels, transparent images and unreadable ones
    are left out, and named at the end.
    """
    from denoisebench.images.channels import CHANNEL_WORDS
    from denoisebench.plugin.image_source import ImagePacker, PackChoice

    sources = load_plugins(plugin).image_sets.values()
    packer = next((source for source in sources if isinstance(source, ImagePacker)), None)
    if packer is None:
        raise UserError("no plugin offers to pack images")
    asked = {word: number for number, word in CHANNEL_WORDS.items()}.get(channels or "", 0)
    try:
        choice = PackChoice(min_side, max_side, asked, black, white)
    except ValueError as error:
        raise UserError(str(error)) from None
    made = packer.pack(folder, out, choice, show_progress)
    for kind, lines in made.left_out.items():
        click.echo(f"left out, {kind}: {len(lines)}")
        for line in lines[:SHOWN_OF_A_KIND]:
            click.echo(f"  {printable(line)}")
        if len(lines) > SHOWN_OF_A_KIND:
            click.echo(f"  and {len(lines) - SHOWN_OF_A_KIND} more")
    images, word = len(made.image_set.images), CHANNEL_WORDS[made.image_set.channels]
    click.echo(f"{out}: {images} {word} image{'s' * (images != 1)}, {made.file_bytes / 1e6:.1f} MB")
    if made.remark:
        click.echo(printable(made.remark), err=True)
    click.echo(f"train on it with --train-set {made.image_set.spec}")
