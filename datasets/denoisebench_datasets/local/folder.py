"""`folder:PATH[:channels=gray|colour]`: the user's own images.

The images are the files directly in PATH, in the order of their names.  Without `channels`, the
set is gray when every file is stored as gray, else colour, with gray images three times over.
"""

import os
from functools import partial
from pathlib import Path

from denoisebench.plugin import (
    CHANNEL_WORDS,
    COLOUR,
    GRAY,
    ImageFile,
    ImageSet,
    ImageSource,
    Pixels,
    Spec,
    UserError,
    as_colour,
    build_config,
    to_gray,
)
from denoisebench_datasets.local.stored_files import WORDS, FolderConfig, StoredFile, stored_files


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
        typed, config = typed_folder(spec)
        files = stored_files(Path(typed).expanduser())
        stored = GRAY if all(file.shape[0] == GRAY for file in files) else COLOUR
        channels = WORDS.get(config.channels, stored)
        images = tuple(
            ImageFile(file.path.name, file.sha256, partial(_load, file, channels)) for file in files
        )
        options = (("channels", config.channels),) if config.channels else ()
        return ImageSet(str(Spec(self.name, (typed,), options)), channels, images)

    def version(self, spec: Spec, channels: int) -> Spec | None:
        """The luma of a folder of colour files."""
        typed, _ = typed_folder(spec)
        options = (("channels", CHANNEL_WORDS[GRAY]),)
        return Spec(self.name, (typed,), options) if channels == GRAY else None

    def is_local(self, spec: Spec) -> bool:
        """Whether the folder exists."""
        typed, _ = typed_folder(spec)
        return Path(typed).expanduser().is_dir()


def typed_folder(spec: Spec) -> tuple[str, FolderConfig]:
    """The folder of a spec NAME:PATH as typed, normalised, and the settings.

    Raises UserError for a spec without one folder, and for a setting that there is not.
    """
    if len(spec.values) != 1 or "," in spec.values[0]:
        raise UserError(
            f"{spec}: write {spec.name}:PATH[:channels=gray|colour], PATH without ':', ',' or '='"
        )
    config = build_config(FolderConfig, Spec(spec.name, (), spec.options))
    return os.path.normpath(spec.values[0]), config


def _load(file: StoredFile, channels: int) -> Pixels:
    pixels = file.load()
    return to_gray(pixels) if channels == GRAY else as_colour(pixels)
