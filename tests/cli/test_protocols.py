"""`--protocol`, `--save-arrays` and `bench list protocols`, as a user meets them."""

import csv
import io
from pathlib import Path

import numpy as np
import pytest
from bench import bench, make_images

from denoisebench.protocol import PROTOCOLS


@pytest.fixture
def place(tmp_path: Path) -> Path:
    make_images(tmp_path / "test", 2, seed=2)
    return tmp_path


def test_protocols_are_listed_and_a_table_spells_its_own_out(place: Path) -> None:
    listed = bench("list", "protocols", cwd=place).stdout.splitlines()
    assert [line.split()[0] for line in listed] == list(PROTOCOLS)
    call = ("run", "--method", "identity", "--datasets", "folder:test", "--protocol", "nvlabs")
    done = bench(*call, cwd=place)
    assert done.returncode == 0, done.stderr
    told = " ".join(done.stdout.split())
    assert f"Protocol nvlabs-1: {PROTOCOLS['nvlabs'].summary}." in told


def test_a_dry_run_counts_repeats(place: Path) -> None:
    call = ("run", "--method", "identity", "--datasets", "set12,set14", "--dry-run")
    once = bench(*call, "--channels", "gray", cwd=place)
    many = bench(*call, "--channels", "gray", "--protocol", "nvlabs", cwd=place)
    assert "set14-gray (14 images), gaussian:25: about 7 s" in once.stdout
    assert "set12 (12 images), gaussian:25: about 6 s" in many.stdout
    assert "set14-gray (14 images ×20), gaussian:25: about 140 s" in many.stdout


def test_saved_arrays_are_denoised_images_that_score_as_the_run_says(place: Path) -> None:
    call = ("run", "--method", "tv", "--datasets", "folder:test", "--format", "csv")
    done = bench(*call, "--save-arrays", cwd=place)
    assert "arrays are under results/arrays" in done.stderr
    (denoised,) = (place / "results" / "arrays").rglob("denoised")
    again = bench(
        *("run", "--method", "identity", "--format", "csv"),
        *("--datasets", f"pairs:{denoised.relative_to(place)}:test"),
        cwd=place,
    )
    first, second = (next(iter(csv.DictReader(io.StringIO(run.stdout)))) for run in (done, again))
    assert float(first["psnr_db"]) == pytest.approx(float(second["psnr_db"]), abs=1e-4)


def test_given_noise_and_training_on_what_is_scored_cannot_be_padded(place: Path) -> None:
    (place / "noisy").mkdir()
    for n in range(2):
        np.save(place / "noisy" / f"{n}.npy", np.full((48, 48), 0.5, np.float32))
    call = ("run", "--method", "noise2score", "--protocol", "nvlabs", "--datasets")
    given = bench(*call, "pairs:noisy:test", cwd=place)
    assert given.returncode == 2
    assert "pairs:noisy:test gives its noisy images: give --protocol float" in given.stderr
    own = bench(*call, "folder:test", "--train-set", "test", cwd=place)
    assert own.returncode == 2
    assert "--train-set test trains on the noisy images that are scored" in own.stderr
