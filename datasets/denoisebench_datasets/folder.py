"""`folder:PATH[:channels=gray|colour]`: the user's own images.

The images are the files directly in PATH, in the order of their names.  Without `channels`, the
set is gray when every file is stored as gray, else colour, with gray images three times over.
"""

import hashlib
import os
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from denoisebench.errors import UserError
from denoisebench.images import COLOUR, GRAY, ImageFile, ImageSet, Pixels, to_gray
from denoisebench.interfaces import ImageSource
from denoisebench.specs import Spec, build_config
from denoisebench_datasets.catalog import as_colour
from denoisebench_datasets.reader import ENDINGS, decode_image, read_bytes, stored_channels

WORDS = {"gray": GRAY, "colour": COLOUR}


@dataclass(frozen=True, kw_only=True)
class FolderConfig:
    """How a folder is read; `channels` empty: by what its files are."""

    channels: str = ""

    def __post_init__(self) -> None:
        if self.channels not in ("", *WORDS):
            raise ValueError(f"channels is {' or '.join(WORDS)}, not {self.channels!r}")


class FolderSource(ImageSource):
    """The images of one folder."""

    name = "folder"
    summary = "your own images: folder:PATH[:channels=gray|colour]"
    licence = "your own"
    source = "this machine"

    def open(self, spec: Spec) -> ImageSet:
        """The folder's images, hashed, with only their headers read.

        Raises UserError for a folder that is missing or holds no image, and for a file that is
        not one the suite reads.
        """
        typed, config = _parse(spec)
        paths = _image_paths(Path(typed).expanduser())
        contents = [_hash_and_channels(path) for path in paths]
        stored = GRAY if all(channels == GRAY for _, channels in contents) else COLOUR
        channels = WORDS.get(config.channels, stored)
        images = tuple(
            ImageFile(path.name, sha256, partial(_load, path, sha256, channels))
            for path, (sha256, _) in zip(paths, contents, strict=True)
        )
        options = (("channels", config.channels),) if config.channels else ()
        return ImageSet(str(Spec(self.name, (typed,), options)), channels, images)

    def at_hand(self, spec: Spec) -> bool:
        """Whether the folder exists."""
        typed, _ = _parse(spec)
        return Path(typed).expanduser().is_dir()


def _parse(spec: Spec) -> tuple[str, FolderConfig]:
    """The folder as typed, normalised, and the settings."""
    if len(spec.values) != 1 or "," in spec.values[0]:
        raise UserError(
            f"{spec}: write folder:PATH[:channels=gray|colour], PATH without ':', ',' or '='"
        )
    config = build_config(FolderConfig, Spec(spec.name, (), spec.options))
    return os.path.normpath(spec.values[0]), config


def _image_paths(folder: Path) -> list[Path]:
    try:
        names = sorted(entry.name for entry in folder.iterdir() if entry.is_file())
    except OSError as error:
        raise UserError(f"folder {folder} cannot be read: {error.strerror or error}") from None
    chosen = [n for n in names if n.lower().endswith(ENDINGS) and not n.startswith(".")]
    if not chosen:
        raise UserError(f"folder {folder} holds no image; the endings read are {' '.join(ENDINGS)}")
    return [folder / name for name in chosen]


def _hash_and_channels(path: Path) -> tuple[str, int]:
    """A file's SHA-256 and the channels its header states."""
    data = read_bytes(path)
    return hashlib.sha256(data).hexdigest(), stored_channels(data, str(path))


def _load(path: Path, sha256: str, channels: int) -> Pixels:
    data = read_bytes(path)
    if hashlib.sha256(data).hexdigest() != sha256:
        raise UserError(f"{path} changed after the set was opened; run the command again")
    pixels = decode_image(data, str(path))
    return to_gray(pixels) if channels == GRAY else as_colour(pixels)
