"""bench estimate: the noise of noisy images, without a clean one."""

from collections.abc import Iterator
from pathlib import Path

import click

from denoisebench.cli.shared.compute import load_plugins
from denoisebench.cli.shared.options import plugin_option
from denoisebench.errors import UserError, plugin_code, unknown_name
from denoisebench.images.image_set import ImageFile
from denoisebench.images.pixels import Pixels
from denoisebench.noise.family import NoiseFamily
from denoisebench.noise.level_estimator import clipped_share, flat_share
from denoisebench.noise.level_reading import LevelReading
from denoisebench.noise_models.family_estimator import decide_family
from denoisebench.registry.registries import Registries
from denoisebench.specs import parse_spec

MOST_CLIPPED = 0.005
"""The share of pixels at the greatest value above which they were clipped, not drawn."""

MOST_FLAT = 0.01
"""The share of pixels in flat regions above which it is said that they are left out."""


@click.command("estimate")
@click.argument("images", nargs=-1, required=True, metavar="IMAGE...")
@click.option("--noise", default="auto", show_default=True, metavar="FAMILY|auto",
              help="The noise: gaussian, poisson, gamma, weibull; auto: find out which of the first"
                   " three, or poisson-gaussian.")  # fmt: skip
@plugin_option
def command(images: tuple[str, ...], noise: str, plugin: tuple[str, ...]) -> None:
    """Estimate the noise of each noisy image: its level, and with auto its family.

    IMAGE is a file, a folder, or an image set; pairs:NOISY:CLEAN gives its noisy images.
    ± is the standard error of a level.  Flat regions (a mask, a border, clipped pixels) hold no
    noise and are left out.  Estimates are wrong for noise that is not independent from pixel to
    pixel (camera JPEG, resized, sharpened).
    """
    registries = load_plugins(plugin)
    family = None if noise == "auto" else _family(registries, noise)
    for name, image in _opened(registries, images):
        noisy = (image.load_noisy or image.load)()
        click.echo(f"{name}  {_guessed(noisy) if family is None else _known(family, noisy)}")
        if MOST_FLAT < (flat := flat_share(noisy)) < 1.0:
            click.echo(f"{name}: {flat:.1%} of the pixels lie in flat regions, which hold no noise"
                       " and are left out", err=True)  # fmt: skip
        if MOST_CLIPPED < (share := clipped_share(noisy)) < 1.0:
            click.echo(f"{name}: {share:.1%} of the pixels have its greatest value; where noise"
                       " is clipped, too little is found", err=True)  # fmt: skip


def _family(registries: Registries, name: str) -> NoiseFamily:
    """The family of a name, if it has an estimator."""
    if name not in registries.noises:
        raise unknown_name("noise model", name, [*registries.noises, "auto"])
    able = [n for n, family in registries.noises.items() if family.can_estimate]
    if name not in able:
        raise UserError(f"noise {name!r} has no estimator of its level; {', '.join(able)} have one")
    return registries.noises[name]


def _opened(registries: Registries, texts: tuple[str, ...]) -> Iterator[tuple[str, ImageFile]]:
    """The images that the arguments name, with a name to print; each folder opened once."""
    files = {text: Path(text) for text in texts if Path(text).is_file()}
    folders = {text: f"folder:{text}" for text in texts if Path(text).is_dir()}
    folders |= {text: f"folder:{path.parent}" for text, path in files.items()}
    for text in texts:
        if text not in folders and (name := parse_spec(text).name) not in registries.image_sets:
            raise unknown_name("file, folder or data set", name, registries.image_sets)
    specs = dict.fromkeys(folders.get(text, text) for text in texts)
    sets = {spec: registries.image_set(spec) for spec in specs}
    for text in texts:
        images = {image.id: image for image in sets[folders.get(text, text)].images}
        if text not in files:
            yield from ((f"{text.rstrip('/')}/{name}", image) for name, image in images.items())
        elif files[text].name in images:
            yield text, images[files[text].name]
        else:
            raise UserError(f"{text} is not an image that {folders[text]} reads")


def _known(family: NoiseFamily, noisy: Pixels) -> str:
    """The level of noise of a known family, as a noise spec."""
    with plugin_code(family.name):
        return _shown(family.read(noisy))


def _shown(reading: LevelReading) -> str:
    """A level and its unit, or why there is none."""
    unit = f"  {reading.family.symbol}: {reading.family.unit}"
    return str(reading) if reading.known is None else f"{reading}{unit}"


def _guessed(noisy: Pixels) -> str:
    """The family and level, or why they cannot be estimated."""
    verdict = decide_family(noisy)
    if verdict.reading is None:
        return f"cannot tell: {verdict.reason}"
    return f"{_shown(verdict.reading)}; confidence {verdict.confidence:.2f}; {verdict.reason}"
