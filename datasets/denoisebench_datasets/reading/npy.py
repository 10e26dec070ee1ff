"""NumPy's .npy files, as other codes write their noisy images; never unpickled.

Axes are (H, W), (H, W, 1) or (H, W, 3); channels may come first where the shape leaves no doubt.
"""

import io
import math
from functools import partial
from typing import Any

import numpy as np
from numpy.lib import format as npy_format

from denoisebench.plugin import RefusedError
from denoisebench_datasets.reading.encoded import Encoded, Stored

MAGIC = npy_format.MAGIC_PREFIX
_CHANNELS = (1, 3)
_FLOATS = ("float32", "float64")


def open_npy(data: bytes) -> Encoded:
    """By the header and the file's length."""
    stored_shape, axis, dtype = _header(data)
    height, width = (n for k, n in enumerate(stored_shape) if k != axis)
    channels = 1 if axis is None else stored_shape[axis]
    bits = 8 * dtype.itemsize
    return Encoded((channels, height, width), channels, dtype, bits, partial(_decode, data, axis))


def _decode(data: bytes, axis: int | None) -> Stored:
    """The values, (H, W, 1 or 3), in the machine's byte order."""
    stored: Stored = np.load(io.BytesIO(data), allow_pickle=False)
    if axis is None:
        stored = stored[:, :, None]
    elif axis == 0:
        stored = stored.transpose(1, 2, 0)
    return stored.astype(stored.dtype.newbyteorder("="), copy=False)


def _header(data: bytes) -> tuple[tuple[int, ...], int | None, "np.dtype[Any]"]:
    """The array's shape, which axis of it holds channels, if one does, and its type."""
    stream = io.BytesIO(data)
    version = npy_format.read_magic(stream)
    if version not in _READERS:
        raise RefusedError(f"is .npy version {version[0]}; an array of plain numbers is wanted")
    shape, _, dtype = _READERS[version](stream)
    dtype = dtype.newbyteorder("=")
    if dtype.kind not in "iu" and dtype.name not in _FLOATS:
        raise RefusedError(f"holds {dtype.name} values; {', '.join(_FLOATS)} and integers are read")
    axis = _channel_axis(shape)
    if math.prod(shape) * dtype.itemsize > len(data) - stream.tell():
        raise ValueError("it ends before its last pixel")
    return shape, axis, dtype


_READERS: dict[tuple[int, int], Any] = {
    (1, 0): npy_format.read_array_header_1_0,
    (2, 0): npy_format.read_array_header_2_0,
}


def _channel_axis(shape: tuple[int, ...]) -> int | None:
    """0, 2 or None, for an array of one gray or RGB image.  RefusedError when it is not one."""
    last = len(shape) == 3 and shape[2] in _CHANNELS
    first = len(shape) == 3 and shape[0] in _CHANNELS
    if first and last:
        raise RefusedError(f"has shape {shape}, where channels may be first or last; save (H, W)")
    if min(shape, default=0) < 1 or not (first or last or len(shape) == 2):
        raise RefusedError(f"has shape {shape}; (H, W), (H, W, 1) or (H, W, 3) is wanted")
    return 2 if last else 0 if first else None
