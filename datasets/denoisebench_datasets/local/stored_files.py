"""The image files of a folder on this machine: listed, hashed, and loaded when they are used."""

import hashlib
from dataclasses import dataclass
from pathlib import Path

from denoisebench.plugin import COLOUR, GRAY, Pixels, UserError
from denoisebench_datasets.reading.formats import Shape
from denoisebench_datasets.reading.reader import ENDINGS, decode_image, read_bytes, stored_shape

WORDS = {"gray": GRAY, "colour": COLOUR}


@dataclass(frozen=True, kw_only=True)
class FolderConfig:
    """How folders are read; `channels` empty: by what their files are."""

    channels: str = ""

    def __post_init__(self) -> None:
        if self.channels not in ("", *WORDS):
            raise ValueError(f"channels is {' or '.join(WORDS)}, not {self.channels!r}")


@dataclass(frozen=True, slots=True)
class StoredFile:
    """An image file as it was when its set was opened.  shape: by its header."""

    path: Path
    sha256: str
    shape: Shape

    def load(self) -> Pixels:
        """Its pixels, (C, H, W).  UserError when it is broken, gone, or another by now."""
        data = read_bytes(self.path)
        if hashlib.sha256(data).hexdigest() != self.sha256:
            raise UserError(f"{self.path} changed after the set was opened; run the command again")
        return decode_image(data, str(self.path))


def stored_files(folder: Path) -> list[StoredFile]:
    """The images directly in `folder`, in the order of their names, with only headers decoded.

    Raises UserError for a folder that is missing or holds no image, and for a file that is not one
    the suite reads.
    """
    try:
        names = sorted(entry.name for entry in folder.iterdir() if entry.is_file())
    except OSError as error:
        raise UserError(f"folder {folder} cannot be read: {error.strerror or error}") from None
    chosen = [n for n in names if n.lower().endswith(ENDINGS) and not n.startswith(".")]
    if not chosen:
        raise UserError(f"folder {folder} holds no image; the endings read are {' '.join(ENDINGS)}")
    return [_stored(folder / name) for name in chosen]


def _stored(path: Path) -> StoredFile:
    data = read_bytes(path)
    return StoredFile(path, hashlib.sha256(data).hexdigest(), stored_shape(data, str(path)))
