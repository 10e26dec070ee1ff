"""A file whose noise is clipped: `bench denoise` says that too little of it is found."""

from pathlib import Path

import numpy as np
from bench import bench
from PIL import Image


def test_a_saturated_file_is_told_that_too_little_noise_is_found(tmp_path: Path) -> None:
    rows = np.linspace(40.0, 250.0, 256)[:, None].repeat(256, axis=1)
    noisy = rows + 25.0 * np.random.default_rng(0).standard_normal(rows.shape)
    Image.fromarray(noisy.clip(0, 255).round().astype(np.uint8)).save(tmp_path / "bright.png")
    done = bench("denoise", "bright.png", "--dry-run", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    said = " ".join(f"{done.stdout} {done.stderr}".split())
    assert "of the pixels are saturated; where noise is clipped, too little is found" in said
