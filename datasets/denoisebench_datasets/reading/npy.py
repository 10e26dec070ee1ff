"""NumPy's .npy files, as other codes write their noisy images; never unpickled.

Axes are (H, W), (H, W, 1) or (H, W, 3); channels may come first where the shape leaves no doubt.
"""

import io
import math
from typing import Any

import numpy as np
from numpy.lib import format as npy_format

from denoisebench_datasets.reading.formats import RefusedError, Shape, Stored

MAGIC = npy_format.MAGIC_PREFIX
_CHANNELS = (1, 3)
_TYPES = {"float32", "float64", "uint8", "uint16"}


def npy_shape(data: bytes) -> Shape:
    """Channels, height and width, by the header and the file's length."""
    stored_shape, axis = _header(data)
    height, width = (n for k, n in enumerate(stored_shape) if k != axis)
    return 1 if axis is None else stored_shape[axis], height, width


def decode_npy(data: bytes) -> Stored:
    """The values, (H, W, 1 or 3), in the machine's byte order."""
    _, axis = _header(data)
    stored: Stored = np.load(io.BytesIO(data), allow_pickle=False)
    if axis is None:
        stored = stored[:, :, None]
    elif axis == 0:
        stored = stored.transpose(1, 2, 0)
    return stored.astype(stored.dtype.newbyteorder("="), copy=False)


def _header(data: bytes) -> tuple[tuple[int, ...], int | None]:
    """The array's shape and which axis of it holds channels, if one does."""
    stream = io.BytesIO(data)
    version = npy_format.read_magic(stream)
    if version not in _READERS:
        raise RefusedError(f"is .npy version {version[0]}; an array of plain numbers is wanted")
    shape, _, dtype = _READERS[version](stream)
    _refuse_type(dtype)
    axis = _channel_axis(shape)
    if math.prod(shape) * dtype.itemsize > len(data) - stream.tell():
        raise ValueError("it ends before its last pixel")
    return shape, axis


_READERS: dict[tuple[int, int], Any] = {
    (1, 0): npy_format.read_array_header_1_0,
    (2, 0): npy_format.read_array_header_2_0,
}


def _refuse_type(dtype: "np.dtype[Any]") -> None:
    name = dtype.newbyteorder("=").name
    if name not in _TYPES:
        raise RefusedError(f"holds {name} values; {', '.join(sorted(_TYPES))} are read")


def _channel_axis(shape: tuple[int, ...]) -> int | None:
    """0, 2 or None, for an array of one gray or RGB image.  RefusedError when it is not one."""
    last = len(shape) == 3 and shape[2] in _CHANNELS
    first = len(shape) == 3 and shape[0] in _CHANNELS
    if first and last:
        raise RefusedError(f"has shape {shape}, where channels may be first or last; save (H, W)")
    if min(shape, default=0) < 1 or not (first or last or len(shape) == 2):
        raise RefusedError(f"has shape {shape}; (H, W), (H, W, 1) or (H, W, 3) is wanted")
    return 2 if last else 0 if first else None
