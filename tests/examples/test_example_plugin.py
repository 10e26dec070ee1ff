"""The example plugin installs as a stranger's package does, and its methods run beside ours."""

import csv
import os
import subprocess
import sys
import sysconfig
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from skimage import data

from denoisebench.conformance import checks
from denoisebench.registry.loader import import_plugin

EXAMPLE = Path(__file__).parents[2] / "examples" / "plugin"


def run(*command: str | Path, cwd: Path, **environment: str) -> str:
    """What a command printed; it must succeed."""
    done = subprocess.run(
        [str(word) for word in command],
        cwd=cwd,
        env={**os.environ, "OMP_NUM_THREADS": "1", "PYTHONIOENCODING": "utf-8", **environment},
        capture_output=True,
        encoding="utf-8",
    )
    assert done.returncode == 0, f"{command}\n{done.stdout}\n{done.stderr}"
    return done.stdout


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder in which the example, and nothing else, is installed."""
    folder = tmp_path_factory.mktemp("example")
    source, target = folder / "source", folder / "installed"
    source.mkdir()  # a copy: building leaves files beside it
    for name in ("bench_example.py", "pyproject.toml"):
        (source / name).write_bytes((EXAMPLE / name).read_bytes())
    pip = (sys.executable, "-m", "pip", "--disable-pip-version-check", "install", "-q")
    offline = ("--no-index", "--no-deps", "--no-build-isolation")
    run(*pip, *offline, "--target", target, source, cwd=folder)
    return target


@pytest.fixture
def photographs(tmp_path: Path) -> Path:
    """Two small gray photographs to score on, two to train on."""
    parts = {"test": (data.camera(), data.coins()), "train": (data.brick(), data.moon())}
    for part, images in parts.items():
        (tmp_path / part).mkdir()
        for number, image in enumerate(images):
            crop: np.ndarray = image[60:188, 80:208]
            Image.fromarray(crop).save(tmp_path / part / f"{number}.png")
    return tmp_path


def bench(installed: Path, folder: Path, *words: str) -> str:
    command = Path(sysconfig.get_path("scripts")) / "bench"
    return run(command, *words, cwd=folder, PYTHONPATH=str(installed))


def test_its_methods_are_listed_once_it_is_installed(installed: Path, tmp_path: Path):
    listed = bench(installed, tmp_path, "list", "methods").splitlines()
    assert {"gaussian-filter", "tiny"} <= {line.split()[0] for line in listed}


def test_its_methods_are_compared_with_ours(installed: Path, photographs: Path):
    text = bench(
        installed,
        photographs,
        *("compare", "--methods", "identity,gaussian-filter,tiny"),
        *("--datasets", "folder:test", "--train-set", "folder:train"),
        *("--budget", "smoke", "--format", "csv", "--out", "out"),
    )
    rows = list(csv.DictReader(text.strip().splitlines()))
    psnr_db = {row["method"]: float(row["psnr_db"]) for row in rows}
    assert list(psnr_db) == ["identity", "gaussian-filter", "tiny"]
    assert 20.0 < psnr_db["identity"] < 21.0
    assert 24.0 < psnr_db["gaussian-filter"] < 32.0
    assert 10.0 < psnr_db["tiny"] < 32.0


def test_a_setting_it_refuses_is_told_by_name(installed: Path, tmp_path: Path):
    with pytest.raises(AssertionError, match=r"bench: gaussian-filter\.width: 0 must be above 0"):
        bench(installed, tmp_path, "run", "--method", "gaussian-filter:width=0")


def test_it_imports_no_torch_before_it_works(installed: Path, tmp_path: Path):
    code = "import sys, bench_example; bench_example.register_methods(); print(*sys.modules)"
    loaded = run(sys.executable, "-c", code, cwd=tmp_path, PYTHONPATH=str(installed))
    assert "torch" not in loaded.split()


def test_it_passes_its_own_check():
    found = checks(import_plugin(str(EXAMPLE / "bench_example.py")))
    assert {"import-light", "learns"} <= {check.id for check in found}
    outcomes = [(check.id, check.run()) for check in found]
    assert not [f"{name}: {outcome}" for name, outcome in outcomes if outcome.failed]
