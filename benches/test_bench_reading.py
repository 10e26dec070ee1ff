"""How long it takes to read an image file of each kind: `make bench`.

The images have the sizes of Kodak and CBSD68, and PNG files of them are as large as theirs.
"""

import io

import numpy as np
import pytest
import tifffile
from PIL import Image
from pytest_benchmark.fixture import BenchmarkFixture

from denoisebench_datasets.reading.reader import decode_image

SIZES = {"kodak": (512, 768), "cbsd68": (321, 481)}
KINDS = ("png", "jpeg", "bmp", "tiff", "npy")


def stored(shape: tuple[int, int], kind: str) -> bytes:
    """The bytes of a colour image file."""
    rows, columns = np.indices(shape)
    smooth = 127 + 90 * np.sin(rows / 37)[..., None] * np.cos(columns[..., None] / (23, 29, 31))
    noisy = smooth + np.random.default_rng(0).normal(0, 4, smooth.shape)
    image = noisy.clip(0, 255).astype(np.uint8)
    file = io.BytesIO()
    if kind == "tiff":
        tifffile.imwrite(file, image, photometric="rgb", compression="zlib", predictor=True)
    elif kind == "npy":
        np.save(file, image)
    else:
        Image.fromarray(image).save(file, kind.upper())
    return file.getvalue()


@pytest.mark.benchmark(group="reading an image")
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("size", SIZES)
def test_read(benchmark: BenchmarkFixture, size: str, kind: str) -> None:
    data = stored(SIZES[size], kind)
    pixels = benchmark.pedantic(
        decode_image, (data, "image"), rounds=20, iterations=5, warmup_rounds=1
    )
    assert pixels.shape == (3, *SIZES[size])
