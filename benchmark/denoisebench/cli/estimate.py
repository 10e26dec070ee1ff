"""bench estimate: the noise of noisy images, without a clean one."""

from pathlib import Path

import click

from denoisebench.cli.shared.compute import load_plugins
from denoisebench.cli.shared.images import open_images
from denoisebench.cli.shared.options import plugin_option
from denoisebench.errors import UserError, plugin_code, unknown_name
from denoisebench.images.pixels import Pixels
from denoisebench.noise.family import NoiseFamily
from denoisebench.noise.level_estimator import clipped_share, flat_share
from denoisebench.noise.level_reading import LevelReading
from denoisebench.noise_models.family_estimator import decide_family
from denoisebench.outside_text import printable
from denoisebench.registry.registries import Registries

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
    for text, image_set in [(text, open_images(registries, text)) for text in images]:
        largest = 0.0
        for image in image_set.images:
            noisy = (image.load_noisy or image.load)()
            largest = max(largest, float(noisy.max()))
            name = printable(text if Path(text).is_file() else f"{text.rstrip('/')}/{image.id}")
            click.echo(f"{name}  {_guessed(noisy) if family is None else _known(family, noisy)}")
            _warn(name, noisy)
        if image_set.remark is not None and (remark := image_set.remark(largest)):
            click.echo(printable(remark), err=True)


def _warn(name: str, noisy: Pixels) -> None:
    """Say what of an image tells nothing of its noise, or too little."""
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
