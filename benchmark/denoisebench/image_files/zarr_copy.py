"""A copy of a Zarr folder with other pixels: same chunks, codecs and attributes."""

import json
import warnings
from collections.abc import Iterator
from itertools import product
from math import prod
from pathlib import Path
from shutil import copytree
from typing import TYPE_CHECKING, Any

import numpy as np

from denoisebench.image_files.pyramid import level_rows
from denoisebench.image_files.source import ReadRows
from denoisebench.image_files.zarr_layout import open_node

if TYPE_CHECKING:
    from denoisebench.image_files.zarr_pixels import ZarrPixels

_METADATA = ("zarr.json", ".zarray", ".zattrs")
"""The files of an array that are no chunks."""
_OF_ALL = ".zmetadata"  # of Zarr 2; Zarr 3 keeps it in zarr.json
WRITTEN_BYTES = 2**26
"""Of pixels that are written at once; a row of chunks may be wider than the memory."""


def write_zarr(
    source: "ZarrPixels", folder: Path, rows: ReadRows, dtype: "np.dtype[Any]", note: str
) -> tuple[str, ...]:
    """Write the copy into an empty folder.  Returns remarks for the user."""
    levels = source.image.levels
    arrays = {source.path / level for level in levels}

    def chunks(parent: str, names: list[str]) -> list[str]:
        return [name for name in names if name not in _METADATA] if Path(parent) in arrays else []

    copytree(source.path, folder, ignore=chunks, dirs_exist_ok=True)
    for level in levels:
        if dtype != source.dtype:
            _make_of_type(open_node(source.path / level), folder / level, dtype)
        array = open_node(folder / level, "r+")
        _write_level(array, source, rows)
    _add_note(folder, note)
    _tell_all_again(folder)
    return ()


def _write_level(array: Any, source: "ZarrPixels", rows: ReadRows) -> None:
    """Write all chunks of an array."""
    colours = source.shape[len(source.leading) + 2 :]
    shape = tuple(array.shape)
    planar = shape[: len(shape) - len(colours)]
    full = (*source.leading, source.height, source.width)
    made = level_rows(rows, full, planar, np.dtype(array.dtype))
    for *leading, down, across in _blocks(planar, array.shards or array.chunks, array.dtype):
        planes = list(product(*(range(part.start, part.stop) for part in leading)))
        block = np.stack([made(plane, down)[:, across] for plane in planes])
        lengths = (part.stop - part.start for part in leading)
        array[*leading, down, across] = block.reshape(*lengths, *block.shape[1:])


def _blocks(
    shape: tuple[int, ...], chunk: tuple[int, ...], dtype: "np.dtype[Any]"
) -> Iterator[tuple[slice, ...]]:
    """Parts of an array that are whole chunks, side by side as far as memory allows."""
    steps = list(chunk[: len(shape)])
    together = WRITTEN_BYTES // (prod(steps) * np.dtype(dtype).itemsize)
    steps[-1] *= max(1, together)
    starts = (range(0, length, step) for length, step in zip(shape, steps, strict=True))
    for first in product(*starts):
        yield tuple(
            slice(k, min(k + step, length))
            for k, step, length in zip(first, steps, shape, strict=True)
        )


def _make_of_type(like: Any, folder: Path, dtype: "np.dtype[Any]") -> None:
    """An empty array with the chunks, compression and attributes of another, of another type."""
    import zarr

    metadata = like.metadata
    if metadata.zarr_format == 3:
        keys = metadata.chunk_key_encoding
    else:
        keys = {"name": "v2", "separator": metadata.dimension_separator}
    zarr.create_array(
        str(folder),
        shape=like.shape,
        dtype=dtype,
        chunks=like.chunks,
        shards=like.shards,
        compressors=like.compressors or None,
        fill_value=float(like.fill_value or 0),
        attributes=like.attrs.asdict(),
        chunk_key_encoding=keys,
        dimension_names=getattr(metadata, "dimension_names", None),
        zarr_format=metadata.zarr_format,
        overwrite=True,
    )


def _add_note(folder: Path, note: str) -> None:
    """Add a line to the attribute `software`."""
    if not note:
        return
    of_three = folder / "zarr.json"
    path = of_three if of_three.exists() else folder / ".zattrs"
    content = json.loads(path.read_text("utf-8")) if path.exists() else {}
    attributes = content.setdefault("attributes", {}) if path == of_three else content
    before = attributes.get("software")
    attributes["software"] = f"{before}; {note}" if before else note
    path.write_text(json.dumps(content, indent=2), "utf-8")


def _tell_all_again(folder: Path) -> None:
    """Make the collected metadata of a group anew, where there is some."""
    import zarr

    of_three = folder / "zarr.json"
    if of_three.exists():
        has_it = bool(json.loads(of_three.read_text("utf-8")).get("consolidated_metadata"))
    else:
        has_it = (folder / _OF_ALL).exists()
    if has_it:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # that Zarr 3 has no word on it yet
            zarr.consolidate_metadata(str(folder))
