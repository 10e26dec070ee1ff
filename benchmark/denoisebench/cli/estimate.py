"""bench estimate: the noise of noisy images, without a clean one."""

import os
from collections.abc import Iterable, Iterator, Mapping
from glob import has_magic
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from denoisebench.cli.shared.basics import exit_by_files, load_plugins
from denoisebench.cli.shared.options import plugin_option
from denoisebench.cli.shared.own_files import reading_files
from denoisebench.errors import UserError, unknown_name
from denoisebench.image_files.names import image_paths
from denoisebench.outside_text import printable
from denoisebench.own_images.options import LookOptions
from denoisebench.specs import parse_spec

if TYPE_CHECKING:
    from denoisebench.images.image_set import ImageSet
    from denoisebench.noise.family import NoiseFamily
    from denoisebench.own_images.estimates import Estimate
    from denoisebench.registry.registries import Registries

_UNTOLD = "the correlation cannot be told: the image is too small or flat"


@click.command("estimate")
@click.argument("images", nargs=-1, required=True, metavar="INPUT...")
@click.option("--noise", default="auto", show_default=True, metavar="FAMILY|auto",
              help="The noise: gaussian, poisson, gamma, poisson-gaussian, weibull; auto: find out"
                   " which of the first four.")  # fmt: skip
@click.option("--correlation", is_flag=True,
              help="Print how much the noise of neighbouring pixels correlates.")  # fmt: skip
@reading_files
@plugin_option
def command(
    images: tuple[str, ...],
    noise: str,
    correlation: bool,
    files: Mapping[str, Any],
    plugin: tuple[str, ...],
) -> None:
    """Estimate the noise of each noisy image: its level, and with auto its family.

    INPUT is a file, a folder, a pattern such as "*.tif", or an image set; pairs:NOISY:CLEAN gives
    its noisy images. For 8-bit images, floats of about [0, 1] and image sets, the noise is a noise
    model in 0-255 units. For stacks, channels and other numbers it is a camera's, in the numbers of
    the file: σ, or gain, offset and read noise.

    ± is a standard error.  Flat regions (a mask, a border, clipped pixels) hold no noise and are
    left out.  Estimates are wrong for noise that is not independent from pixel to pixel (camera
    JPEG, resized, sharpened). A line says so, and which methods such noise rules out.
    """
    from denoisebench.images.image_set import ImageSet
    from denoisebench.own_images.estimates import estimates_of_file
    from denoisebench.own_images.treatment import check_look

    registries = load_plugins(plugin)
    family = None if noise == "auto" else _family(registries, noise)
    look = LookOptions(**files)
    check_look(look, registries)
    if family is not None and (look.gain is not None or look.offset is not None):
        raise UserError(f"--gain and --offset are for --noise auto; leave --noise {noise} out")
    failed = total = 0
    found: list[Estimate] = []
    for opened in [_open(registries, text) for text in images]:
        if isinstance(opened, ImageSet):
            _tell(_of_set(opened, family), found, correlation)
            total += 1
            continue
        for path in opened:
            total += 1
            try:
                _tell(estimates_of_file(path, family, look), found, correlation)
            except UserError as error:
                click.echo(f"bench: {printable(str(error))}", err=True)
                failed += 1
    if (ruled_out := _ruled_out(found, registries)) is not None:
        click.echo(printable(ruled_out), err=True)
    exit_by_files(failed, total)


def _open(registries: "Registries", text: str) -> "ImageSet | list[Path]":
    """The files of a path or a pattern, whatever its name, else the image set of that spec.

    Raises UserError for what is none of them.
    """
    if os.path.exists(text):  # False, too, for text that no path can be
        return image_paths([text], recursive=False)
    name = parse_spec(text).name
    if name in registries.image_sets:
        return registries.image_set(text)
    if has_magic(text):
        return image_paths([text], recursive=False)
    raise unknown_name("file, folder or data set", name, registries.image_sets)


def _of_set(image_set: "ImageSet", family: "NoiseFamily | None") -> "Iterator[Estimate]":
    """The noise of each image of a set; says what the set has to say about its range."""
    from denoisebench.own_images.estimates import estimate_of

    largest = 0.0
    for image in image_set.images:
        noisy = (image.load_noisy or image.load)()
        largest = max(largest, float(noisy.max()))
        yield estimate_of(printable(f"{image_set.spec}/{image.id}"), noisy, family)
    if image_set.remark is not None and (remark := image_set.remark(largest)):
        click.echo(printable(remark), err=True)


def _tell(estimates: "Iterable[Estimate]", found: "list[Estimate]", correlation: bool) -> None:
    """Print each estimate, and add it to those found."""
    for estimate in estimates:
        click.echo(f"{estimate.name}  {estimate.text}")
        if correlation:
            click.echo(f"{estimate.name}  {estimate.correlation or _UNTOLD}")
        for warning in estimate.warnings:
            click.echo(printable(f"{estimate.name}: {warning}"), err=True)
        found.append(estimate)


def _ruled_out(found: "list[Estimate]", registries: "Registries") -> str | None:
    """How many estimates are of correlated noise, and what that means; None if none is."""
    from statistics import median

    from denoisebench.planning.independence import all_that_expect_independent

    strong = [
        e.correlation.of_neighbours for e in found if e.correlation and e.correlation.is_strong
    ]
    if not strong:
        return None
    where = "" if len(found) == 1 else f" in {len(strong)} of {len(found)}"
    what = f"{'' if len(strong) == 1 else 'median '}{median(strong):.2f}"
    names = ", ".join(all_that_expect_independent(registries.methods))
    return (
        f"the noise of neighbouring pixels is correlated{where} ({what}; 0: independent), so the"
        " levels above are too low. Under their default settings these methods expect independent"
        f" noise and remove too little of this: {names}"
    )


def _family(registries: "Registries", name: str) -> "NoiseFamily":
    """The family of a name, if it has an estimator."""
    if name not in registries.noises:
        raise unknown_name("noise model", name, [*registries.noises, "auto"])
    able = [n for n, family in registries.noises.items() if family.can_estimate]
    if name not in able:
        raise UserError(f"noise {name!r} has no estimator of its level; {', '.join(able)} have one")
    return registries.noises[name]
