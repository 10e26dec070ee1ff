"""The file that holds the images of a pack: a header, the pixels of all images, and an index.

    header   magic, version, where the index lies, its length and its SHA-256
    pixels   of one image after the other, (C, H, W), as uint8, uint16 or float32, little-endian
    index    JSON: {"channels": 1 or 3, "images": [...]}, see `Entry`

An image is stored in the smallest of the three types that gives its float32 pixels back, bit for
bit.  Nothing is unpickled, and nothing of the file is believed before the index's hash is right.
"""

import hashlib
import math
import struct
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, BinaryIO, Literal

import msgspec
import numpy as np
import numpy.typing as npt

from denoisebench.plugin import Pixels, UserError, ordinary_file, strips, whole_file

MAGIC, VERSION = b"denoisebenchpack", 1
_HEADER = struct.Struct("<16sIQQ32s")
_TYPES: dict[str, np.dtype[Any]] = {
    "uint8": np.dtype("u1"),
    "uint16": np.dtype("<u2"),
    "float32": np.dtype("<f4"),
}

_Type = Annotated[str, msgspec.Meta(pattern=f"^({'|'.join(_TYPES)})$")]
_Side = Annotated[int, msgspec.Meta(ge=1)]
_Hash = Annotated[str, msgspec.Meta(min_length=64, max_length=64)]


class Entry(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """The entry of one image in the index.

    id: its path below the folder that was packed.  shape: channels, height, width, as stored.
    sha256: of the file it comes from.  pixel_sha256, gray_sha256: of its pixels as an image of the
    set, and of their luma, as `pixel_hash` gives them.  change: how its values were scaled, in
    words; empty for as their type says.
    """

    id: Annotated[str, msgspec.Meta(min_length=1)]
    shape: tuple[Literal[1, 3], _Side, _Side]  # GRAY or COLOUR
    type: _Type
    sha256: _Hash
    pixel_sha256: _Hash
    gray_sha256: _Hash
    change: str = ""

    @property
    def bytes(self) -> int:
        """The length of its pixels in the file."""
        return math.prod(self.shape) * int(_TYPES[self.type].itemsize)


class _Index(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    channels: Literal[1, 3]  # GRAY or COLOUR
    images: Annotated[tuple[Entry, ...], msgspec.Meta(min_length=1)]


@dataclass(frozen=True, slots=True)
class Pack:
    """A pack's index.  The entries' pixels follow each other from the header's end on."""

    path: Path
    channels: int
    entries: tuple[Entry, ...]

    def offsets(self) -> list[int]:
        """Where each entry's pixels begin."""
        ends = np.cumsum([_HEADER.size, *(entry.bytes for entry in self.entries)], dtype=np.int64)
        starts: list[int] = ends[:-1].tolist()
        return starts


def smallest(pixels: Pixels) -> tuple[str, npt.NDArray[Any]]:
    """The name of the smallest type that holds float32 pixels exactly, and the pixels in it."""
    for name in ("uint8", "uint16"):
        stored = _as_integers(pixels, name)
        if stored is not None:
            return name, stored
    return "float32", pixels.astype(_TYPES["float32"], copy=False)


def _as_integers(pixels: Pixels, name: str) -> npt.NDArray[Any] | None:
    """Pixels in an integer type; None where it does not hold them exactly."""
    stored = np.empty(pixels.shape, _TYPES[name])
    highest = np.float32(np.iinfo(name).max)
    for rows in strips(pixels.shape):
        strip = pixels[:, rows]
        stored[:, rows] = np.rint(np.clip(strip, 0.0, 1.0) * highest).astype(name)
        if not np.array_equal(_scaled(stored[:, rows]), strip):
            return None
    return stored


def _scaled(stored: npt.NDArray[Any]) -> Pixels:
    """Float32 pixels of values as they are stored, as the image reader scales them."""
    pixels = stored.astype(np.float32)
    return pixels if stored.dtype.kind == "f" else pixels / np.float32(np.iinfo(stored.dtype).max)


class Writer:
    """Writes a pack: pixels as they come, then the index."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._file.write(bytes(_HEADER.size))

    def add(self, stored: npt.NDArray[Any]) -> None:
        """Append one image's pixels, as `smallest` gives them."""
        self._file.write(np.ascontiguousarray(stored).data)

    def close(self, channels: int, entries: Sequence[Entry]) -> None:
        """Append the index and write the header."""
        text = msgspec.json.encode({"channels": channels, "images": entries})
        at = self._file.tell()
        self._file.write(text)
        self._file.seek(0)
        digest = hashlib.sha256(text).digest()
        self._file.write(_HEADER.pack(MAGIC, VERSION, at, len(text), digest))


@contextmanager
def new_pack(path: Path) -> Iterator[Writer]:
    """A writer of the file `path`, which appears when all went well; else nothing is left.

    Raises UserError when it exists or cannot be written.
    """
    if path.exists():
        raise UserError(f"{path} exists already; remove it or give another --out")
    with whole_file(path) as file:
        yield Writer(file)


def open_pack(path: Path) -> Pack:
    """Read a pack's index.  Raises UserError for a file that is missing, damaged or no pack."""
    try:
        with ordinary_file(path).open("rb") as file:
            text, pixel_bytes = _index_text(path, file)
    except OSError as error:
        raise UserError(f"{path} cannot be read: {error.strerror or error}") from None
    try:
        index = msgspec.json.decode(text, type=_Index)  # as deep as its type, no deeper
        if len({entry.id for entry in index.images}) < len(index.images):
            raise ValueError("two images have one name")
        if any(entry.shape[0] > index.channels for entry in index.images):
            raise ValueError("a colour image in a gray pack")
        indexed = sum(entry.bytes for entry in index.images)
        if indexed != pixel_bytes:
            raise ValueError(f"images of {indexed} bytes in {pixel_bytes}")
    except ValueError as error:
        raise _damaged(path, f"its index is wrong ({' '.join(str(error).split())[:80]})") from None
    return Pack(path, index.channels, index.images)


def _index_text(path: Path, file: BinaryIO) -> tuple[bytes, int]:
    """The index as it was written, and the length of the pixels before it."""
    header = file.read(_HEADER.size)
    if not header.startswith(MAGIC) or len(header) < _HEADER.size:
        raise UserError(f"{path} is no pack; `bench datasets pack DIR --out FILE` makes one")
    _, version, at, length, digest = _HEADER.unpack(header)
    if version != VERSION:
        raise UserError(
            f"{path} is a pack of version {version} and version {VERSION} is read; pack the images"
            " anew"
        )
    size = path.stat().st_size
    if size != at + length:
        raise _damaged(path, f"it has {size} bytes and should have {at + length}")
    file.seek(at)
    text = file.read(length)
    if hashlib.sha256(text).digest() != digest:
        raise _damaged(path, "its index is not what was written")
    return text, at - _HEADER.size


def _damaged(path: Path, reason: str) -> UserError:
    return UserError(f"{path} is damaged: {reason}; pack the images anew")


def read_pixels(path: Path, entry: Entry, offset: int) -> Pixels:
    """One image's float32 pixels, (C, H, W), as stored.  The file is mapped meanwhile, no longer.

    Raises UserError when it is gone or shorter than it was.
    """
    try:
        stored = np.memmap(path, _TYPES[entry.type], "r", offset=offset, shape=entry.shape)
        return _scaled(stored)
    except OSError as error:
        raise UserError(f"{path} cannot be read: {error.strerror or error}") from None
    except ValueError:
        raise _damaged(path, f"it ends before {entry.id}") from None
