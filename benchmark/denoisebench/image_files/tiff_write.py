"""A copy of a TIFF file with other pixels: every tag, page and byte that is not pixels stays.

Parts that are not compressed are overwritten where they lie.  A compressed part takes the place of
the old one if it fits there; else it is added at the end, and the page says so.
"""

from collections.abc import Sequence
from os import SEEK_SET
from shutil import copyfileobj
from typing import TYPE_CHECKING, BinaryIO

import numpy as np

from denoisebench.image_files.pyramid import level_rows
from denoisebench.image_files.source import Plane, ReadRows
from denoisebench.image_files.tiff_checks import silent_tifffile
from denoisebench.image_files.tiff_directory import ASCII, SOFTWARE, Tag, TiffEditor
from denoisebench.image_files.tiff_layout import Layout

if TYPE_CHECKING:
    from denoisebench.image_files.tiff import TiffPixels

_STRIPS, _TILES = (273, 279), (324, 325)  # tags: where the parts lie, and their bytes
_TILE_WIDTH = 322
COPIED_BYTES = 2**20


def replace_pixels(
    source: "TiffPixels", target: BinaryIO, rows: ReadRows, note: str
) -> tuple[str, ...]:
    """Write the copy into an empty file.  Returns remarks for the user."""
    planes = list(source.planes())
    full = (*source.leading, source.height, source.width)
    with silent_tifffile(), source.path.open("rb") as original:
        copyfileobj(original, target, COPIED_BYTES)
        editor = TiffEditor(original, target)
        changed: dict[int, dict[int, Tag]] = {}
        for layout in source.levels:
            shape = (*source.leading, layout.height, layout.width)
            made = level_rows(rows, full, shape, layout.stored)
            for directory, tags in _write_level(editor, layout, planes, made).items():
                changed.setdefault(directory, {}).update(tags)
        remarks = _add_note(editor, changed, note)
        for directory, tags in changed.items():
            editor.change(directory, tags)
        return remarks


def _write_level(
    editor: TiffEditor, layout: Layout, planes: Sequence[Plane], rows: ReadRows
) -> dict[int, dict[int, Tag]]:
    """Write the planes of a series or level.  Returns the tags that change, by directory."""
    shared = _overlap(layout)
    moves = layout.packed or shared
    offsets, counts = layout.offsets.copy(), layout.counts.copy()
    tiled = bool(layout.directories) and bool(editor.value(layout.directories[0], _TILE_WIDTH))
    for number, plane in enumerate(planes):
        for start, stop in layout.blocks(whole_parts=moves):
            samples = layout.samples_of(rows(plane, slice(start, stop)))
            for place in layout.parts(start, stop):
                sample, down, across, first, _ = place
                at = (number, sample, down, across)
                part = layout.part_of(samples, start, place)
                if moves:
                    data = layout.encode(part, tiled=tiled)
                    fits = not shared and len(data) <= counts[at]
                    offsets[at] = _put(editor, data, int(offsets[at]) if fits else None)
                    counts[at] = len(data)
                else:
                    top = first - down * layout.part[0]
                    data = part.astype(layout.stored).tobytes()
                    _put(editor, data, int(offsets[at]) + top * layout.row_bytes)
    if not moves:
        return {}
    pages = len(layout.directories)
    codes = _TILES if tiled else _STRIPS
    return {
        directory: {
            code: editor.numbers(values.reshape(pages, -1)[page].tolist())
            for code, values in zip(codes, (offsets, counts), strict=True)
        }
        for page, directory in enumerate(layout.directories)
    }


def _put(editor: TiffEditor, data: bytes, at: int | None) -> int:
    """Write bytes at a place, or at the end.  Returns where they lie."""
    if at is None:
        return editor.append(data)
    editor.copy.seek(at, SEEK_SET)
    editor.copy.write(data)
    return at


def _overlap(layout: Layout) -> bool:
    """Whether parts share bytes, as equal ones of some files do."""
    order = np.argsort(layout.offsets, axis=None)
    starts, counts = layout.offsets.ravel()[order], layout.counts.ravel()[order]
    return bool((starts[:-1] + counts[:-1] > starts[1:]).any())


def _add_note(editor: TiffEditor, changed: dict[int, dict[int, Tag]], note: str) -> tuple[str, ...]:
    """Add a line to what the first page says of its software."""
    if not note:
        return ()
    before = editor.value(editor.first, SOFTWARE).rstrip(b"\0 ")
    text = (before + b"; " if before else b"") + note.encode("utf-8", "replace") + b"\0"
    changed.setdefault(editor.first, {})[SOFTWARE] = Tag(ASCII, len(text), text)
    return ()
