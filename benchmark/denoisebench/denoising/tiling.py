"""Denoising in tiles, so that the memory that a network needs does not grow with the image.

A tile is shown with a halo, as far as the method sees, and the halo is cropped from what comes out.
A network that halves its input gives other values on another grid of pixels. A tile therefore
begins at a multiple of `Tiling.multiple` from the upper left corner of the image. It ends at a
multiple from the lower right corner, from which a network counts on a turned image.  At the border
of the image the halo ends, and a tile is continued there as the whole image is.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace

from torch import Tensor

from denoisebench.denoising.self_ensemble import Denoise
from denoisebench.plugin.method import Denoised, Output
from denoisebench.plugin.tiling import Tiling

Slices = tuple[slice, slice]
"""Rows and columns."""


@dataclass(frozen=True, slots=True)
class Tile:
    """source: what is shown.  crop: the part to keep of what is made of it.  target: its place."""

    source: Slices
    crop: Slices
    target: Slices


@dataclass(frozen=True, slots=True)
class Band:
    """A row of tiles across an image.

    source: the rows of the image that are read.  target: the rows that come out.  tiles: their
    sources are parts of the rows read, their targets of the rows that come out.
    """

    source: slice
    target: slice
    tiles: tuple[Tile, ...]


def tile_rows(height: int, width: int, tiling: Tiling, core_px: int) -> Iterator[Band]:
    """The tiles of an image, band by band from the top.

    Their targets are core_px wide and high, rounded down to a multiple of `tiling.multiple` but not
    to 0, or end at the border; together they cover each pixel once.
    """
    across = list(_cuts(width, tiling, core_px))
    for source, crop, target in _cuts(height, tiling, core_px):
        inside = slice(0, target.stop - target.start)
        tiles = (
            Tile((slice(0, source.stop - source.start), shown), (crop, kept), (inside, place))
            for shown, kept, place in across
        )
        yield Band(source, target, tuple(tiles))


def _cuts(size: int, tiling: Tiling, core_px: int) -> Iterator[tuple[slice, slice, slice]]:
    """Source, crop and target of each tile along a side of an image."""
    multiple, halo = tiling.multiple, tiling.halo
    core = max(core_px // multiple, 1) * multiple
    for start in range(0, size, core):
        stop = min(start + core, size)
        first = max(start - halo, 0) // multiple * multiple
        last = size - max(size - stop - halo, 0) // multiple * multiple
        yield slice(first, last), slice(start - first, stop - first), slice(start, stop)


def tiled(
    denoise: Denoise, tiling: Tiling, core_px: int
) -> Callable[[Tensor, float | None], Denoised]:
    """Denoises an image (1, C, H, W) in tiles, whose targets are `core_px` wide and high.

    A level is passed on to each tile.  A level that tiles return is that of the first; one that
    depends on the image must be given (see `Tiling.needs_level`).
    """

    def in_tiles(noisy: Tensor, level: float | None) -> Denoised:
        height, width = noisy.shape[-2:]
        bands = (
            (
                (band.target, slice(0, width)),
                denoise_band(denoise, band, noisy[..., band.source, :], level),
            )
            for band in tile_rows(height, width, tiling, core_px)
        )
        return _joined(bands, height, width)

    return in_tiles


def denoise_band(denoise: Denoise, band: Band, rows: Tensor, level: float | None) -> Denoised:
    """The rows `band.target` of the denoised image, from the rows `band.source` of the noisy one.

    rows: (1, C, h, W).  Returns images (1, C, h', W).
    """

    def made(tile: Tile) -> Denoised:
        shown = rows[..., *tile.source].contiguous()
        return _cropped(_checked(denoise(shown, level), shown), tile.crop)

    height, width = band.target.stop - band.target.start, rows.shape[-1]
    return _joined(((tile.target, made(tile)) for tile in band.tiles), height, width)


def _checked(made: Tensor | Denoised, shown: Tensor) -> Denoised:
    """The outputs for a tile, in the shape of the tile with its halo.  ValueError for another."""
    result = Denoised(made) if isinstance(made, Tensor) else made
    for image in (result.image, *(output.image for output in result.outputs.values())):
        if image.shape[-2:] != shown.shape[-2:]:
            raise ValueError(f"{tuple(image.shape)} was made of a tile of {tuple(shown.shape)}")
    return result


def _cropped(made: Denoised, crop: Slices) -> Denoised:
    return _mapped(made, lambda image: image[..., *crop])


def _joined(parts: Iterable[tuple[Slices, Denoised]], height: int, width: int) -> Denoised:
    """One image of parts that are each put in their place; its level is that of the first."""
    whole: Denoised | None = None
    steps = 0
    for place, part in parts:
        if whole is None:
            whole = _mapped(part, lambda image: image.new_empty((*image.shape[:2], height, width)))
        whole.image[..., *place] = part.image
        steps += part.steps
        for name, output in whole.outputs.items():
            output.image[..., *place] = part.outputs[name].image
        del part  # before the next one is made
    assert whole is not None  # an image has a pixel
    return replace(whole, steps=steps)


def _mapped(made: Denoised, change: Callable[[Tensor], Tensor]) -> Denoised:
    """`made` with each of its images changed."""
    outputs = {name: Output(change(o.image), o.white) for name, o in made.outputs.items()}
    return Denoised(change(made.image), made.level, outputs, made.steps)
