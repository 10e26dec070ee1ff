"""Killed at any moment, a run goes on to the same figures, and nothing else is left."""

import json
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from bench import environment, make_images
from stranger import install

from denoisebench.plugin.worker_process import PROGRAM

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


@pytest.mark.slow
def test_workers_and_their_driver_killed_at_random_moments_lose_nothing(tmp_path: Path) -> None:
    make_images(tmp_path / "test", 3, seed=2)
    noises = ",".join(f"gaussian:{level}" for level in range(10, 60, 5))
    call = [sys.executable, "-c", PROGRAM, "compare", "--methods", "identity,tv,wavelet"]
    call += ["--datasets", "folder:test", "--noise", noises, "--keep-estimates"]

    def started(out: str, *options: str) -> "subprocess.Popen[bytes]":
        command = [*call, "--out", out, *options]
        quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
        return subprocess.Popen(command, cwd=tmp_path, env=environment(), **quiet)

    assert started("whole").wait() == 0
    chance, kills = random.Random(7), 0
    while kills < 40:
        driver = started("broken", "--workers", "2")
        time.sleep(chance.uniform(0.5, 6.0))
        children = Path(f"/proc/{driver.pid}/task/{driver.pid}/children")
        crew = [driver.pid, *map(int, children.read_text().split())] if children.exists() else []
        for pid in chance.sample(crew, min(len(crew), chance.choice([1, 1, 2, 3]))):
            os.kill(pid, signal.SIGKILL)
            kills += 1
        if driver.poll() is None and chance.random() < 0.7:
            driver.kill()
        driver.wait()
        if chance.random() < 0.2:  # much is left to be done again
            cells = sorted((tmp_path / "broken").glob("cells/*.json"))
            for path in chance.sample(cells, min(len(cells), 5)):
                path.unlink()
    assert started("broken", "--workers", "2").wait() == 0
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
