"""What tiles cost, in time and memory, and that time grows with the pixels alone: `make bench`, or

    .venv/bin/python -m pytest benches/test_bench_tiles.py --benchmark-only

Beside nlm in tiles: scikit-image's own, total variation, and BM3D where it is installed, which
takes half a minute a megapixel.
"""

import ctypes
from collections.abc import Callable

import numpy as np
import pytest
import torch
from pytest_benchmark.fixture import BenchmarkFixture
from skimage.restoration import denoise_nl_means, denoise_tv_chambolle
from torch import Tensor

from denoisebench.denoising.denoiser import Denoiser, load_denoiser
from denoisebench.denoising.large_images import WithinMemory
from denoisebench.denoising.memory import MOST_BYTES
from denoisebench.denoising.tiling import tiled
from denoisebench.execution.cost import PeakMemory
from denoisebench.nn.devices import pick_precision
from denoisebench.nn.padding import run_padded
from denoisebench.nn.shelf import build_network, network_tiling
from denoisebench.plugin.method import Task
from denoisebench.registry.loader import load

LIMIT_BYTES = 50 * 10**6
"""So that an image of one megapixel is tiled by nlm."""


def noisy(megapixels: float) -> Tensor:
    side = round((megapixels * 1e6) ** 0.5)
    return 0.5 + 0.1 * torch.randn((1, 1, side, side), generator=torch.Generator().manual_seed(0))


def within_memory(name: str) -> WithinMemory:
    registries = load()
    method, config = registries.method(name)
    task = Task(registries.noise("gaussian:25"), "known", 1)
    return WithinMemory(Denoiser(method, config, task, None), LIMIT_BYTES, lambda _: None)


def measure(
    benchmark: BenchmarkFixture, megapixels: float, work: Callable[[], object], rounds: int = 1
) -> None:
    """Time the work, and say what a megapixel takes in the mean of the rounds, and how much memory
    beyond the image."""
    given_back = getattr(ctypes.CDLL(None), "malloc_trim", None)
    if given_back is not None:  # what earlier benches have freed would hide what this one takes
        given_back(0)
    memory = PeakMemory("cpu")
    resting_mb = memory.megabytes()
    with torch.no_grad():
        benchmark.pedantic(work, rounds=rounds, warmup_rounds=0)
    peak_mb = memory.megabytes()
    if peak_mb is not None and resting_mb is not None:
        benchmark.extra_info["beyond_mb"] = peak_mb - resting_mb
    if benchmark.stats is not None:
        benchmark.extra_info["s_per_mpx"] = benchmark.stats.stats.mean / megapixels
        benchmark.extra_info["threads"] = torch.get_num_threads()


@pytest.mark.benchmark(group="tiles: time by megapixels")
@pytest.mark.parametrize("megapixels", [4, 16, 64])
def test_identity_in_tiles(benchmark: BenchmarkFixture, megapixels: int) -> None:
    image, denoise = noisy(megapixels), within_memory("identity")
    measure(benchmark, megapixels, lambda: denoise(image, 25.0))
    assert denoise.core_px is not None


@pytest.mark.benchmark(group="tiles: a U-Net within 4 GB")
@pytest.mark.parametrize("megapixels", [4, 16, 64])
def test_unet_within_memory(benchmark: BenchmarkFixture, megapixels: int) -> None:
    """A megapixel of 64 is to take a tenth more than one of 4, at most.  Of each size as many are
    denoised as make 64 megapixels: a machine's speed changes from second to second."""
    registries = load()
    method, config = registries.method("noise2score")
    task = Task(registries.noise("gaussian:25"), "known", 1)
    weights = registries.bundled_file(registries.recipe("noise2score/gray-gaussian25"))
    denoiser = load_denoiser(method, config, task, weights, "cpu", pick_precision("cpu"))
    denoise, image = WithinMemory(denoiser, MOST_BYTES, lambda _: None), noisy(megapixels)
    denoise(noisy(1), 25.0)
    measure(benchmark, megapixels, lambda: denoise(image, 25.0), rounds=64 // megapixels)
    benchmark.extra_info["core_px"] = denoise.core_px


@pytest.mark.benchmark(group="tiles: a U-Net")
@pytest.mark.parametrize("megapixels", [1, 2, 4])
@pytest.mark.parametrize("core_px", [256, 768, 1344, None])
def test_unet(benchmark: BenchmarkFixture, megapixels: int, core_px: int | None) -> None:
    """Cores of 768 were the largest; 1344 fits into 4 GB; None: the whole image."""
    network = build_network("unet", 1).eval().requires_grad_(False)
    network.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    image = noisy(megapixels)

    def whole(part: Tensor, _: float | None) -> Tensor:
        return run_padded(network, part)

    denoise = tiled(whole, network_tiling("unet"), core_px) if core_px else whole
    measure(benchmark, megapixels, lambda: denoise(image, None))


@pytest.mark.benchmark(group="tiles: beside others")
@pytest.mark.parametrize("megapixels", [1, 4, 16])
@pytest.mark.parametrize("by", ["nlm in tiles", "skimage nl_means", "skimage tv", "bm3d"])
def test_beside_others(benchmark: BenchmarkFixture, megapixels: int, by: str) -> None:
    image, sigma = noisy(megapixels), 25.0 / 255.0
    pixels: np.ndarray = image[0, 0].numpy()
    if by == "nlm in tiles":
        denoise = within_memory("nlm")
        measure(benchmark, megapixels, lambda: denoise(image, 25.0))
    elif by == "skimage nl_means":
        settings = {"patch_size": 5, "patch_distance": 6, "h": 0.6 * sigma, "sigma": sigma}
        measure(benchmark, megapixels, lambda: denoise_nl_means(pixels, **settings))
    elif by == "skimage tv":
        measure(benchmark, megapixels, lambda: denoise_tv_chambolle(pixels, weight=sigma))
    else:
        bm3d = pytest.importorskip("bm3d")
        measure(benchmark, megapixels, lambda: bm3d.bm3d(pixels, sigma))
