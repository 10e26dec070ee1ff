"""Memory does not grow with the file: large pages are taken by rows, long stacks page by page."""

import itertools
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import tifffile

MOST_MB = 300
COPY = r"""
import re, sys
from pathlib import Path
import numpy as np
from denoisebench.image_files.copy import PixelCopy
from denoisebench.image_files.source import open_pixels

source = open_pixels(Path(sys.argv[1]))
copy = PixelCopy(source, Path(sys.argv[2]), "key")
step = 256
for plane in source.planes():
    for start in range(0, source.height, step):
        rows = slice(start, start + step)
        copy.write(plane, source.read(plane, rows).astype(np.float32), rows)
    copy.plane_done(plane)
copy.finish()
print(int(re.search(r"VmHWM:\s+(\d+)", Path("/proc/self/status").read_text())[1]) // 1024)
"""


def sparse(path, shape, **options):
    """A file of zeros that take no room on the disk."""
    tifffile.imwrite(path, None, shape=shape, dtype=np.uint16, photometric="minisblack", **options)


def compressed(path, shape, **options):
    side = min(512, shape[-1])
    plane = np.random.default_rng(0).integers(0, 16, (side, side), np.uint16)
    count = shape[0] if len(shape) == 3 else (shape[0] // side) ** 2
    planes = itertools.repeat(plane, count)
    options |= {"photometric": "minisblack", "compression": "zlib", "dtype": np.uint16}
    tifffile.imwrite(path, planes, shape=shape, **options)


LARGE = {
    "a page of 10,000² in one strip": (sparse, (10_000, 10_000), {}),
    "a page of 10,240² in compressed tiles": (compressed, (10_240, 10_240), {"tile": (512, 512)}),
    "20,000 pages of ImageJ": (sparse, (20_000, 64, 64), {"imagej": True}),
    "20,000 pages": (sparse, (20_000, 64, 64), {"metadata": None, "contiguous": False}),
    "20,000 compressed pages": (compressed, (20_000, 64, 64), {"metadata": None}),
}


@pytest.mark.slow
@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="Linux tells the peak")
@pytest.mark.parametrize("kind", LARGE)
def test_a_large_file_is_copied_in_little_memory(tmp_path, kind):
    write, shape, options = LARGE[kind]
    path, out = tmp_path / "a.tif", tmp_path / "out.tif"
    write(path, shape, **options)
    command = [sys.executable, "-c", COPY, str(path), str(out)]
    run = subprocess.run(command, capture_output=True, text=True, check=True)
    assert int(run.stdout) < MOST_MB
    with tifffile.TiffFile(path) as before, tifffile.TiffFile(out) as after:
        assert before.series[0].shape == after.series[0].shape == shape
