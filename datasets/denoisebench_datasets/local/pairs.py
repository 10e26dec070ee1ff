"""`pairs:NOISY_DIR:CLEAN_DIR[:channels=gray|colour][:white=VALUE|auto][:black=VALUE]`: given noisy
images, and their clean ones.

A pair is two files of the same name but for the ending.  Both are taken as they are stored, since
the luma or a repetition of a noisy image would have other noise: `channels` says what the files are
expected to be, and changes none.  `white` and `black` scale both alike; white=auto is the largest
value of the clean ones.
"""

import os
from collections.abc import Iterable
from pathlib import Path

from denoisebench.plugin import (
    CHANNEL_WORDS,
    ImageFile,
    ImageSet,
    ImageSource,
    Spec,
    UserError,
    build_config,
)
from denoisebench_datasets.local.folder_config import OPTIONS, FolderConfig
from denoisebench_datasets.local.stored_files import StoredFile, remark_of, stored_files


class PairsSource(ImageSource):
    """Noisy images of one folder with the clean images of another."""

    name = "pairs"
    summary = "given noisy images and their clean ones: pairs:NOISY_DIR:CLEAN_DIR"
    licence = "your own"
    source = "this machine"

    def open(self, spec: Spec) -> ImageSet:
        """The pairs, in the order of their names, hashed; headers alone are read, except for
        white=auto.

        Raises UserError for a folder without images, a file without partner or that is not one the
        suite reads, two of a pair that differ in size or channels, and gray pairs among colour.
        """
        noisy_dir, clean_dir, config = _parse(spec)
        found = [stored_files(Path(d).expanduser()) for d in (noisy_dir, clean_dir)]
        files = config.read([*found[0], *found[1]], found[1])
        noisy, clean = _by_stem(files[: len(found[0])]), _by_stem(files[len(found[0]) :])
        _refuse_alone(noisy, clean, Path(clean_dir))
        _refuse_alone(clean, noisy, Path(noisy_dir))
        pairs = [(noisy[stem], clean[stem]) for stem in clean]
        channels = _channels(pairs, config.channels)
        images = tuple(
            ImageFile(c.id, c.sha256, c.load, n.load, n.sha256, c.scale.change, c.shape[1:])
            for n, c in pairs
        )
        canonical = str(config.canonical(self.name, (noisy_dir, clean_dir), files[0].scale))
        return ImageSet(canonical, channels, images, remark=remark_of(canonical, files))

    def is_local(self, spec: Spec) -> bool:
        """Whether both folders exist."""
        noisy_dir, clean_dir, _ = _parse(spec)
        return all(Path(typed).expanduser().is_dir() for typed in (noisy_dir, clean_dir))


def _parse(spec: Spec) -> tuple[str, str, FolderConfig]:
    """The two folders as typed, normalised, and the settings."""
    if len(spec.values) != 2 or any("," in value for value in spec.values):
        raise UserError(
            f"{spec}: write pairs:NOISY_DIR:CLEAN_DIR{OPTIONS}, both without ':', ',' or '='"
        )
    config = build_config(FolderConfig, Spec(spec.name, (), spec.options))
    noisy_dir, clean_dir = map(os.path.normpath, spec.values)
    return noisy_dir, clean_dir, config


def _by_stem(folder: Iterable[StoredFile]) -> dict[str, StoredFile]:
    """The files of a folder by their names without ending.  UserError when two have the same."""
    files: dict[str, StoredFile] = {}
    for file in folder:
        first = files.setdefault(file.path.stem, file)
        if first is not file:
            raise UserError(
                f"{first.path} and {file.path} differ in nothing but the ending, so it is unclear"
                " which belongs to the pair; move one of them away"
            )
    return files


def _refuse_alone(
    files: dict[str, StoredFile], others: dict[str, StoredFile], other_dir: Path
) -> None:
    """Raise UserError when a file has no partner among the others."""
    alone = [file.path for stem, file in files.items() if stem not in others]
    if alone:
        more = f" (and {len(alone) - 1} more have none)" if len(alone) > 1 else ""
        raise UserError(f"{alone[0]} has no partner {other_dir / alone[0].stem}.*{more}")


def _channels(pairs: Iterable[tuple[StoredFile, StoredFile]], wanted: str) -> int:
    """The channels that all files have.  UserError when they differ or are not those wanted."""
    first: StoredFile | None = None
    for noisy, clean in pairs:
        if noisy.shape != clean.shape:
            raise UserError(
                f"{_told(noisy)} and {_told(clean)}; the two of a pair"
                " have one size and the same channels"
            )
        if noisy.orientation != clean.orientation:
            raise UserError(
                f"{noisy.path} and {clean.path} have unlike orientations (EXIF {noisy.orientation}"
                f" and {clean.orientation}), and pixels are taken as stored; save both upright"
            )
        first = first or clean
        if clean.shape[0] != first.shape[0]:
            raise UserError(f"{_told(first)} and {_told(clean)}; make two sets of them")
    assert first is not None  # a folder without images is refused before
    channels = first.shape[0]
    if wanted and wanted != CHANNEL_WORDS[channels]:
        raise UserError(
            f"pairs.channels: {_told(first)}; pairs are taken as stored, since noise would not"
            f" stay what it is in {wanted}: leave channels={wanted} out"
        )
    return channels


def _told(file: StoredFile) -> str:
    channels, height, width = file.shape
    return f"{file.path} is {CHANNEL_WORDS[channels]}, {width}×{height}"
