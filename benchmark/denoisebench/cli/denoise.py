"""bench denoise: a user's own images in, denoised images out."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

import click

from denoisebench.cli.shared.basics import exit_by_files, load_plugins
from denoisebench.cli.shared.options import device_option, plugin_option
from denoisebench.cli.shared.own_files import reading_files, unit_option
from denoisebench.cli.shared.progress import show_progress
from denoisebench.cli.shared.settings_file import config_option
from denoisebench.defaults import DEFAULTS
from denoisebench.errors import UserError
from denoisebench.image_files.names import outputs, refuse_existing
from denoisebench.outside_text import printable


@click.command("denoise")
@click.argument("images", nargs=-1, required=True, metavar="INPUT...")
@click.option("--out", type=click.Path(path_type=Path), metavar="DIR",
              help="Where denoised files go.  [default: the folder `denoised` beside"
                   " each]")  # fmt: skip
@click.option("--recursive", is_flag=True, help="Read folders in folders too.")
@click.option("--method", metavar="M",
              help=f"[default: {DEFAULTS.denoiser}; {DEFAULTS.denoiser_without_weights} where it"
                   " has no weights that fit]")  # fmt: skip
@click.option("--noise", default="auto", show_default=True, metavar="N|auto",
              help="auto: estimated from each file; or a noise model, as gaussian:25 or"
                   " poisson-gaussian:GAIN:READ:OFFSET.")  # fmt: skip
@unit_option
@click.option("--weights", default="auto", show_default=True,
              metavar="auto|zoo|none|train|PATH|NAME",
              help="auto: bundled weights; train: train on these very images, all together; a"
                   " file, results/trainings/ID, or a name in `bench zoo list`: use"
                   " it.")  # fmt: skip
@click.option("--budget", metavar="B", help="Length of the training of --weights train.")
@reading_files
@click.option("--dtype", type=click.Choice(["same", "float32"]), default="same", show_default=True,
              help="Type of the values in the denoised file.")  # fmt: skip
@click.option("--tile", type=click.IntRange(32), metavar="PX", help="Side of the tiles.")
@click.option("--memory", type=float, metavar="GB",
              help="Memory of a tile and its rows.  [default: half the free, up to 4]")  # fmt: skip
@click.option("--overwrite", is_flag=True, help="Replace existing denoised files.")
@click.option("--skip", is_flag=True, help="Leave out inputs whose denoised file exists.")
@click.option("--preview", is_flag=True, help="Write preview.html next to the denoised files.")
@click.option("--dry-run", is_flag=True, help="Print the plan; write nothing.")
@device_option
@plugin_option
@config_option
def command(
    images: tuple[str, ...],
    out: Path | None,
    recursive: bool,
    method: str | None,
    noise: str,
    unit: Literal["scaled", "adu"],
    weights: str,
    budget: str | None,
    files: Mapping[str, Any],
    dtype: Literal["same", "float32"],
    tile: int | None,
    memory: float | None,
    overwrite: bool,
    skip: bool,
    preview: bool,
    dry_run: bool,
    device: str,
    plugin: tuple[str, ...],
) -> None:
    """Denoise your own images: files, folders, or patterns such as "*.tif".

    INPUT is a TIFF (also a stack, ImageJ or OME), PNG, JPEG, BMP, .npy, MRC or CZI file, a Zarr
    folder, or a folder of them.
    The denoised file has the name, type, range and metadata of its input.  A line a file says
    what noise was found and what removed it; NAME.json beside it says more.

    \b
    bench denoise cells.tif
    bench denoise scans/ --out cleaned --weights train
    """
    from denoisebench.own_images.options import DenoiseOptions

    if overwrite and skip:
        raise UserError("--overwrite replaces what --skip leaves out; give one of them")
    options = DenoiseOptions(
        **files,
        method=method,
        noise=noise,
        unit=unit,
        weights=weights,
        tile=tile,
        memory=memory,
        device=device,
        dtype=dtype,
        budget=budget,
    )
    pairs = outputs(images, out, recursive)
    if skip:
        pairs = _left_to_do(pairs, dry_run)
    elif not overwrite and not dry_run:
        refuse_existing(pairs)

    from denoisebench.own_images.files_job import FilesJob  # imports torch: seconds
    from denoisebench.own_images.preview import FilePreview, write_preview

    previews: dict[Path, list[FilePreview]] | None = {} if preview and not dry_run else None
    job = FilesJob(options, load_plugins(plugin), Path("results"), show_progress, previews)
    failed = []
    try:
        for outcome in job.describe(pairs) if dry_run else job.run(pairs):
            click.echo(printable(outcome.line, keep="\n"), err=outcome.failed)
            if outcome.failed:
                failed.append(outcome.name)
    except KeyboardInterrupt as interrupt:
        if overwrite or skip:
            raise
        raise type(interrupt)("with --skip, if files are finished") from None
    for folder, shown in (previews or {}).items():
        click.echo(f"preview: {write_preview(folder, shown)}")
    if failed and len(pairs) > 1:
        names = printable(", ".join(failed))
        click.echo(f"{len(failed)} of {len(pairs)} files were not denoised: {names}", err=True)
    exit_by_files(len(failed), len(pairs))


def _left_to_do(pairs: list[tuple[Path, Path]], dry_run: bool) -> list[tuple[Path, Path]]:
    """Those that are not finished; says how many are. Remove what a process that was killed at the
    end left of a finished file."""
    from denoisebench.image_files.copy import remove_part
    from denoisebench.own_images.sidecar import is_finished

    left = [(path, target) for path, target in pairs if not is_finished(target)]
    if not dry_run:
        for _, target in set(pairs) - set(left):
            remove_part(target)
    click.echo(f"{len(pairs) - len(left)} of {len(pairs)} files are denoised already", err=True)
    return left
