"""Making a pack of a folder: every image file in it and below it, in the order of the paths."""

import hashlib
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from denoisebench.plugin import (
    COLOUR,
    GRAY,
    PackChoice,
    Pixels,
    Progress,
    ProgressCallback,
    UserError,
    as_colour,
    pixel_hash,
    to_gray,
)
from denoisebench_datasets.packs.file_format import Entry, Writer, new_pack, smallest
from denoisebench_datasets.reading.reader import ENDINGS, decode_image, read_bytes, stored_shape

SMALL, LARGE, UNUSABLE, DOUBLE = "too small", "too large", "not usable", "there twice"


class _LeftOutError(Exception):
    """An image is not packed: the kind of reason, and a line that names it."""

    def __init__(self, kind: str, line: str) -> None:
        super().__init__(kind, line)
        self.kind, self.line = kind, line


@dataclass(frozen=True, slots=True)
class _Candidate:
    """An image that was written.  gray, colour: its entry in a pack of either kind."""

    gray: Entry | None
    colour: Entry


def pack_folder(
    folder: Path, out: Path, choice: PackChoice, progress: ProgressCallback
) -> dict[str, list[str]]:
    """Write the new pack `out`.  Returns what was left out: kind of reason -> a line for each.

    Raises UserError for a folder without images, an `out` that exists or cannot be written, and
    when no image is left.
    """
    ids = list(_image_paths(folder))
    if not ids:
        raise UserError(
            f"there is no image in or below folder {folder}; the endings read are"
            f" {' '.join(ENDINGS)}"
        )
    left_out: dict[str, list[str]] = {}
    with new_pack(out) as writer:
        packing = _Packing(folder, choice, writer)
        for done, name in enumerate(ids):
            progress(Progress(f"pack {folder}", done, len(ids), name))
            try:
                packing.add(name)
            except _LeftOutError as reason:
                left_out.setdefault(reason.kind, []).append(reason.line)
        progress(Progress(f"pack {folder}", len(ids), len(ids)))
        if not packing.candidates:
            counts = ", ".join(f"{len(lines)} {kind}" for kind, lines in left_out.items())
            first = next(line for lines in left_out.values() for line in lines)
            raise UserError(f"no image of {folder} is left to pack ({counts}; {first})")
        writer.close(*packing.entries())
    return left_out


def _image_paths(folder: Path) -> Iterator[str]:
    """The image files in and below a folder, as paths from it, sorted; hidden ones are not seen."""

    def unreadable(error: OSError) -> None:
        raise UserError(f"folder {error.filename} cannot be read: {error.strerror}")

    found = []
    for here, below, names in os.walk(folder, onerror=unreadable):
        below[:] = [name for name in below if not name.startswith(".")]
        found += [
            Path(here, name).relative_to(folder).as_posix()
            for name in names
            if name.lower().endswith(ENDINGS) and not name.startswith(".")
        ]
    yield from sorted(found)


class _Packing:
    def __init__(self, folder: Path, choice: PackChoice, writer: Writer) -> None:
        self._folder, self._choice, self._writer = folder, choice, writer
        self._seen: dict[str, str] = {}  # pixel hash in colour -> id
        self.candidates: list[_Candidate] = []

    def add(self, name: str) -> None:
        """Write one image.  Raises _LeftOutError when it is not to be packed."""
        path = self._folder / name
        try:
            name.encode()
        except UnicodeEncodeError:
            raise _LeftOutError(UNUSABLE, f"{name!a} is not a name in UTF-8") from None
        try:
            data = read_bytes(path)
            self._refuse_size(name, stored_shape(data, str(path))[1:])
            pixels = decode_image(data, str(path))
        except UserError as error:
            raise _LeftOutError(UNUSABLE, str(error)) from None
        if self._choice.channels == GRAY:
            pixels = to_gray(pixels)
        colour_hash = pixel_hash(as_colour(pixels))
        first = self._seen.setdefault(colour_hash, name)
        if first is not name:
            raise _LeftOutError(DOUBLE, f"{name} has the pixels of {first}")
        kind, stored = smallest(pixels)
        self._writer.add(stored)
        self.candidates.append(
            _candidate(name, pixels, kind, hashlib.sha256(data).hexdigest(), colour_hash)
        )

    def _refuse_size(self, name: str, size: tuple[int, int]) -> None:
        height, width = size
        least, most = self._choice.min_side_px, self._choice.max_side_px
        if min(size) < least:
            raise _LeftOutError(SMALL, f"{name} is {width}×{height} pixels")
        if most is not None and max(size) > most:
            raise _LeftOutError(LARGE, f"{name} is {width}×{height} pixels")

    def entries(self) -> tuple[int, list[Entry]]:
        """The channels of the pack, and the entries it has then."""
        grays = [c.gray for c in self.candidates if c.gray is not None]
        if self._choice.channels != COLOUR and len(grays) == len(self.candidates):
            return GRAY, grays
        return COLOUR, [candidate.colour for candidate in self.candidates]


def _candidate(name: str, pixels: Pixels, kind: str, sha256: str, colour_hash: str) -> _Candidate:
    channels, height, width = pixels.shape
    shape = (channels, height, width)
    luma = pixel_hash(to_gray(as_colour(pixels)))
    colour = Entry(name, shape, kind, sha256, colour_hash, luma)
    if channels == COLOUR:
        return _Candidate(None, colour)
    own = pixel_hash(pixels)
    return _Candidate(Entry(name, shape, kind, sha256, own, own), colour)
