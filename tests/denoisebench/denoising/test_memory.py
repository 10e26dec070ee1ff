"""An image beyond the limit of memory is denoised in tiles, and in smaller ones if need be."""

import math
from dataclasses import dataclass, field
from pathlib import Path

import pytest
import torch
from noises import noise
from torch import Tensor

from denoisebench import limits
from denoisebench.denoising.denoiser import Denoiser
from denoisebench.denoising.large_images import WithinMemory
from denoisebench.denoising.memory import (
    MOST_BYTES,
    core_size,
    in_bf16,
    memory_limit,
    planned_tiles,
)
from denoisebench.denoising.self_ensemble import self_ensembled
from denoisebench.denoising.tiling import tile_rows
from denoisebench.errors import UserError
from denoisebench.nn.shelf import network_tiling
from denoisebench.plugin.method import Denoised, Task, UntrainedMethod
from denoisebench.plugin.tiling import Tiling
from denoisebench.progress import Progress

TILING = Tiling(multiple=8, halo=16, bytes_per_pixel=100)


def shown(height: int, width: int, core_px: int) -> list[int]:
    """Pixels of each tile with its halos."""
    return [
        (band.source.stop - band.source.start) * (tile.source[1].stop - tile.source[1].start)
        for band in tile_rows(height, width, TILING, core_px)
        for tile in band.tiles
    ]


@pytest.mark.parametrize(
    ("limit_bytes", "core_px"),
    [
        (100 * 640 * 480, None),
        (100 * 640 * 480 - 100, 480),  # two tiles as for 608, the largest that fits
        (100 * 2**20, None),
        (100 * 300**2, 240),  # 3 × 2 tiles as for 264: (264 + 32 + 8) × (264 + 16 + 8)
        (100 * 64**2, 24),
        (100, 8),
    ],
)
def test_tiles_are_as_few_as_fit_with_their_halos_and_as_equal_as_can_be(
    limit_bytes: int, core_px: int | None
) -> None:
    assert core_size(TILING, limit_bytes, 640, 480) == core_px
    if core_px and core_px > 8:
        made = shown(640, 480, core_px)
        assert 100 * max(made) <= limit_bytes
        assert len(shown(640, 480, core_px - 8)) > len(made)  # no smaller ones are as few
        fewer = next(c for c in range(core_px, 641, 8) if len(shown(640, 480, c)) < len(made))
        assert 100 * max(shown(640, 480, fewer)) > limit_bytes - 100 * 480 * 8


@pytest.mark.parametrize("width", [480, 1000, 10_000, 100_000])
def test_what_is_held_of_the_rows_of_a_tile_fits_too(width: int) -> None:
    """10 bytes of each pixel, however wide the image is."""
    limit_bytes = 100 * 300**2
    core_px = core_size(TILING, limit_bytes, 640, width, row_bytes=10)
    assert core_px is not None
    rows = max(b.source.stop - b.source.start for b in tile_rows(640, width, TILING, core_px))
    whole = 100 * max(shown(640, width, core_px)) + 10 * rows * width
    assert whole <= limit_bytes or core_px == TILING.multiple
    without_rows = core_size(TILING, limit_bytes, 640, width) or 640
    assert core_px < without_rows or (width == 480 and core_px == without_rows == 240)
    planned = planned_tiles(TILING, limit_bytes, 640, width, None, 10)
    assert planned is not None
    assert planned.core_px == core_px
    assert whole <= planned.memory


@pytest.mark.parametrize(
    ("side", "most", "most_in_bf16"),
    [(3000, 1.2, 1.0), (4000, 1.14, 1.0), (8000, 1.14, 1.07), (20_000, 1.19, 1.14)],
)
def test_the_halos_of_a_unet_within_four_gigabytes_add_little(
    side: int, most: float, most_in_bf16: float
) -> None:
    """From 4 to 64 megapixels in bfloat16 they add less than a tenth."""
    for tiling, share in (
        (network_tiling("unet"), most),
        (in_bf16(network_tiling("unet")), most_in_bf16),
    ):
        assert core_size(tiling, 4 * 10**9, 2900, 2900) is None
        core_px = core_size(tiling, 4 * 10**9, side, side)
        bands = list(tile_rows(side, side, tiling, core_px)) if core_px else []
        made = sum(band.source.stop - band.source.start for band in bands) or side
        assert (made / side) ** 2 <= share


def test_planned_tiles_are_those_that_are_made() -> None:
    for height, width, core_px in ((90, 120, None), (90, 120, 50), (640, 33, 24)):
        planned = planned_tiles(TILING, 100 * 64**2, height, width, core_px)
        assert planned is not None
        made = shown(height, width, planned.core_px)
        assert planned.count == len(made)
        assert 100 * max(made) <= planned.memory
    assert planned_tiles(TILING, 100 * 64**2, 64, 64) is None
    assert planned_tiles(TILING, 100, 90, 120, core_px=128) is None
    assert planned_tiles(None, 100, 90, 120, core_px=8) is None


