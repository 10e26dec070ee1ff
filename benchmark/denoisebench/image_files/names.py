"""Which image files the user means, and the names of their copies."""

import os
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from glob import glob, has_magic
from pathlib import Path

from denoisebench.errors import UserError
from denoisebench.outside_text import printable

ENDINGS = (".tif", ".tiff", ".png", ".jpg", ".jpeg", ".bmp", ".npy", ".mrc", ".mrcs", ".czi")
ZARR = ".zarr"
_ZARR_FILES = ("zarr.json", ".zarray", ".zgroup")
"""One of them lies in a folder that is a Zarr array or group."""
FOLDER = "denoised"
"""Beside the inputs; holds the copies where the user names no folder, and is never an input."""
_NEW_ENDINGS = {
    ".jpg": ".png",
    ".jpeg": ".png",
    ".bmp": ".png",
    ".mrc": ".ome.tif",
    ".mrcs": ".ome.tif",
    ".czi": ".ome.tif",
}


def image_paths(inputs: Sequence[str], recursive: bool) -> list[Path]:
    """Each image file that the inputs mean, in the order of paths.

    inputs: files, Zarr folders, folders of these (those in folders below only if `recursive`), and
    patterns such as `*.tif`.  A file that is named twice comes once.  Raises UserError for an input
    that does not exist or holds no image.
    """
    found: dict[Path, Path] = {}
    for text in inputs:
        for path in _expanded(text, recursive):
            found.setdefault(Path(os.path.realpath(path)), path)
    return sorted(found.values())


def outputs(inputs: Sequence[str], out: Path | None, recursive: bool) -> list[tuple[Path, Path]]:
    """Each of `image_paths`, with the path of its copy.

    out: the folder of the copies; None for `denoised` beside each file, and of an image that is
    part of a Zarr folder, beside that.  Files of one name keep the
    folders in which they differ.  Raises UserError as `image_paths`, for copies of one name, and
    for a copy that would replace an input, also through a link.
    """
    files = image_paths(inputs, recursive)
    pairs = [(path, _beside(path)) for path in files]
    if out is not None:
        pairs = [(path, _copy(out, name)) for path, name in zip(files, _names(files), strict=True)]
    _refuse_doubles(pairs)
    _refuse_inputs(pairs)
    return pairs


def is_zarr(path: Path) -> bool:
    """Whether a path is a folder that holds a Zarr array or group, or is called so.

    >>> is_zarr(Path("cells.tif"))
    False
    """
    marked = path.suffix == ZARR or any((path / name).exists() for name in _ZARR_FILES)
    return marked and path.is_dir()


def refuse_existing(pairs: Iterable[tuple[Path, Path]]) -> None:
    """Raise UserError that lists all copies which exist already."""
    existing = [str(copy) for _, copy in pairs if copy.exists() or copy.is_symlink()]
    if existing:
        names = printable(", ".join(existing))
        verb = "exist" if len(existing) > 1 else "exists"
        raise UserError(
            f"{names} {verb} already; give --overwrite to replace, --skip to keep, or another --out"
        )


def _expanded(text: str, recursive: bool) -> Iterator[Path]:
    path = Path(text).expanduser()
    if path.is_dir() and not is_zarr(path):
        yield from _images_in(path, recursive)
    elif path.exists() or path.is_symlink():
        yield path
    elif has_magic(text):
        matches = [Path(match) for match in glob(str(path), recursive=True)]
        images = [m for m in matches if not m.is_dir() or is_zarr(m)]
        files = [image for image in images if image.parent.name != FOLDER]
        if not files:
            raise UserError(f"no file matches {printable(text)!r}")
        yield from files
    else:
        raise UserError(f"{printable(text)} does not exist")


def _images_in(folder: Path, recursive: bool) -> list[Path]:
    try:
        below = _walk(folder) if recursive else folder.iterdir()
        files = [p for p in below if _is_called_image(p) and not p.name.startswith(".")]
    except OSError as error:
        raise UserError(f"{folder} cannot be read: {error.strerror or error}") from None
    images = [path for path in files if path.is_file() or is_zarr(path)]
    if not images:
        deeper = "" if recursive else "; --recursive looks into the folders below"
        raise UserError(
            f"{printable(str(folder))} holds no image ({', '.join((*ENDINGS, ZARR))}){deeper}"
        )
    return images


def _is_called_image(path: Path) -> bool:
    return path.suffix.lower() in ENDINGS or path.suffix == ZARR


def _walk(folder: Path) -> Iterator[Path]:
    """All files and Zarr folders below a folder, but those of folders that hold copies."""
    for parent, folders, names in os.walk(folder):
        zarrs = [name for name in folders if is_zarr(Path(parent, name))]
        folders[:] = [name for name in folders if name not in (FOLDER, *zarrs)]
        yield from (Path(parent, name) for name in (*names, *zarrs))


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


def _beside(path: Path) -> Path:
    """Where the copy of a file lies if the user names no folder."""
    around = [parent for parent in Path(os.path.abspath(path)).parents if is_zarr(parent)]
    if not around:
        return _copy(path.parent / FOLDER, Path(path.name))
    home = around[-1].parent
    return _copy(home / FOLDER, Path(os.path.abspath(path)).relative_to(home))


def _copy(folder: Path, name: Path) -> Path:
    """Where the copy of a file lies; formats that are not written become others."""
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
