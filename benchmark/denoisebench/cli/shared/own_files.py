"""The options of the verbs that read a user's own files: `denoise`, `rank`, `estimate`."""

import functools
from collections.abc import Callable
from typing import Any, TypeVar

import click

F = TypeVar("F", bound=Callable[..., Any])

_OPTIONS = {
    "axes": click.option(
        "--axes", metavar="AXES",
        help="The axes of each file, as TCYX: T, Z, C, S for RGB.  [default: as the file says]"),
    "series": click.option(
        "--series", type=click.IntRange(0), default=0, show_default=True,
        help="Which image of a file with several."),
    "channel": click.option(
        "--channel", type=click.IntRange(0),
        help="Take this channel alone; bench denoise copies the others."),
    "scale": click.option(
        "--scale", default="auto", show_default=True, metavar="auto|dtype|LOW:HIGH",
        help="Black and white for the denoiser: percentiles of the file, the range of its"
             " type, or two numbers."),
    "gain": click.option(
        "--gain", type=float, help="Gain of the detector: numbers of the file per count."),
    "offset": click.option(
        "--offset", type=float, help="Offset of the detector: its number without light."),
}  # fmt: skip

unit_option = click.option(
    "--unit", type=click.Choice(["scaled", "adu"]), default="scaled", show_default=True,
    help="Unit of --noise: scaled, for pixels in 0-255 and 0-1; or adu, the numbers of the file.",
)  # fmt: skip


def reading_files(function: F) -> F:
    """Add the options that say how files are read; the verb gets them as `files`, by name.

    They are the fields of `own_images.options.LookOptions`.
    """

    @functools.wraps(function)
    def verb(**values: Any) -> Any:
        files = {name: values.pop(name) for name in _OPTIONS}
        return function(files=files, **values)

    for option in reversed(_OPTIONS.values()):
        verb = option(verb)
    return verb  # type: ignore[return-value]
