"""Large files in little memory, and files whose process is killed: each in a process of its own."""

import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
import tifffile
from bench import environment

from denoisebench.image_files.source import open_pixels

SUPPORT = Path(__file__).parents[2] / "support"
BESIDE_TILES_MB = 300
"""More than denoising a small file takes, whatever the size of the file."""
TILES_MB = 300
PEAK = r"""
import re, sys
from pathlib import Path
from denoisebench.cli import main

try:
    main()
except SystemExit as end:
    status = Path("/proc/self/status").read_text()
    print("PEAK", end.code, int(re.search(r"VmHWM:\s+(\d+)", status)[1]) // 1024)
"""


def peak_mb(path: Path, *options: str) -> int:
    """The most memory that denoising a file takes.  Checks that it ended well."""
    command = [sys.executable, "-c", PEAK, "denoise", str(path), *options]
    ran = subprocess.run(
        command, cwd=path.parent, env=environment(), capture_output=True, text=True, check=True
    )
    told = re.search(r"PEAK 0 (\d+)", ran.stdout)
    assert told, ran.stderr
    return int(told[1])


def noisy(rng: np.random.Generator, *shape: int) -> np.ndarray:
    return np.rint(1000 + 30 * rng.standard_normal(shape, dtype=np.float32)).astype(np.uint16)


def page(path: Path) -> None:
    rng, image = np.random.default_rng(0), tifffile.memmap(path, shape=(10_000,) * 2, dtype="u2")
    for top in range(0, 10_000, 500):
        image[top : top + 500] = noisy(rng, 500, 10_000)
    image.flush()


def stack(path: Path) -> None:
    def planes() -> Iterator[np.ndarray]:
        rng = np.random.default_rng(0)
        yield from (noisy(rng, 32, 32) for _ in range(20_000))

    shape = (20_000, 32, 32)
    tifffile.imwrite(path, planes(), shape=shape, dtype="u2", photometric="minisblack")


def chunks(path: Path) -> None:
    """Of several planes each, which are kept for the next one."""
    zarr = pytest.importorskip("zarr", reason="the extra denoisebench[zarr] is not installed")
    rng, shape = np.random.default_rng(0), (4, 5000, 5000)
    image = zarr.create_array(str(path), shape=shape, dtype="u2", chunks=(4, 500, 500))
    for top in range(0, 5000, 500):
        image[:, top : top + 500] = noisy(rng, 4, 500, 5000)


@pytest.mark.slow
@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="Linux tells the peak")
@pytest.mark.parametrize(
    ("write", "name"), [(page, "large.tif"), (stack, "large.tif"), (chunks, "large.zarr")]
)
def test_a_large_file_takes_little_more_memory_than_a_small_one(
    tmp_path: Path, write: Callable[[Path], None], name: str
) -> None:
    small, large = tmp_path / "small.tif", tmp_path / name
    tifffile.imwrite(small, noisy(np.random.default_rng(0), 64, 64))
    write(large)
    options = ("--method", "identity", "--memory", str(TILES_MB / 1000))
    few, much = peak_mb(small, *options), peak_mb(large, *options)
    print(f"\n{write.__name__}: {much} MB, where a small file takes {few}")
    assert much < few + BESIDE_TILES_MB + TILES_MB
    before, after = open_pixels(large), open_pixels(tmp_path / "denoised" / name)
    for plane in list(before.planes())[::1000]:
        np.testing.assert_array_equal(before.read(plane), after.read(plane))


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="forks")
@pytest.mark.parametrize("name", ["a.tif", "a.zarr"])
def test_a_stack_killed_at_any_moment_comes_out_as_one_that_was_not(
    tmp_path: Path, name: str
) -> None:
    rng = np.random.default_rng(0)
    ramp = np.linspace(500.0, 1500.0, 96)[:, None]
    planes = np.rint(ramp + 30.0 * rng.normal(size=(24, 96, 96))).astype(np.uint16)
    if name.endswith("zarr"):
        zarr = pytest.importorskip("zarr", reason="the extra denoisebench[zarr] is not installed")
        path = str(tmp_path / name)
        zarr.create_array(path, shape=planes.shape, dtype="u2", chunks=(5, 40, 40))[...] = planes
    else:
        tifffile.imwrite(tmp_path / name, planes, imagej=True, metadata={"axes": "TYX"})
    script = [sys.executable, str(SUPPORT / "killed_denoise.py"), str(tmp_path), "0", "50"]
    env = environment(PYTHONPATH=str(SUPPORT))
    ran = subprocess.run(
        [*script, "denoise", name, "--method", "nlm"],
        cwd=tmp_path, env=env, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert not ran.returncode, ran.stderr[-2000:]
    told = re.search(r"KILLED (\d+) (\d+)", ran.stdout)
    assert told
    print(f"\n{name}: 50 kills, {told[1]} of them while it ran; compared {told[2]} times")
    assert int(told[1]) > 20
    assert int(told[2]) > 10
