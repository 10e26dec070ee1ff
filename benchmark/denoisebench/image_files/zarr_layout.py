"""The content of a Zarr folder: the arrays of an image, and their axes."""

import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from denoisebench.image_files.axes import planes_of
from denoisebench.image_files.extras import extra_package
from denoisebench.image_files.refusals import RefusedError
from denoisebench.outside_text import printable

_KINDS = {"time": "T", "channel": "C"}
"""Of axes of OME-Zarr -> letters.  Those of space are called z, y and x."""
_NAMED = "TZCYXS"
_LOSSLESS = {"blosc", "zstd", "zlib", "gzip", "lz4", "lzma", "bz2", "delta", "shuffle"}
_CHECKS = {"crc32", "crc32c", "adler32", "fletcher32"}
_OF_THREE = {"bytes", "transpose", "sharding_indexed"}
_CODECS = _LOSSLESS | _CHECKS | _OF_THREE
"""Those that lose nothing, and run no code of the file: `pickle` does."""
_MOST_NAMES = 5
"""Of what a group holds, to show."""


@dataclass(frozen=True, slots=True)
class ZarrImage:
    """levels: the arrays, the largest first, by their paths in the folder; one, "", for an array.
    axes: its letters.  format: zarr or ome-zarr."""

    levels: tuple[str, ...]
    axes: str
    format: str
    remarks: tuple[str, ...] = ()


def open_node(path: Path, mode: str = "r") -> Any:
    """The Zarr array or group of a folder.  Raises RefusedError where the extra is missing."""
    zarr = extra_package("zarr", "zarr")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # that Zarr 3 has no word on a codec yet
        return zarr.open(str(path), mode=mode)


def zarr_image(path: Path, node: Any, told: str | None, number: int) -> ZarrImage:
    """The image of a Zarr folder.

    told: axes that the user told.  number: which of several images.  Raises RefusedError for a
    group that is no image, and for an image that is not there.
    """
    if hasattr(node, "shape"):
        if number:
            raise RefusedError(f"has no series {number}; it is an array")
        axes, remarks = _axes_of_array(node, told)
        return ZarrImage(("",), axes, "zarr", remarks)
    attributes = node.attrs.asdict()
    images = attributes.get("ome", attributes).get("multiscales")
    if not images:
        raise RefusedError(_holds_no_image(path, node))
    if number >= len(images):
        raise RefusedError(f"has no series {number}; it holds {len(images)}, from 0")
    levels = tuple(_inside(each["path"]) for each in images[number]["datasets"])
    remarks = ()
    if len(images) > 1:
        remarks = (
            f"holds {len(images)} images; number {number} is taken, the others are copied as they"
            " are",
        )
    if len(levels) > 1:
        remarks += (f"a pyramid of {len(levels)} levels; the smaller ones are made anew",)
    stated = images[number].get("axes")
    largest = open_node(path / levels[0])  # what a group collected may be out of date
    if stated is None:
        axes, more = _axes_of_array(largest, told)
        return ZarrImage(levels, axes, "ome-zarr", (*remarks, *more))
    return ZarrImage(levels, _axes_of_image(stated, largest.shape), "ome-zarr", remarks)


def open_levels(path: Path, image: ZarrImage) -> list[Any]:
    """The arrays of an image.  Raises RefusedError for a folder that cannot be copied."""
    arrays = [open_node(path / level) for level in image.levels]
    largest = arrays[0]
    for level, array in zip(image.levels, arrays, strict=True):
        if not hasattr(array, "shape"):
            raise RefusedError(f"has no array {level}, which its metadata names")
        if len(array.shape) != len(largest.shape) or any(
            small > large for small, large in zip(array.shape, largest.shape, strict=True)
        ):
            raise RefusedError("has a pyramid that does not get smaller")
        stored = array.metadata.to_dict()
        codecs = (*(stored.get("filters") or ()), stored.get("compressor"))
        _refuse_codecs([*stored.get("codecs", ()), *filter(None, codecs)])
    return arrays


def _refuse_codecs(codecs: Sequence[Mapping[str, Any]]) -> None:
    """Raise RefusedError for a codec, of Zarr 2 or 3, that loses detail or is not known."""
    for codec in codecs:
        name = str(codec.get("name", codec.get("id"))).removeprefix("numcodecs.")
        if name not in _CODECS:
            raise RefusedError(
                f"is stored by the codec {printable(name)}, which is not written; save it with zstd"
                " or blosc"
            )
        inner = codec.get("configuration") or {}
        for key in ("codecs", "index_codecs"):
            _refuse_codecs(inner.get(key, ()))


def _axes_of_array(array: Any, told: str | None) -> tuple[str, tuple[str, ...]]:
    """By the names of its dimensions, of Zarr 3 or as xarray writes them, else a guess."""
    names = getattr(array.metadata, "dimension_names", None)
    names = names or array.attrs.get("_ARRAY_DIMENSIONS") or ()
    axes = "".join(str(name).upper() for name in names)
    known = len(axes) == len(array.shape) and set(axes) <= set(_NAMED)
    if known and axes.endswith(("YX", "YXS")) and len(set(axes)) == len(axes):
        return axes, ()
    return planes_of(array.shape, told)


def _axes_of_image(stated: Sequence[str | Mapping[str, str]], shape: tuple[int, ...]) -> str:
    """By the metadata of OME-Zarr: names, since version 0.4 with what they are of."""
    named = [{"name": each} if isinstance(each, str) else each for each in stated]
    axes = "".join(
        _KINDS.get(each.get("type", ""), each["name"].upper()[:1] or "?") for each in named
    )
    if len(axes) != len(shape):
        raise RefusedError(f"has shape {shape}, which its axes {printable(axes)} do not fit")
    if not axes.endswith("YX") or len(set(axes)) < len(axes):
        raise RefusedError(f"has axes {printable(axes)}; planes of Y and X are wanted")
    return axes


def _inside(path: str) -> str:
    """A path of an array in its group. RefusedError for a path that leads out of the folder."""
    parts = path.split("/")
    if not path or "\\" in path or any(part in ("", ".", "..") for part in parts):
        raise RefusedError(f"names {printable(repr(path))} as an array of its image")
    return path


def _holds_no_image(path: Path, group: Any) -> str:
    names = [str(path / name) for name in sorted(group.keys())]
    if not names:
        return "is a Zarr group that holds nothing"
    shown = ", ".join(names[:_MOST_NAMES]) + (" ..." if len(names) > _MOST_NAMES else "")
    return f"is a Zarr group and no OME-Zarr image; give one of what it holds: {printable(shown)}"
