"""Which image files the user means, and the names of their copies."""

import os
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from glob import glob, has_magic
from pathlib import Path

from denoisebench.errors import UserError
from denoisebench.outside_text import printable

ENDINGS = (".tif", ".tiff", ".png", ".jpg", ".jpeg", ".bmp", ".npy")
FOLDER = "denoised"
"""Beside the inputs; holds the copies where the user names no folder, and is never an input."""
_NEW_ENDINGS = {".jpg": ".png", ".jpeg": ".png", ".bmp": ".png"}


def image_paths(inputs: Sequence[str], recursive: bool) -> list[Path]:
    """Each image file that the inputs mean, in the order of paths.

    inputs: files, folders (their images; those in folders below only if `recursive`), and patterns
    such as `*.tif`.  A file that is named twice comes once.  Raises UserError for an input that
    does not exist or holds no image.
    """
    found: dict[Path, Path] = {}
    for text in inputs:
        for path in _expanded(text, recursive):
            found.setdefault(Path(os.path.realpath(path)), path)
    return sorted(found.values())


def outputs(inputs: Sequence[str], out: Path | None, recursive: bool) -> list[tuple[Path, Path]]:
    """Each of `image_paths`, with the path of its copy.

    out: the folder of the copies; None for `denoised` beside each file.  Files of one name keep the
    folders in which they differ.  Raises UserError as `image_paths`, for copies of one name, and
    for a copy that would replace an input, also through a link.
    """
    files = image_paths(inputs, recursive)
    pairs = [(path, _copy(path.parent / FOLDER, Path(path.name))) for path in files]
    if out is not None:
        pairs = [(path, _copy(out, name)) for path, name in zip(files, _names(files), strict=True)]
    _refuse_doubles(pairs)
    _refuse_inputs(pairs)
    return pairs


def refuse_existing(pairs: Iterable[tuple[Path, Path]]) -> None:
    """Raise UserError that lists all copies which exist already."""
    existing = [str(copy) for _, copy in pairs if copy.exists() or copy.is_symlink()]
    if existing:
        names = printable(", ".join(existing))
        verb = "exist" if len(existing) > 1 else "exists"
        raise UserError(
            f"{names} {verb} already; give --overwrite to replace, --skip to keep, or another --out"
        )


def without_existing(pairs: Iterable[tuple[Path, Path]]) -> list[tuple[Path, Path]]:
    """The pairs whose copy is to be made."""
    return [(path, copy) for path, copy in pairs if not copy.exists()]


def _expanded(text: str, recursive: bool) -> Iterator[Path]:
    path = Path(text).expanduser()
    if path.is_dir():
        yield from _images_in(path, recursive)
    elif path.exists() or path.is_symlink():
        yield path
    elif has_magic(text):
        matches = [Path(match) for match in glob(str(path), recursive=True)]
        files = [m for m in matches if not m.is_dir() and m.parent.name != FOLDER]
        if not files:
            raise UserError(f"no file matches {printable(text)!r}")
        yield from files
    else:
        raise UserError(f"{printable(text)} does not exist")


def _images_in(folder: Path, recursive: bool) -> list[Path]:
    try:
        below = _walk(folder) if recursive else folder.iterdir()
        files = [p for p in below if p.suffix.lower() in ENDINGS and not p.name.startswith(".")]
    except OSError as error:
        raise UserError(f"{folder} cannot be read: {error.strerror or error}") from None
    images = [path for path in files if path.is_file()]
    if not images:
        deeper = "" if recursive else "; --recursive looks into the folders below"
        raise UserError(f"{printable(str(folder))} holds no image ({', '.join(ENDINGS)}){deeper}")
    return images


def _walk(folder: Path) -> Iterator[Path]:
    """All files below a folder, but those of folders that hold copies."""
    for parent, folders, names in os.walk(folder):
        folders[:] = [name for name in folders if name != FOLDER]
        yield from (Path(parent) / name for name in names)


def _names(files: list[Path]) -> list[Path]:
    """The name of each file; of files of one name, their paths below what they share."""
    alike: defaultdict[str, list[Path]] = defaultdict(list)
    for path in files:
        alike[_copy(Path(), Path(path.name)).name.casefold()].append(path)
    names: dict[Path, Path] = {}
    for group in alike.values():
        whole = [Path(os.path.abspath(path)) for path in group]
        shared = Path(os.path.commonpath([path.parent for path in whole]))
        for path, absolute in zip(group, whole, strict=True):
            names[path] = absolute.relative_to(shared) if len(group) > 1 else Path(path.name)
    return [names[path] for path in files]


def _copy(folder: Path, name: Path) -> Path:
    """Where the copy of a file lies; JPEG files become PNG."""
    return folder / name.with_suffix(_NEW_ENDINGS.get(name.suffix.lower(), name.suffix))


def _refuse_doubles(pairs: list[tuple[Path, Path]]) -> None:
    """Raise UserError where two files would be written to one, as a.jpg and a.png of a folder."""
    taken: dict[str, Path] = {}
    for path, copy in pairs:
        other = taken.setdefault(os.path.abspath(copy).casefold(), path)
        if other is not path:
            raise UserError(
                f"{printable(str(other))} and {printable(str(path))} would both be written to"
                f" {printable(str(copy))}; give them one after the other with different --out"
            )


def _refuse_inputs(pairs: list[tuple[Path, Path]]) -> None:
    """Raise UserError where a copy would replace one of the images."""
    images = {_place(path): path for path, _ in pairs if path.exists()}
    for path, copy in pairs:
        if copy.exists() and (image := images.get(_place(copy))):
            raise UserError(
                f"the denoised {printable(str(path))} would replace the image"
                f" {printable(str(image))}; write to another folder"
            )


def _place(path: Path) -> tuple[int, int]:
    """Where a file lies, whatever its names are."""
    found = path.stat()
    return found.st_dev, found.st_ino
