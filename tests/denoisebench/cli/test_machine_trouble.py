"""The machine's trouble stops a run with one line; it is no method's failure, nothing is lost."""

import json
import signal
from pathlib import Path

import pytest
from bench import bench, file_size_limit, make_images
from stranger import install

TROUBLE = """
import os, signal
from denoisebench.plugin.hooks import hookimpl
from denoisebench.plugin.method import UntrainedMethod
from dataclasses import dataclass

@dataclass(frozen=True)
class Config:
    pass

class OutOfMemoryError(RuntimeError):
    pass

class Troubled(UntrainedMethod):
    name, summary, config_type = "troubled", "has what trouble the environment says", Config
    def denoise(self, config, task, noisy, level):
        exec(os.environ.get("TROUBLE", ""))
        return noisy * 0.9

@hookimpl
def register_methods():
    return [Troubled()]
"""
CALL = ("compare", "--methods", "troubled,identity", "--plugin", "troubled.py", "--datasets")
CALL = (*CALL, "folder:test", "--format", "csv")
TRAIN = ("run", "--method", "shipped", "--plugin", "shipped", "--datasets", "folder:test")
TRAIN = (*TRAIN, "--train-set", "folder:train", "--weights", "none", "--batch", "2", "--crop", "32")


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    make_images(tmp_path / "train", 2, seed=1)
    make_images(tmp_path / "test", 2, seed=2)
    (tmp_path / "troubled.py").write_text(TROUBLE)
    install(tmp_path, monkeypatch)
    return tmp_path


def strays(out: Path) -> list[Path]:
    """What is left of a run that did not end well."""
    kinds = ("*.part", "*.unfinished", "checkpoint.pt")
    return [path for kind in kinds for path in out.rglob(kind)]


@pytest.mark.parametrize(
    ("trouble", "status", "said"),
    [
        ("open('absent.txt')", 2, "bench: absent.txt: No such file or directory"),
        ("raise OSError(28, 'No space left on device')", 2, "bench: No space left on device"),
        ("raise MemoryError", 2, "bench: there is not enough memory: troubled raised MemoryError"),
        (
            "import numpy; numpy.zeros(1 << 50)",
            2,
            "bench: there is not enough memory: troubled raised MemoryError: Unable to al",
        ),
        (
            "import torch; torch.empty(1 << 50)",
            2,
            "bench: there is not enough memory: troubled raised RuntimeError: [enforce fail",
        ),
        ("raise OutOfMemoryError", 2, "bench: there is not enough memory: troubled raised OutOfM"),
        (
            "raise KeyboardInterrupt",
            130,
            "bench: interrupted; the same command continues",
        ),
        (
            "signal.raise_signal(signal.SIGTERM)",
            143,
            "bench: terminated; the same command continues",
        ),
    ],
)
def test_trouble_in_a_method_stops_the_run_and_is_not_stored(
    place: Path, trouble: str, status: int, said: str
) -> None:
    done = bench(*CALL, cwd=place, TROUBLE=trouble)
    assert done.returncode == status, done.stderr
    assert [line[: len(said)] for line in done.stderr.splitlines() if "bench:" in line] == [said]
    assert not list((place / "results").glob("cells/*.json"))
    again = bench(*CALL, cwd=place)
    assert again.returncode == 0, again.stderr
    assert not strays(place / "results")


@pytest.mark.parametrize("size", [0, 300, 1000])
def test_on_a_full_disk_a_run_stops_with_one_line_and_goes_on_later(place: Path, size: int) -> None:
    with file_size_limit(size):
        done = bench(*CALL, cwd=place)
    assert done.returncode == 2
    said = done.stderr.splitlines()[-1]
    assert said.endswith(" cannot be written: File too large")
    assert not list((place / "results").rglob("*.part"))
    assert bench(*CALL, cwd=place).returncode == 0
    assert not strays(place / "results")


