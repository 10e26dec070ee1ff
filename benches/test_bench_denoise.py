"""What `bench denoise` costs beyond the denoiser: reading, the noise, its level, and writing.

.venv/bin/python -m pytest benches/test_bench_denoise.py --benchmark-only
"""

import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import tifffile
import torch
from PIL import Image
from pytest_benchmark.fixture import BenchmarkFixture

from denoisebench.denoising.denoiser import Denoiser
from denoisebench.own_images.files_job import FilesJob
from denoisebench.own_images.options import DenoiseOptions
from denoisebench.registry.loader import load

GAIN, OFFSET, READ, PHOTONS = 2.0, 100.0, 3.0, 60.0


def scene(side: int) -> np.ndarray:
    """Edges and shades, (side, side) in [0.1, 0.9]."""
    rows, columns = np.mgrid[:side, :side] / 256.0
    return 0.5 + 0.2 * np.sign(np.sin(9.0 * rows) * np.cos(7.0 * columns)) + 0.2 * np.sin(rows)


def detected(clean: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    values = GAIN * rng.poisson(PHOTONS * clean) + OFFSET + READ * rng.standard_normal(clean.shape)
    return np.rint(values).clip(0, 65535).astype(np.uint16)


def png(path: Path, side: int) -> Path:
    noisy = 255.0 * scene(side) + 25.0 * np.random.default_rng(0).standard_normal((side, side))
    Image.fromarray(noisy.clip(0, 255).astype(np.uint8)).save(path / "photo.png")
    return path / "photo.png"


def tiff(path: Path, side: int) -> Path:
    tifffile.imwrite(path / "cells.tif", detected(scene(side), np.random.default_rng(0)))
    return path / "cells.tif"


def stack(path: Path, side: int) -> Path:
    """16 pages of one scene, as large together as `side`."""
    rng, clean = np.random.default_rng(0), scene(side // 4)
    pages = np.stack([detected(clean, rng) for _ in range(16)])
    tifffile.imwrite(path / "series.tif", pages, imagej=True, metadata={"axes": "TYX"})
    return path / "series.tif"


@pytest.mark.benchmark(group="bench denoise: beyond the denoiser")
@pytest.mark.parametrize("side", [2048, 4096])
@pytest.mark.parametrize("kind", [png, tiff, stack])
def test_denoise_a_file(
    benchmark: BenchmarkFixture,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    kind: Callable[[Path, int], Path],
    side: int,
) -> None:
    """By the weights in the box, with the noise estimated.  The share is of CPU time."""
    source, spent = kind(tmp_path, side), []
    whole = Denoiser.__call__

    def timed(self: Denoiser, *given: object) -> object:
        begin = time.process_time()
        made = whole(self, *given)  # type: ignore[arg-type]
        spent.append(time.process_time() - begin)
        return made

    monkeypatch.setattr(Denoiser, "__call__", timed)
    job = FilesJob(DenoiseOptions(), load(), tmp_path, lambda _: None)
    totals = []

    def run() -> None:
        begin = time.process_time()
        outcomes = list(job.run([(source, tmp_path / "denoised" / source.name)]))
        totals.append(time.process_time() - begin)
        assert not outcomes[0].failed

    benchmark.pedantic(run, rounds=1 if side > 2048 else 3, warmup_rounds=1)
    benchmark.extra_info["share_beyond"] = sum(totals) / sum(spent) - 1.0
    benchmark.extra_info["threads"] = torch.get_num_threads()
