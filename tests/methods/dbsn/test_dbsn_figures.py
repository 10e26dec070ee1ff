"""D-BSN's figures on Set12, trained on cbsd399: an hour on two CPU cores, once; trainings and cells
are kept under `results/dbsn` as `bench run` keeps them.

    DENOISEBENCH_DATA=... .venv/bin/python -m pytest -m slow tests/methods/dbsn/test_dbsn_figures.py
"""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from statistics import fmean, median

import numpy as np
import pytest

from denoisebench.images.image_set import ImageSet
from denoisebench.results.records import CellResult
from denoisebench.results.store import read_cells

pytestmark = pytest.mark.slow

RUN = [sys.executable, "-c", "from denoisebench.cli import main; main()", "run"]
OUT = Path("results/dbsn")


@pytest.fixture(autouse=True)
def sets(real_set: Callable[[str], ImageSet]) -> ImageSet:
    real_set("cbsd399")
    return real_set("set12")


def cell(method: str, noise: str, parameters: str, *more: str) -> CellResult:
    """The cell of a method on Set12, computed if it is not there."""
    asked = ("--method", method, "--noise", noise, "--parameters", parameters)
    shared = ("--datasets", "set12", "--weights", "none", "--out", str(OUT), *more)
    subprocess.run([*RUN, *asked, *shared], env=os.environ, check=True)
    wanted = (method, noise, parameters)
    (found,) = (c for c in read_cells(OUT) if (c.method, c.noise, c.parameters) == wanted)
    return found


def psnr_db(found: CellResult) -> float:
    return fmean(score.psnr_db for score in found.scores)


def test_the_noisy_pixel_itself_adds_half_a_decibel_and_all_takes_away_seven() -> None:
    found = cell("dbsn", "gaussian:25", "known")
    mean_only = cell("dbsn:result=mean", "gaussian:25", "known")
    assert psnr_db(found) >= psnr_db(mean_only) + 0.5
    assert psnr_db(found) >= fmean(score.noisy_psnr_db for score in found.scores) + 7.0


@pytest.mark.parametrize("sigma", [25.0, 50.0])
def test_one_level_is_learned_within_ten_percent(sigma: float) -> None:
    found = cell("dbsn", f"gaussian:{sigma:g}", "unknown")
    levels = [score.level_estimate for score in found.scores if score.level_estimate is not None]
    assert len(levels) == 12
    assert median(levels) == pytest.approx(sigma, rel=0.1)


def test_the_noise_map_follows_the_noise(sets: ImageSet) -> None:
    """Pearson's r over the pixels of each image, of the learned σ and √((40·x)² + 10²)."""
    found = cell("dbsn", "heteroscedastic:40:10", "unknown", "--save-arrays")
    (folder,) = OUT.glob("arrays/set12/heteroscedastic*/dbsn-*/noise")
    correlations = []
    for image, score in zip(sets.images, found.scores, strict=True):
        clean = image.read().clean[0]
        learned = np.load(folder / f"{Path(score.image).stem}.npy")
        true = np.hypot(40.0 * clean, 10.0)
        correlations.append(float(np.corrcoef(learned.ravel(), true.ravel())[0, 1]))
    assert min(correlations) >= 0.9
