"""`pack:FILE[:channels=gray]`: the many images of one file, each read when it is needed.

`bench datasets pack` makes such a file of a folder.  In a colour pack, images that are stored as
gray are three equal channels when they are read.
"""

import os
from functools import partial
from pathlib import Path

from denoisebench.plugin import (
    CHANNEL_WORDS,
    COLOUR,
    GRAY,
    ImagePacker,
    ImageSet,
    ImageSource,
    IndexedFile,
    PackChoice,
    Packed,
    Pixels,
    ProgressCallback,
    Spec,
    UserError,
    as_colour,
    build_config,
    pixel_hash,
)
from denoisebench_datasets.local.folder_config import WORDS, ChannelsConfig
from denoisebench_datasets.packs.file_format import Entry, open_pack, read_pixels


class PackSource(ImageSource, ImagePacker):
    """The images of one pack."""

    name = "pack"
    summary = "many images in one file: pack:FILE[:channels=gray]"
    licence = "your own"
    source = "this machine"

    def open(self, spec: Spec) -> ImageSet:
        """The pack's images, indexed; no pixel is read.

        Raises UserError for a file that is missing, damaged or no pack, and for a gray pack asked
        for in colour.
        """
        typed, config = _parse(spec)
        pack = open_pack(Path(typed).expanduser())
        images = tuple(
            IndexedFile(
                id=entry.id,
                sha256=entry.sha256,
                load=partial(_load, pack.path, pack.channels, entry, offset),
                size=entry.shape[1:],
                pixel_sha256=entry.pixel_sha256,
                gray_sha256=entry.gray_sha256,
                change=entry.change,
            )
            for entry, offset in zip(pack.entries, pack.offsets(), strict=True)
        )
        whole = ImageSet(str(Spec(self.name, (typed,))), pack.channels, images)
        wanted = WORDS.get(config.channels, pack.channels)
        if wanted == pack.channels:
            return whole
        if wanted == COLOUR:
            raise UserError(f"{spec}: the pack is gray; pack the folder with --channels colour")
        return whole.gray(str(Spec(self.name, (typed,), (("channels", config.channels),))))

    def version(self, spec: Spec, channels: int) -> Spec | None:
        """The luma of a colour pack."""
        typed, _ = _parse(spec)
        options = (("channels", CHANNEL_WORDS[GRAY]),)
        return Spec(self.name, (typed,), options) if channels == GRAY else None

    def is_local(self, spec: Spec) -> bool:
        """Whether the file exists."""
        typed, _ = _parse(spec)
        return Path(typed).expanduser().is_file()

    def pack(
        self, folder: Path, out: Path, choice: PackChoice, progress: ProgressCallback
    ) -> Packed:
        """Make a pack of the images in and below a folder; see `ImagePacker`."""
        from denoisebench_datasets.packs.writer import pack_folder

        typed, _ = _parse(Spec(self.name, (str(out),)))
        left_out, remark = pack_folder(folder, out, choice, progress)
        image_set = self.open(Spec(self.name, (typed,)))
        return Packed(image_set, out.stat().st_size, left_out, remark)


def _parse(spec: Spec) -> tuple[str, ChannelsConfig]:
    """The file as typed, normalised, and the settings."""
    if len(spec.values) != 1 or any(mark in spec.values[0] for mark in ":,="):
        raise UserError(f"{spec}: write pack:FILE[:channels=gray], FILE without ':', ',' or '='")
    config = build_config(ChannelsConfig, Spec(spec.name, (), spec.options))
    return os.path.normpath(spec.values[0]), config


def _load(path: Path, channels: int, entry: Entry, offset: int) -> Pixels:
    """The pixels as an image of the set.  UserError when they are not those that were packed."""
    pixels = read_pixels(path, entry, offset)
    if channels == COLOUR:
        pixels = as_colour(pixels)
    if pixel_hash(pixels) != entry.pixel_sha256:
        raise UserError(
            f"{path}: the pixels of {entry.id} are not those that were packed; the file is damaged"
            " or was changed: pack the images anew"
        )
    return pixels
