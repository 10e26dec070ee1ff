"""`bench run` says where the weights are, and what it says is taken wherever weights are given."""

import re
from pathlib import Path

import numpy as np
import pytest
from bench import bench

import denoisebench
from denoisebench.errors import UserError

ASKED = ("--method", "noise2noise", "--budget", "smoke", "--steps", "20")
SETS = ("--datasets", "samples-gray", "--train-set", "samples-gray:part=train", "--draws", "fresh")


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """A folder, and what the command that trained there named."""
    place = tmp_path_factory.mktemp("weights")
    done = bench("run", *ASKED, *SETS, "--weights", "none", cwd=place)
    (folder,) = re.findall(r"^weights: (\S+)$", done.stderr, re.M)
    assert (place / folder / "weights.safetensors").is_file()
    quiet = bench("run", *ASKED, *SETS, "--weights", "none", "--quiet", cwd=place)
    assert "weights:" not in quiet.stderr
    return place, folder


@pytest.mark.parametrize("digits", [None, 16, 6])
def test_each_verb_takes_the_folder_and_the_id(trained: tuple[Path, str], digits: int) -> None:
    place, folder = trained
    named = folder if digits is None else Path(folder).name[:digits]
    done = bench("run", *ASKED[:2], *SETS[:2], "--weights", named, cwd=place)
    assert done.returncode == 0, done.stderr
    np.save(place / "noisy.npy", np.random.default_rng(0).random((40, 40), np.float32))
    options = ("--noise", "gaussian:25", "--weights", named, "--dry-run")
    denoised = bench("denoise", "noisy.npy", *options, cwd=place)
    assert denoised.returncode == 0, denoised.stderr
    assert bench("plot", "history", named, cwd=place).returncode == 0


def test_python_takes_the_folder(
    trained: tuple[Path, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    place, folder = trained
    monkeypatch.chdir(place)
    denoise = denoisebench.load_denoiser("noise2noise", weights=folder)
    assert denoise(np.zeros((40, 40), np.float32)).shape == (40, 40)


def test_where_no_weights_fit_the_remedy_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(UserError, match="give weights=PATH, of a file or of a training, as resul"):
        denoisebench.load_denoiser("noise2noise", noise="gamma:3")


def test_a_beginning_of_two_ids_is_refused(tmp_path: Path) -> None:
    for name in ("abcd000000000000", "abcd111111111111"):
        (tmp_path / "results" / "trainings" / name).mkdir(parents=True)
    done = bench("run", *ASKED[:2], *SETS[:2], "--weights", "abcd", cwd=tmp_path)
    assert done.returncode == 2
    assert "weights 'abcd' may be of abcd000000000000, abcd111111111111" in done.stderr
