"""Every command of docs/denoising.md runs on the files that its example writes."""

import re
import runpy
import shlex
import sys
from pathlib import Path

import numpy as np
import pytest
import tifffile
from bench import bench

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "denoising.md").read_text(encoding="utf-8")
COMMANDS = re.findall(r"^    (bench denoise my/.*)$", PAGE, re.MULTILINE)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The example's files, cut so that the test is quick."""
    folder = tmp_path_factory.mktemp("own")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, "argv", ["own_images.py", str(folder / "my")])
        runpy.run_path(str(ROOT / "examples" / "own_images.py"), run_name="__main__")
    return folder


@pytest.mark.parametrize("command", COMMANDS)
def test_command_runs(command: str, folder: Path) -> None:
    done = bench(*shlex.split(command)[1:], cwd=folder)
    assert done.returncode == 0, done.stderr
    assert "saved" in done.stdout


def test_there_is_a_command_for_each_file() -> None:
    for name in ("cells.tif", "cat.png", "sky.npy"):
        assert any(name in command for command in COMMANDS)


def test_result_of_the_series_is_a_series_with_less_noise(folder: Path) -> None:
    bench("denoise", "my/cells.tif", "--out", "tested", "--method", "nlm", cwd=folder)
    noisy, denoised = (tifffile.imread(folder / d / "cells.tif") for d in ("my", "tested"))
    assert denoised.shape == noisy.shape
    assert denoised.dtype == noisy.dtype
    assert np.abs(np.diff(denoised.astype(float), axis=2)).mean() < 3.0
    assert np.abs(np.diff(noisy.astype(float), axis=2)).mean() > 8.0
    assert tifffile.TiffFile(folder / "tested" / "cells.tif").imagej_metadata["unit"] == "um"
