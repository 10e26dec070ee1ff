"""Killed at any moment, a run goes on to the same figures, and nothing else is left."""

import json
import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

import pytest
from bench import environment, make_images
from stranger import install

from denoisebench.execution.process_marks import started
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
    """Each kill costs the image in hand at most, and what is there is not written again."""
    shared = Shared(tmp_path, images=3, levels=20)
    assert shared.start("whole").wait() == 0
    shared.counts.unlink()
    chance, kills, crew = random.Random(7), 0, set[int]()
    taken = Counter[str]()
    while kills < 100:
        there = times(tmp_path / "broken")
        cells = {path: json.loads(path.read_text()) for path in there if path.suffix == ".json"}
        counted = sorted(path for path in cells if cells[path]["method"] == "counted")
        for path in chance.sample(counted, min(len(counted), 8)):  # so that there is work
            taken[cells[path]["noise"]] += 1
            path.unlink()
            del there[path]
        driver = shared.start("broken", "--workers", "2")
        time.sleep(chance.uniform(0.5, 8.0))
        crew = {pid for pid in crew | {driver.pid} | children(driver.pid) if runs(pid)}
        for pid in chance.sample(sorted(crew), min(len(crew), chance.choice([1, 1, 2, 3]))):
            os.kill(pid, signal.SIGKILL)
            kills += 1
        if chance.random() < 0.7:
            driver.kill()
        driver.wait()
        assert {path: times(tmp_path / "broken").get(path) for path in there} == there
    assert shared.start("broken", "--workers", "2").wait() == 0
    whole, broken = tmp_path / "whole", tmp_path / "broken"
    assert files(broken) == files(whole)
    assert figures(broken) == figures(whole)
    again = shared.denoised() - Counter({noise: 3 * (1 + taken[noise]) for noise in shared.noises})
    assert again.total() <= kills
    assert all(shared.denoised()[noise] >= 3 * (1 + taken[noise]) for noise in shared.noises)


@pytest.mark.slow
def test_of_eight_processes_that_race_each_unit_is_computed_by_one(tmp_path: Path) -> None:
    shared = Shared(tmp_path, images=3, levels=20)
    racing = [shared.start("out", "--worker") for _ in range(8)]
    assert [process.wait() for process in racing] == [0] * 8
    assert len(times(tmp_path / "out")) == 3 * 20
    assert shared.denoised() == Counter(dict.fromkeys(shared.noises, 3))
    assert list(tmp_path.glob("out/claims/*")) == []


PLUGIN = """
import os
import time
from dataclasses import dataclass

from denoisebench.plugin import Evidence, TrainedMethod, UntrainedMethod, hookimpl


@dataclass(frozen=True)
class Config:
    pass


class Learned(TrainedMethod):
    name, summary, config_type = "learned", "a 3x3 filter", Config

    def evidence(self, config):
        return Evidence.CLEAN

    def network(self, config, task):
        from torch import nn

        return nn.Conv2d(task.channels, task.channels, 3, padding=1)

    def loss(self, model, batch, moment, rng):
        return (model.network(batch.noisy).float() - batch.target).square().mean(dim=(1, 2, 3))

    def denoise(self, model, noisy, level):
        return model.network(noisy)


class Counted(UntrainedMethod):
    name, summary, config_type = "counted", "writes down what it denoises", Config

    def denoise(self, config, task, noisy, level):
        counts = os.open("counts", os.O_WRONLY | os.O_CREAT | os.O_APPEND)
        os.write(counts, f"gaussian:{level:g}\\n".encode())
        os.close(counts)
        time.sleep(0.03)
        return noisy * 0.9


@hookimpl
def register_methods():
    return [Counted(), Learned()]
"""


class Shared:
    """Processes that score two methods in one folder, and what one of them was given."""

    def __init__(self, folder: Path, images: int, levels: int) -> None:
        make_images(folder / "test", images)
        make_images(folder / "train", 2, seed=1)
        (folder / "methods.py").write_text(PLUGIN)
        self._folder, self.counts = folder, folder / "counts"
        self.noises = [f"gaussian:{level}" for level in range(10, 10 + levels)]

    def start(self, out: str, *options: str) -> "subprocess.Popen[bytes]":
        call = [sys.executable, "-c", PROGRAM, "compare", "--methods", "counted,learned"]
        call += ["--plugin", "methods.py", "--datasets", "folder:test", "--keep-estimates"]
        call += ["--train-set", "folder:train", "--steps", "300", "--batch", "2", "--crop", "32"]
        call += ["--noise", ",".join(self.noises), "--out", out, *options]
        quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
        return subprocess.Popen(call, cwd=self._folder, env=environment(), **quiet)

    def denoised(self) -> Counter[str]:
        """How many images of each noise were denoised."""
        return Counter(self.counts.read_text().split())


def times(out: Path) -> dict[Path, int]:
    """When each result and each training was written."""
    paths = [*out.glob("cells/*.json"), *out.glob("trainings/*/*.safetensors")]
    return {path: path.stat().st_mtime_ns for path in paths}


def children(pid: int) -> set[int]:
    """The processes that any thread of a process has started."""
    found = Path(f"/proc/{pid}/task").glob("*/children")
    return {int(child) for path in found for child in path.read_text().split()}


def runs(pid: int) -> bool:
    """Whether a process has not ended."""
    return bool(started(pid))


def files(out: Path) -> list[Path]:
    return sorted(path.relative_to(out) for path in out.rglob("*") if path.is_file())


def figures(out: Path) -> list[object]:
    """Everything that a run measures and makes, but the times."""
    cells = [json.loads(path.read_text())["scores"] for path in sorted(out.glob("cells/*.json"))]
    timeless = [[{**score, "denoise_s": 0} for score in scores] for scores in cells]
    return [timeless, *(path.read_bytes() for path in sorted(out.glob("estimates/**/*.npy")))]
