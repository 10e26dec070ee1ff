"""Killed at any moment, a run goes on to the same figures, and nothing else is left."""

import json
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from bench import environment, make_images
from stranger import install

KILLED = Path(__file__).parents[2] / "support" / "killed.py"
CALL = ("compare", "--methods", "identity,shipped", "--plugin", "shipped", "--weights", "none")
CALL = (*CALL, "--datasets", "folder:test", "--train-set", "folder:train", "--keep-estimates")
CALL = (*CALL, "--steps", "3", "--batch", "2", "--crop", "32", "--device", "cpu")
ENDS = {-signal.SIGKILL, -signal.SIGTERM, 130, 143, 0}
"""How a killed run may end; 0 where it was done before."""


@pytest.mark.parametrize("kills", [6, pytest.param(60, marks=pytest.mark.slow)])
def test_a_run_that_is_killed_again_and_again_ends_as_one_that_is_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kills: int
) -> None:
    make_images(tmp_path / "train", 2, seed=1)
    make_images(tmp_path / "test", 2, seed=2)
    install(tmp_path, monkeypatch)
    command = [sys.executable, str(KILLED), str(tmp_path), str(kills), str(kills), *CALL]
    path = environment(PYTHONPATH=str(tmp_path))
    done = subprocess.run(command, env=path, capture_output=True, encoding="utf-8", check=False)
    assert done.returncode == 0, done.stderr
    statuses = json.loads(done.stdout)
    assert len(statuses) == kills
    assert set(statuses) <= ENDS
    assert statuses.count(0) < kills
    whole, broken = tmp_path / "whole", tmp_path / "broken"
    assert files(broken) == files(whole)
    assert figures(broken) == figures(whole)


def files(out: Path) -> list[Path]:
    return sorted(path.relative_to(out) for path in out.rglob("*") if path.is_file())


def figures(out: Path) -> list[object]:
    """Everything that a run measures and makes, but the times."""
    cells = [json.loads(path.read_text())["scores"] for path in sorted(out.glob("cells/*.json"))]
    timeless = [[{**score, "denoise_s": 0} for score in scores] for scores in cells]
    return [timeless, *(path.read_bytes() for path in sorted(out.glob("estimates/**/*.npy")))]
