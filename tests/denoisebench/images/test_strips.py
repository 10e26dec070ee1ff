"""What is computed strip by strip is what the whole image gives, bit for bit, and takes no more
memory than it must."""

import tracemalloc
from collections.abc import Callable

import numpy as np
import pytest
from noises import noise
from scipy.ndimage import maximum_filter, minimum_filter

from denoisebench.images import pixels
from denoisebench.images.pixels import Pixels, pixel_hash, strips, to_gray
from denoisebench.noise.flat_pixels import SIDE, flat_share
from denoisebench.noise.level_estimator import look
from denoisebench.scoring.metrics import psnr_db, ssim
from denoisebench_datasets.packs.file_format import smallest

RNG = np.random.default_rng(0)
COLOURS = RNG.random((3, 61, 47), dtype=np.float32)
SIXTEEN_BITS = RNG.integers(0, 65536, (1, 61, 47)).astype(np.float32) / np.float32(65535)
MASKED = np.where(np.arange(61)[:, None] % 30 < 13, np.float32(0.5), COLOURS)


@pytest.mark.parametrize("shape", [(1, 61, 47), (3, 1, 300), (1, 0, 5), (1, 5, 0)])
def test_strips_are_all_rows_in_order(shape: tuple[int, int, int], monkeypatch) -> None:
    monkeypatch.setattr(pixels, "STRIP_PX", 200)
    assert [row for rows in strips(shape) for row in range(shape[1])[rows]] == [*range(shape[1])]


def scores(image: Pixels) -> list[float]:
    return [metric(image * 0.9, image, data_range=1.0) for metric in (psnr_db, ssim)]


def looked_at(image: Pixels) -> list[bytes]:
    patches = look(np.tile(image, (1, 2, 2)), 1)
    assert patches is not None
    return [array.tobytes() for array in (patches.mean, patches.noise, patches.rest)]


@pytest.mark.parametrize(
    ("compute", "image"),
    [
        (scores, COLOURS),
        (looked_at, MASKED),
        (flat_share, MASKED),
        (lambda image: pixel_hash(to_gray(image)), COLOURS),
        (lambda image: smallest(image)[1].tobytes(), SIXTEEN_BITS),
        (lambda image: smallest(image)[1].tobytes(), COLOURS),
    ],
)
def test_strips_change_no_bit(
    compute: Callable[[Pixels], object], image: Pixels, monkeypatch
) -> None:
    whole = compute(image)
    monkeypatch.setattr(pixels, "STRIP_PX", 200)
    assert compute(image) == whole


@pytest.mark.parametrize("size", [(2, 2), (2, 40), (40, 2), (3, 3), (4, 4), (61, 47)])
def test_an_image_of_one_value_is_flat(size: tuple[int, int]) -> None:
    assert flat_share(np.full((1, *size), 0.5, np.float32)) == 1.0


@pytest.mark.parametrize("share", [0.003, 0.03, 0.3])
def test_flat_regions_are_those_of_minimum_and_maximum_filters(share: float, monkeypatch) -> None:
    monkeypatch.setattr(pixels, "STRIP_PX", 200)
    for height, width in [(61, 47), (8, 90), (7, 7), (3, 3)]:
        image = (RNG.random((2, height, width)) < share).astype(np.float32)
        same = np.ones(image.shape, np.bool_)
        same[:, :-1] &= image[:, :-1] == image[:, 1:]
        same[:, :, :-1] &= image[:, :, :-1] == image[:, :, 1:]
        centres = minimum_filter(same, (1, SIDE - 1, SIDE - 1), mode="constant", cval=1)
        flat = maximum_filter(centres, (1, SIDE, SIDE), mode="constant", cval=0)
        assert flat_share(image) == (flat.mean() if same[:, :-1, :-1].any() else 0.0)


@pytest.mark.parametrize(
    ("compute", "most"),
    [
        (scores, 16.0),  # a float64 image, and the estimate that the test makes
        (flat_share, 2.0),
        (to_gray, 8.0),
        (smallest, 2.5),
        (pixel_hash, 0.5),
        (lambda image: noise("gaussian:25").noisy(image, seed=0), 13.0),
    ],
)
def test_a_large_image_takes_few_bytes_a_pixel(
    compute: Callable[[Pixels], object], most: float, monkeypatch
) -> None:
    monkeypatch.setattr(pixels, "STRIP_PX", 1 << 13)
    image = np.broadcast_to(RNG.random((1, 512, 512), dtype=np.float32), (1, 512, 512))
    if compute is to_gray:
        image = np.broadcast_to(image, (3, 512, 512))
    compute(image[:, :32, :32])  # what is imported counts for nothing
    tracemalloc.start()
    compute(image)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak / 512**2 < most
