"""The planes that are denoised: numbers of a file or of an array."""

from collections.abc import Iterator, Sequence
from itertools import product
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from denoisebench.errors import UserError
from denoisebench.images.pixels import why_no_values

Values = npt.NDArray[Any]
"""(H, W) or (H, W, 3), in the numbers of the file."""

Plane = tuple[int, ...]
"""The place of a plane along all axes but Y, X and S."""

EVERY_ROW = slice(None)
STEP_VALUES = 1 << 16


class Rows(Protocol):
    """Planes whose rows can be read."""

    def read(self, plane: Plane, rows: slice = EVERY_ROW) -> Values: ...


class Planes(Rows, Protocol):
    """Images of one height and width, along axes such as TZCYX.  axes ends in YX, or in YXS for
    RGB.  dtype: as stored."""

    @property
    def path(self) -> Path: ...
    @property
    def axes(self) -> str: ...
    @property
    def shape(self) -> tuple[int, ...]: ...
    @property
    def dtype(self) -> np.dtype[Any]: ...
    @property
    def remarks(self) -> tuple[str, ...]: ...
    @property
    def height(self) -> int: ...
    @property
    def width(self) -> int: ...
    @property
    def channels(self) -> int:
        """The channels of a plane: 3 for RGB, else 1."""
        ...

    def planes(self) -> Iterator[Plane]:
        """All places, in the order of the file."""
        ...

    def read(self, plane: Plane, rows: slice = EVERY_ROW) -> Values:
        """Rows of a plane.  Raises UserError for numbers that are not finite or beyond 1e15."""
        ...


def group_of(source: Planes, plane: Plane) -> int:
    """The place of a plane along the axis C; 0 where there is none."""
    return plane[source.axes.index("C")] if "C" in source.axes else 0


def steps_of(source: Planes, rows: slice) -> Iterator[slice]:
    """Rows of a plane, a few at a time: what is made of them on the way takes little memory."""
    start, stop, _ = rows.indices(source.height)
    step = max(1, STEP_VALUES // (source.width * source.channels))
    for top in range(start, stop, step):
        yield slice(top, min(top + step, stop))


def count_of_channels(source: Planes) -> int:
    """How many places the axis C has; 1 where there is none."""
    return source.shape[source.axes.index("C")] if "C" in source.axes else 1


def groups_of(source: Planes, channel: int | None) -> Sequence[int]:
    """The places along the axis C, or the one that is asked for; UserError if it is not there."""
    count = count_of_channels(source)
    if channel is None:
        return range(count)
    if not 0 <= channel < count:
        there = f"channels 0..{count - 1}" if count > 1 else "channel 0 alone"
        raise UserError(f"--channel {channel}: {source.path.name} has {there}")
    return [channel]


def described(source: Planes) -> str:
    """Axes, shape and type: `TYX 20×512×512 uint16`."""
    return f"{source.axes} {'×'.join(map(str, source.shape))} {source.dtype}"


class ArrayPlanes:
    """Planes of an array.  axes: as of `Planes`; None: see `usual_axes`.

    Raises UserError for axes that do not fit, and for a type of values that is not denoised.
    """

    path = Path("array")
    remarks: tuple[str, ...] = ()

    def __init__(self, array: Values, axes: str | None) -> None:
        self.axes = axes or usual_axes(array.shape)
        self.shape = array.shape
        self.dtype = array.dtype
        self._array = array
        if len(self.axes) != array.ndim or not self.axes.endswith(("YX", "YXS")):
            raise UserError(
                f"axes {self.axes} do not fit an array of {array.shape}; give a letter for each"
                " axis, ending in YX or YXS"
            )
        if self.axes.endswith("S") and array.shape[-1] != 3:
            raise UserError(
                f"axes {self.axes} say RGB, and the last axis of {array.shape} is not 3"
            )
        if array.dtype.kind not in "uif" or 0 in array.shape:
            raise UserError(
                f"an array of {array.dtype} and {array.shape} is no image; give numbers"
            )

    @property
    def height(self) -> int:
        return int(self.shape[self.axes.index("Y")])

    @property
    def width(self) -> int:
        return int(self.shape[self.axes.index("X")])

    @property
    def channels(self) -> int:
        return 3 if self.axes.endswith("S") else 1

    def planes(self) -> Iterator[Plane]:
        return product(*map(range, self.shape[: self.axes.index("Y")]))

    def read(self, plane: Plane, rows: slice = EVERY_ROW) -> Values:
        values = np.asarray(self._array[plane][rows])
        if why := why_no_values(values):
            raise UserError(f"plane {plane} {why}")
        return values


def usual_axes(shape: tuple[int, ...]) -> str:
    """The axes of an array that does not say them: (H, W), (H, W, 3) for RGB, else planes.

    Raises UserError for more than three axes.
    """
    if len(shape) == 2:
        return "YX"
    if len(shape) == 3:
        return "YXS" if shape[2] == 3 else "ZYX"
    raise UserError(f"an array of {shape} may be anything; give its axes, as axes='TCYX'")
