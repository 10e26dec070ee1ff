"""Tiles cover an image once, on the grid of the network, and make what the whole image makes."""

import itertools

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor

from denoisebench.denoising.self_ensemble import self_ensembled
from denoisebench.denoising.tiling import Tile, denoise_band, tile_rows, tiled
from denoisebench.nn.padding import run_padded
from denoisebench.plugin.method import Denoised, Output
from denoisebench.plugin.tiling import Tiling

SIZES = [(1, 1), (2, 2), (1, 83), (83, 1), (41, 97), (64, 64), (63, 65)]
TILINGS = [Tiling(1, 0, 16), Tiling(4, 5, 16), Tiling(8, 16, 16)]
CASES = list(itertools.product(SIZES, TILINGS, (1, 8, 20, 64)))


def noisy(height: int, width: int, channels: int = 1) -> Tensor:
    rng = torch.Generator().manual_seed(0)
    return torch.rand((1, channels, height, width), generator=rng)


def grid_filter(image: Tensor, level: float | None) -> Denoised:
    """The larger of each 4×4 cell, and the mean around, five pixels far at most; with an output of
    one channel."""

    def run(x: Tensor) -> Tensor:
        largest = F.interpolate(F.max_pool2d(x, 4), scale_factor=4.0, mode="nearest")
        return F.avg_pool2d(largest + x, 3, 1, 1, count_include_pad=False)

    made = run_padded(run, image, multiple=4) + (level or 0.0)
    return Denoised(made, level, {"mean": Output(made.mean(1, keepdim=True), white=0.5)})


GRID = Tiling(multiple=4, halo=4, bytes_per_pixel=16)


@pytest.mark.parametrize(("size", "tiling", "core_px"), CASES)
def test_tiles_cover_each_pixel_once_and_lie_on_the_grid(
    size: tuple[int, int], tiling: Tiling, core_px: int
) -> None:
    height, width = size
    covered = torch.zeros(height, width, dtype=torch.int)
    for band in tile_rows(height, width, tiling, core_px):
        for tile in band.tiles:
            rows = moved(tile.target[0], band.target.start)
            covered[rows, tile.target[1]] += 1
            shown = (moved(tile.source[0], band.source.start), tile.source[1])
            places = (rows, tile.target[1])
            for place, source, crop, side in zip(places, shown, tile.crop, size, strict=True):
                assert moved(crop, source.start) == place
                assert source.start % tiling.multiple == (side - source.stop) % tiling.multiple == 0
                assert source.start == 0 or place.start - source.start >= tiling.halo
                assert source.stop == side or source.stop - place.stop >= tiling.halo
                assert place.stop - place.start <= max(core_px, tiling.multiple)
    assert (covered == 1).all()


def moved(span: slice, by: int) -> slice:
    return slice(span.start + by, span.stop + by)


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("core_px", [4, 12, 30])
def test_tiles_make_what_the_whole_image_makes(size: tuple[int, int], core_px: int) -> None:
    image = noisy(*size, channels=3)
    made, whole = tiled(grid_filter, GRID, core_px)(image, 0.25), grid_filter(image, 0.25)
    assert isinstance(made, Denoised)
    assert torch.equal(made.image, whole.image)
    assert torch.equal(made.outputs["mean"].image, whole.outputs["mean"].image)
    assert (made.level, made.outputs["mean"].white) == (0.25, 0.5)


@pytest.mark.parametrize("size", SIZES)
def test_a_self_ensemble_may_be_tiled(size: tuple[int, int]) -> None:
    image, ensemble = noisy(*size), self_ensembled(grid_filter)
    made, whole = tiled(ensemble, GRID, 12)(image, None), ensemble(image, None)
    assert isinstance(made, Denoised)
    assert isinstance(whole, Denoised)
    assert torch.allclose(made.image, whole.image, atol=1e-6)


@pytest.mark.parametrize("tiling", [Tiling(1, 0, 16), Tiling(1, 4, 16)])
def test_less_halo_or_another_grid_shows(tiling: Tiling) -> None:
    image = noisy(41, 97)
    made = tiled(grid_filter, tiling, 6)(image, None)
    assert isinstance(made, Denoised)
    assert (made.image - grid_filter(image, None).image).abs().max() > 0.01


def test_a_band_needs_only_its_own_rows() -> None:
    image = noisy(41, 97)
    bands = [
        denoise_band(grid_filter, band, image[..., band.source, :].clone(), None).image
        for band in tile_rows(41, 97, GRID, 12)
    ]
    assert len(bands) == 4
    assert torch.equal(torch.cat(bands, dim=-2), grid_filter(image, None).image)


def test_an_image_below_the_core_is_one_tile() -> None:
    (band,) = tile_rows(5, 7, GRID, 8)
    whole = (slice(0, 5), slice(0, 7))
    assert band.tiles == (Tile(whole, whole, whole),)


def test_what_is_made_of_a_tile_has_its_shape() -> None:
    with pytest.raises(ValueError, match=r"\(1, 1, 1, 1\) was made of a tile of \(1, 1, 12, 12\)"):
        tiled(lambda image, _: image.mean((2, 3), keepdim=True), GRID, 8)(noisy(40, 48), None)


@pytest.mark.parametrize(
    ("multiple", "halo", "bytes_per_pixel"), [(0, 0, 16), (32, 16, 16), (1, 0, 0)]
)
def test_a_tiling_that_cannot_be_is_refused(multiple: int, halo: int, bytes_per_pixel: int) -> None:
    with pytest.raises(ValueError, match="or more"):
        Tiling(multiple, halo, bytes_per_pixel)