def test_on_a_full_disk_a_training_stops_with_one_line_and_goes_on_later(
    place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("denoisebench.training.trainer.CHECKPOINT_EVERY_S", 0.0)
    call = (*TRAIN, "--steps", "3")
    with file_size_limit(2000):
        done = bench(*call, cwd=place)
    assert done.returncode == 2
    assert done.stderr.splitlines()[-1].endswith("checkpoint.pt cannot be written: File too large")
    assert not list((place / "results").rglob("*.json.*"))
    assert not list((place / "results").rglob("*.part"))
    again = bench(*call, cwd=place)
    assert again.returncode == 0, again.stderr
    assert not strays(place / "results")


@pytest.mark.parametrize(("number", "status"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_training_that_is_told_to_end_saves_and_goes_on_from_there(
    place: Path, monkeypatch: pytest.MonkeyPatch, number: signal.Signals, status: int
) -> None:
    from denoisebench.training.trainer import Trainer

    step = Trainer._step

    def at_step_2(self: Trainer, at: int) -> None:
        if at == 2:
            signal.raise_signal(number)
        step(self, at)

    call = (*TRAIN, "--steps", "5")
    with monkeypatch.context() as patch:
        patch.setattr(Trainer, "_step", at_step_2)
        done = bench(*call, cwd=place)
    assert done.returncode == status, done.stderr
    again = bench(*call, cwd=place)
    assert again.returncode == 0, again.stderr
    assert "training goes on from step 3 of 5" in again.stderr
    assert not strays(place / "results")


def test_an_interrupt_is_one_although_the_checkpoint_cannot_be_written(
    place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from denoisebench.training.trainer import Trainer

    def interrupted(_self: Trainer, _at: int) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(Trainer, "_step", interrupted)
    with file_size_limit(2000):
        done = bench(*TRAIN, "--steps", "5", cwd=place)
    assert done.returncode == 130
    assert "File too large" in done.stderr
    assert not list((place / "results").rglob("*.part"))


def test_quiet_silences_no_failure(place: Path) -> None:
    failed = bench(*CALL, "--quiet", cwd=place, TROUBLE="raise ValueError('it is broken')")
    assert failed.returncode == 1
    line, place_of_traceback = failed.stderr.splitlines()
    assert "troubled on folder:test, gaussian:25: troubled raised ValueError" in line
    assert place_of_traceback.startswith("traceback: ")


@pytest.mark.parametrize("kept", [0, 1])
def test_a_result_that_lacks_scores_is_computed_again(place: Path, kept: int) -> None:
    assert bench(*CALL, cwd=place).returncode == 0
    paths = sorted((place / "results" / "cells").glob("*.json"))
    before = [path.read_text() for path in paths]
    record = json.loads(before[0])
    del record["provenance"]["record_sha256"]  # results once had none
    paths[0].write_text(json.dumps({**record, "scores": record["scores"][:kept]}))
    if not kept:
        said = bench("report", "--format", "csv", cwd=place).stderr
        assert "left out: 1 that is without a score, which the next run computes again" in said
    done = bench(*CALL, cwd=place)
    assert done.returncode == 0, done.stderr
    assert f"{record['cell']}.json lacks scores: it is computed again" in done.stderr
    now = json.loads(paths[0].read_text())["scores"]
    assert [{**s, "denoise_s": 0} for s in now] == [{**s, "denoise_s": 0} for s in record["scores"]]
    assert paths[1].read_text() == before[1]


def test_what_a_kill_left_right_at_the_end_is_removed(place: Path) -> None:
    call = (*TRAIN, "--steps", "2")
    assert bench(*call, cwd=place).returncode == 0
    (cell,) = (place / "results").glob("cells/*.json")
    (weights,) = (place / "results").rglob("weights.safetensors")
    cell.with_suffix(".unfinished").write_text("")
    assert bench(*call, cwd=place).returncode == 0
    assert not strays(place / "results")
    cell.unlink()
    weights.with_name("checkpoint.pt").write_text("")
    assert bench(*call, cwd=place).returncode == 0
    assert not strays(place / "results")
