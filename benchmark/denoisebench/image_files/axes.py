"""The axes of an image: those that its file says, those that the user told, or a guess."""

from denoisebench.image_files.refusals import RefusedError
from denoisebench.outside_text import printable

_UNKNOWN = "QIJ"
"""Letters of axes with unknown meaning, in the order of the shape."""


def planes_of(shape: tuple[int, ...], axes: str | None) -> tuple[str, tuple[str, ...]]:
    """The axes of an array that does not say them, and, for the user, how it is taken.

    axes: those that the user told, if any.  RefusedError for too few or too many axes.
    """
    if not 2 <= len(shape) <= len(_UNKNOWN) + 2:
        raise RefusedError(f"has shape {shape}; 2 to {len(_UNKNOWN) + 2} axes are read")
    found = _UNKNOWN[: len(shape) - 2] + "YX"
    if axes is not None or len(shape) == 2:
        return found, ()
    colour = ", or --axes YXS if the last one holds red, green and blue"
    return found, (
        f"its shape {shape} is taken as planes of {shape[-1]}×{shape[-2]} pixels; give"
        f" --axes{colour if shape[-1] == 3 else ' if that is wrong'}",
    )


def fitting_axes(told: str | None, found: str, shape: tuple[int, ...]) -> str:
    """The axes that the user told, if any, else those found.  RefusedError if they do not fit.

    >>> fitting_axes("zyx", "QYX", (5, 64, 64))
    'ZYX'
    """
    if told is None:
        return found
    axes = told.upper()
    ends = axes.endswith("YX") or (axes.endswith("YXS") and shape[-1] == 3)
    once = len(set(axes)) == len(axes) and axes.isalpha()
    same_samples = found.startswith("Q") or axes.endswith("S") == found.endswith("S")
    if len(axes) == len(shape) and ends and once and same_samples:
        return axes
    raise RefusedError(
        f"has shape {shape} with axes {found}, which the axes {printable(told[:20])!r} do not fit;"
        f" give {len(shape)} different letters that end in {found[found.index('Y') :]}"
    )
