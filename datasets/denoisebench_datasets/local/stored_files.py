"""The image files of a folder on this machine: listed, hashed, and loaded when they are used."""

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from denoisebench.plugin import Pixels, UserError, printable
from denoisebench_datasets.reading.encoded import Kind, Shape
from denoisebench_datasets.reading.reader import (
    ENDINGS,
    decode_image,
    largest_value,
    open_image,
    read_bytes,
)
from denoisebench_datasets.reading.remark import remark_on
from denoisebench_datasets.reading.scale import Scale


@dataclass(frozen=True, slots=True)
class StoredFile:
    """An image file as it was when its set was opened.  shape, kind, orientation: by
    its header."""

    path: Path
    sha256: str
    shape: Shape
    kind: Kind
    orientation: int
    scale: Scale = Scale()  # noqa: RUF009 - it is frozen

    @property
    def id(self) -> str:
        """Its name, as text that can be shown and stored."""
        return printable(self.path.name)

    def load(self) -> Pixels:
        """Its pixels, (C, H, W).  UserError when it is broken, gone, or another by now."""
        return decode_image(self._bytes(), str(self.path), self.scale)

    def largest(self) -> float:
        """Its largest value, in its own unit.  UserError as of `load`."""
        return largest_value(self._bytes(), str(self.path))

    def _bytes(self) -> bytes:
        data = read_bytes(self.path)
        if hashlib.sha256(data).hexdigest() != self.sha256:
            raise UserError(f"{self.path} changed after the set was opened; run the command again")
        return data


def stored_files(folder: Path) -> list[StoredFile]:
    """The images directly in `folder`, in the order of their names, with only headers decoded.

    Raises UserError for a folder that is missing or holds no image, and for a file that is not one
    the suite reads.
    """
    try:
        paths = sorted(path for path in folder.iterdir() if not path.is_dir())
    except OSError as error:
        raise UserError(f"folder {folder} cannot be read: {error.strerror or error}") from None
    chosen = [p for p in paths if p.name.lower().endswith(ENDINGS) and not p.name.startswith(".")]
    if not chosen:
        raise UserError(f"folder {folder} holds no image; the endings read are {' '.join(ENDINGS)}")
    files = [stored_file(path) for path in chosen]
    if len({file.id for file in files}) < len(files):
        raise UserError(f"folder {folder} holds two files that are shown by one name; rename one")
    return files


def stored_file(path: Path) -> StoredFile:
    """One image file.  UserError for a file that the suite does not read."""
    data = read_bytes(path)
    encoded = open_image(data, str(path))
    sha256 = hashlib.sha256(data).hexdigest()
    return StoredFile(path, sha256, encoded.shape, encoded.kind, encoded.orientation)


def scaled(files: Sequence[StoredFile], scale: Scale) -> list[StoredFile]:
    """The files of a set, to be read by one scale.

    UserError for files of 8 bits among others: no one value is white in both.
    """
    eight = [file.kind.bits == 8 for file in files]
    if scale != Scale() and any(eight) and not all(eight):
        one, other = files[eight.index(True)], files[eight.index(False)]
        raise UserError(
            f"{one.path} holds 8-bit values and {other.path} does not, so that black and white are"
            " not the same for both; convert one of them"
        )
    return [replace(file, scale=scale) for file in files]


def remark_of(spec: str, files: Sequence[StoredFile]) -> Callable[[float], str]:
    """The remark of a set of these files, read by one scale, on the largest of its pixels."""
    return partial(remark_on, spec, {file.kind for file in files}, files[0].scale)
