"""Making a pack of a folder: every image file in it and below it, in the order of the paths."""

import hashlib
import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np

from denoisebench.plugin import (
    COLOUR,
    GRAY,
    PackChoice,
    Pixels,
    Progress,
    ProgressCallback,
    UserError,
    pixel_hash,
    printable,
    to_gray,
)
from denoisebench_datasets.local.folder_config import FolderConfig, found_scale
from denoisebench_datasets.packs.file_format import Entry, Writer, new_pack, smallest
from denoisebench_datasets.reading.encoded import Kind
from denoisebench_datasets.reading.reader import (
    ENDINGS,
    decode_image,
    largest_value,
    open_image,
    read_bytes,
)
from denoisebench_datasets.reading.remark import remark_on
from denoisebench_datasets.reading.scale import Scale

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
) -> tuple[dict[str, list[str]], str]:
    """Write the new pack `out`.  Returns what was left out, kind of reason -> a line for each, and
    a remark on the range of the images, empty for none.

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
        packing = _Packing(folder, choice, _scale(folder, ids, choice), writer)
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
        packing.refuse_mixed()
        writer.close(*packing.entries())
    return left_out, packing.remark()


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


def _scale(folder: Path, ids: Sequence[str], choice: PackChoice) -> Scale:
    """How values become pixels.  UserError for what is no scale."""
    try:
        config = FolderConfig(black=choice.black, white=choice.white)
    except ValueError as error:
        raise UserError(f"pack: {error}") from None
    return found_scale(config, str(folder), _largest_values(folder, ids))


def _largest_values(folder: Path, ids: Sequence[str]) -> Iterator[float]:
    """Of the images that can be read."""
    for name in ids:
        path = folder / name
        with suppress(UserError):
            yield largest_value(read_bytes(path), str(path))


class _Packing:
    def __init__(self, folder: Path, choice: PackChoice, scale: Scale, writer: Writer) -> None:
        self._folder, self._choice, self._scale, self._writer = folder, choice, scale, writer
        self._seen: dict[str, str] = {}  # pixel hash in colour -> id
        self._kinds: set[Kind] = set()
        self._largest = 0.0
        self.candidates: list[_Candidate] = []

    def add(self, name: str) -> None:
        """Write one image.  Raises _LeftOutError when it is not to be packed."""
        path = self._folder / name
        try:
            data = read_bytes(path)
            encoded = open_image(data, str(path))
            self._refuse_size(name, encoded.shape[1:])
            pixels = decode_image(data, str(path), self._scale)
        except UserError as error:
            raise _LeftOutError(UNUSABLE, str(error)) from None
        self._kinds.add(encoded.kind)
        self._largest = max(self._largest, float(pixels.max()))
        if self._choice.channels == GRAY:
            pixels = to_gray(pixels)
        colour_hash = pixel_hash(_in_colour(pixels))
        first = self._seen.setdefault(colour_hash, name)
        if first is not name:
            raise _LeftOutError(DOUBLE, f"{name} has the pixels of {first}")
        kind, stored = smallest(pixels)
        self._writer.add(stored)
        entry = partial(Entry, printable(name), change=self._scale.change)
        file_hash = hashlib.sha256(data).hexdigest()
        self.candidates.append(_candidate(entry, pixels, kind, file_hash, colour_hash))

    def refuse_mixed(self) -> None:
        """Raise UserError for 8-bit values among others, read by one scale."""
        eight = {kind.bits == 8 for kind in self._kinds}
        if self._scale != Scale() and len(eight) > 1:
            raise UserError(
                f"{self._folder} holds 8-bit values and others, so that black and white are not the"
                " same for all; pack them apart"
            )

    def remark(self) -> str:
        """The remark on the largest pixel of all; empty for nothing."""
        return remark_on(str(self._folder), self._kinds, self._scale, self._largest)

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


def _in_colour(pixels: Pixels) -> Pixels:
    """The result of `as_colour`, as a view."""
    return np.broadcast_to(pixels, (COLOUR, *pixels.shape[1:]))


def _candidate(
    entry: Callable[..., Entry], pixels: Pixels, kind: str, sha256: str, colour_hash: str
) -> _Candidate:
    channels, height, width = pixels.shape
    shape = (channels, height, width)
    luma = pixel_hash(to_gray(_in_colour(pixels)))
    colour = entry(shape, kind, sha256, colour_hash, luma)
    if channels == COLOUR:
        return _Candidate(None, colour)
    own = pixel_hash(pixels)
    return _Candidate(entry(shape, kind, sha256, own, own), colour)
