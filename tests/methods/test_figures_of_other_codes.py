"""Weights that other codes trained give the figures that their authors report.

The files are not part of the project.  DENOISEBENCH_FOREIGN_WEIGHTS names a folder that holds them:
kair/dncnn_25.pth of cszn/KAIR; noise2noise-pytorch/ with gaussian.pt, gaussian-clean.pt, text.pt,
text-clean.pt (its ckpts/) and monarch.png, monarch-gaussian-noisy.png, monarch-text-noisy.png (its
figures/) of joeylitalien/noise2noise-pytorch.
"""

import csv
import io
import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from bench import bench

from denoisebench.images.image_set import ImageSet

FOLDER = os.environ.get("DENOISEBENCH_FOREIGN_WEIGHTS", "")


def foreign(name: str) -> Path:
    path = Path(FOLDER) / name
    if not FOLDER or not path.is_file():
        pytest.skip(f"there is no {name} in the folder that DENOISEBENCH_FOREIGN_WEIGHTS names")
    return path


def figure(
    folder: Path, weights: Path, method: str, noise: str, datasets: str, protocol: str
) -> float:
    """The PSNR in dB of imported weights."""
    out = ("--out", "w.safetensors")
    call = ("weights", "import", str(weights), "--method", method, "--noise", noise, *out)
    done = bench(*call, cwd=folder)
    assert done.returncode == 0, done.stderr
    run = ("run", "--method", method, "--noise", noise, "--weights", "w.safetensors")
    asked = ("--datasets", datasets, "--protocol", protocol, "--format", "csv")
    data = {"DENOISEBENCH_DATA": os.environ.get("DENOISEBENCH_DATA", "")}
    done = bench(*run, *asked, cwd=folder, **data)
    assert done.returncode == 0, done.stderr
    (row,) = csv.DictReader(io.StringIO(done.stdout))
    return float(row["psnr_db"])


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "reported", "within"), [("set12", 30.43, 0.03), ("bsd68", 29.23, 0.02)]
)
def test_dncnn_of_kair(
    tmp_path: Path,
    name: str,
    reported: float,
    within: float,
    real_set: Callable[[str], ImageSet],
) -> None:
    weights = foreign("kair/dncnn_25.pth")
    real_set(name)
    found = figure(tmp_path, weights, "supervised", "gaussian:25", name, "kair")
    assert found == pytest.approx(reported, abs=within)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "method", "noise", "reported"),
    [
        ("gaussian", "noise2noise", "gaussian:25", "32.68"),
        ("gaussian-clean", "supervised", "gaussian:25", "32.49"),
        ("text", "noise2noise", "text:25", "28.10"),
        ("text-clean", "supervised", "text:25", "27.79"),
    ],
)
def test_noise2noise_of_joeylitalien(
    tmp_path: Path, name: str, method: str, noise: str, reported: str
) -> None:
    weights = foreign(f"noise2noise-pytorch/{name}.pt")
    noisy = f"monarch-{name.removesuffix('-clean')}-noisy.png"
    for folder, file in (("noisy", noisy), ("clean", "monarch.png")):
        (tmp_path / folder).mkdir()
        shutil.copy(foreign(f"noise2noise-pytorch/{file}"), tmp_path / folder / "monarch.png")
    found = figure(tmp_path, weights, method, noise, "pairs:noisy:clean", "float")
    assert f"{found:.2f}" == reported
