"""`folder:PATH[:channels=gray|colour][:white=VALUE|auto][:black=VALUE]`: the user's own images.

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
    FileOpener,
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
from denoisebench_datasets.local.folder_config import OPTIONS, WORDS, FolderConfig
from denoisebench_datasets.local.stored_files import (
    StoredFile,
    remark_of,
    stored_file,
    stored_files,
)


class FolderSource(ImageSource, FileOpener):
    """The images of one folder."""

    name = "folder"
    summary = f"your images: folder:PATH{OPTIONS}"
    licence = "your own"
    source = "this machine"

    def open(self, spec: Spec) -> ImageSet:
        """The folder's images, hashed; headers alone are read, except for white=auto.

        Raises UserError for a folder that is missing or holds no image, and for a file that is
        not one the suite reads.
        """
        typed, config = typed_folder(spec)
        found = stored_files(Path(typed).expanduser())
        files = config.read(found, found)
        stored = GRAY if all(file.shape[0] == GRAY for file in files) else COLOUR
        channels = WORDS.get(config.channels, stored)
        images = tuple(
            ImageFile(
                f.id,
                f.sha256,
                partial(_load, f, channels),
                change=f.scale.change,
                size=f.shape[1:],
            )
            for f in files
        )
        canonical = str(config.canonical(self.name, (typed,), files[0].scale))
        return ImageSet(canonical, channels, images, remark=remark_of(canonical, files))

    def open_path(self, path: Path) -> ImageSet:
        """The image of one file, or the images of a folder, each as it is stored."""
        files = stored_files(path) if path.is_dir() else [stored_file(path)]
        channels = max(file.shape[0] for file in files)
        images = tuple(ImageFile(file.id, file.sha256, file.load) for file in files)
        return ImageSet(str(path), channels, images, remark=remark_of(str(path), files))

    def version(self, spec: Spec, channels: int) -> Spec | None:
        """The luma of a folder of colour files."""
        typed, _ = typed_folder(spec)
        if channels != GRAY:
            return None
        options = {**dict(spec.options), "channels": CHANNEL_WORDS[GRAY]}
        return Spec(self.name, (typed,), tuple(sorted(options.items())))

    def is_local(self, spec: Spec) -> bool:
        """Whether the folder exists."""
        typed, _ = typed_folder(spec)
        return Path(typed).expanduser().is_dir()


def typed_folder(spec: Spec) -> tuple[str, FolderConfig]:
    """The folder of a spec NAME:PATH as typed, normalised, and the settings.

    Raises UserError for a spec without one folder, and for a setting that there is not.
    """
    if len(spec.values) != 1 or "," in spec.values[0]:
        raise UserError(f"{spec}: write {spec.name}:PATH{OPTIONS}, PATH without ':', ',' or '='")
    config = build_config(FolderConfig, Spec(spec.name, (), spec.options))
    return os.path.normpath(spec.values[0]), config


def _load(file: StoredFile, channels: int) -> Pixels:
    pixels = file.load()
    return to_gray(pixels) if channels == GRAY else as_colour(pixels)