def test_the_limit_is_asked_for_or_half_of_what_is_free(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    meminfo, limit, usage = (tmp_path / name for name in ("meminfo", "max", "current"))
    meminfo.write_text("MemTotal: 9000000 kB\nMemAvailable: 2000000 kB\n")
    monkeypatch.setattr(limits, "MEMINFO", meminfo)
    monkeypatch.setattr(limits, "CGROUPS", {limit: usage})
    assert memory_limit(1.5) == 1_500_000_000
    assert memory_limit(None) == 2_000_000 * 1024 // 2
    limit.write_text("900000000\n")
    usage.write_text("300000000\n")
    assert memory_limit(None) == 300_000_000
    limit.write_text("max\n")
    meminfo.write_text("MemAvailable: 90000000 kB\n")
    assert memory_limit(None) == MOST_BYTES


def test_where_the_system_says_nothing_there_is_a_limit_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, "MEMINFO", tmp_path / "absent")
    monkeypatch.setattr(limits, "CGROUPS", {})
    assert memory_limit(None) == MOST_BYTES


@pytest.mark.parametrize("asked_gb", [0.0, -1.0, math.nan, math.inf])
def test_a_limit_that_is_none_is_refused(asked_gb: float) -> None:
    with pytest.raises(UserError, match=r"^--memory .*: give gigabytes above 0, as --memory 2$"):
        memory_limit(asked_gb)


@dataclass(frozen=True)
class Config:
    """No settings."""


@dataclass
class Halves(UntrainedMethod[Config]):
    """Halves a pixel; runs out of memory on more pixels than `most`."""

    most: float = math.inf
    error: Exception = field(default_factory=MemoryError)
    tiles: Tiling | None = TILING
    shown: list[int] = field(default_factory=list)
    told: list[float | None] = field(default_factory=list)
    name, summary, config_type = "halves", "for a test", Config

    def tiling(self, config: Config, task: Task) -> Tiling | None:
        return self.tiles

    def denoise(
        self, config: Config, task: Task, noisy: Tensor, level: float | None
    ) -> Tensor | Denoised:
        pixels = noisy.shape[-1] * noisy.shape[-2]
        if pixels > self.most:
            raise self.error
        self.shown.append(pixels)
        self.told.append(level)
        return noisy / 2.0


NOISY = 0.5 + 0.1 * torch.randn((1, 1, 90, 120), generator=torch.Generator().manual_seed(0))


def within(method: Halves, limit_pixels: int, said: list[Progress] | None = None) -> WithinMemory:
    task = Task(noise("gaussian:5..55"), "unknown", 1)
    say = [] if said is None else said
    return WithinMemory(Denoiser(method, Config(), task, None), 100 * limit_pixels, say.append)


def image_of(made: Tensor | Denoised) -> Tensor:
    return made.image if isinstance(made, Denoised) else made


def test_an_image_that_fits_is_denoised_as_it_is() -> None:
    denoise = within(Halves(), 90 * 120)
    assert torch.equal(image_of(denoise(NOISY, None)), NOISY / 2.0)
    assert denoise.core_px is None


def test_a_larger_one_is_denoised_in_tiles() -> None:
    method = Halves()
    denoise = within(method, 64**2)
    assert torch.equal(image_of(denoise(NOISY, None)), NOISY / 2.0)
    assert denoise.core_px == 24
    assert len(method.shown) == 4 * 5
    assert max(method.shown) <= 64**2


def test_a_level_that_tiles_need_is_read_off_the_whole_image_once() -> None:
    method = Halves(tiles=Tiling(8, 16, 100, needs_level=True))
    made = within(method, 64**2)(NOISY, None)
    assert isinstance(made, Denoised)
    assert set(method.told) == {made.level}
    assert made.level == pytest.approx(25.5, rel=0.1)
    assert not isinstance(within(method, 90 * 120)(NOISY, None), Denoised)
    assert method.told[-1] is None


@pytest.mark.parametrize(
    "error",
    [
        MemoryError(),
        torch.OutOfMemoryError("CUDA out of memory"),
        RuntimeError("DefaultCPUAllocator: not enough memory: you tried to allocate 9 bytes"),
    ],
)
def test_where_memory_runs_out_the_tiles_are_halved_and_it_is_said(error: Exception) -> None:
    said: list[Progress] = []
    denoise = within(Halves(most=60**2, error=error), 90 * 120, said)
    assert torch.equal(image_of(denoise(NOISY, 25.0)), NOISY / 2.0)
    assert denoise.core_px == 24
    assert [at.what for at in said] == [
        f"memory ran out; tiles of {px} pixels are tried" for px in (56, 24)
    ]


def test_where_no_tile_is_small_enough_the_error_is_raised() -> None:
    with pytest.raises(MemoryError):
        within(Halves(most=10), 64**2)(NOISY, None)


def test_another_error_is_raised_at_once() -> None:
    method = Halves(most=10, error=ValueError("bad"))
    said: list[Progress] = []
    with pytest.raises(ValueError, match="bad"):
        within(method, 64**2, said)(NOISY, None)
    assert not said


def test_what_cannot_be_tiled_gets_the_whole_image() -> None:
    method = Halves(tiles=None)
    denoise = within(method, 100)
    assert torch.equal(image_of(denoise(NOISY, None)), NOISY / 2.0)
    assert (method.shown, denoise.core_px) == ([90 * 120], None)


def test_a_self_ensemble_is_of_each_tile() -> None:
    method = Halves()
    task = Task(noise("gaussian:25"), "known", 1)
    denoiser = Denoiser(method, Config(), task, None)
    denoise = WithinMemory(denoiser, 100 * 64**2, lambda _: None, self_ensembled)
    assert torch.allclose(image_of(denoise(NOISY, None)), NOISY / 2.0)
    assert len(method.shown) == 8 * 4 * 5
