"""`bench run` and `bench compare`, from images on disk to the table, in small."""

import csv
import io
import json
import re
import signal
from pathlib import Path

import numpy as np
import pytest
from bench import bench, bench_process, make_images
from PIL import Image

SMALL = ("--train-set", "folder:train", "--datasets", "folder:test", "--crop", "32", "--batch", "4")
KILLED_IN_TRAINING = """
import itertools, os, signal, sys
import denoisebench.training.trainer
denoisebench.training.trainer.CHECKPOINT_EVERY_S = 0.0
written = itertools.count(1)
def kill(event, arguments):
    if event == "os.rename" and str(arguments[1]).endswith("checkpoint.pt") and next(written) == 4:
        os.kill(os.getpid(), signal.SIGKILL)
sys.addaudithook(kill)
"""
PLUGIN = """
import itertools, os, signal
from dataclasses import dataclass
from denoisebench.plugin.hooks import hookimpl
from denoisebench.plugin.method import UntrainedMethod

@dataclass(frozen=True)
class Config:
    fail: bool = False

class Frail(UntrainedMethod):
    name, summary, config_type = "frail", "may fail, may be killed at the second image", Config
    calls = itertools.count(1)
    def denoise(self, config, task, noisy, level):
        if config.fail:
            raise RuntimeError("no luck today")
        if "KILLED" in os.environ and next(self.calls) == 2:
            os.kill(os.getpid(), signal.SIGKILL)
        return noisy * 0.9

@hookimpl
def register_methods():
    return [Frail()]
"""


@pytest.fixture
def place(tmp_path: Path) -> Path:
    make_images(tmp_path / "train", 4, seed=1)
    make_images(tmp_path / "test", 3, seed=2)
    return tmp_path


def scores(out: Path) -> list[object]:
    """Every image's scores of every cell, without the times."""
    cells = [json.loads(path.read_text()) for path in sorted((out / "cells").glob("*.json"))]
    return [
        (c["cell"], c["method"], [{**s, "denoise_s": None} for s in c["scores"]]) for c in cells
    ]


def rows(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text)))


def test_compare_prints_one_csv_row_per_method_and_data_set_and_computes_nothing_twice(
    place: Path,
) -> None:
    call = ("compare", "--methods", "identity,noise2score,noise2noise,supervised", *SMALL)
    call = (*call, "--steps", "5", "--format", "csv")
    first = bench(*call, cwd=place)
    assert first.returncode == 0, first.stderr
    table = rows(first.stdout)
    assert [row["method"] for row in table] == [
        *("identity", "noise2score", "noise2noise", "supervised")
    ]
    assert [row["evidence"] for row in table] == ["nothing", "noisy", "noisy-pairs", "clean"]
    assert all(row["images"] == "3" and row["dataset"] == "folder:test" for row in table)
    assert 19 < float(table[0]["psnr_db"]) < 22
    assert len(list((place / "results" / "trainings").iterdir())) == 3
    assert not list((place / "results").rglob("checkpoint.pt"))
    stamps = {
        p: p.stat().st_mtime_ns
        for p in (place / "results").rglob("*.*")
        if "results." not in p.name
    }
    second = bench(*call, cwd=place)
    assert second.stdout == first.stdout
    assert "training " not in second.stderr
    assert all(p.stat().st_mtime_ns == stamp for p, stamp in stamps.items())


def test_noise_is_the_same_for_every_method(place: Path) -> None:
    bench("compare", "--methods", "identity,noise2noise", *SMALL, "--steps", "2", cwd=place)
    hashes = [[s["noisy_sha256"] for s in entry[2]] for entry in scores(place / "results")]
    assert hashes[0] == hashes[1]


def test_a_finished_training_serves_as_weights_elsewhere(place: Path) -> None:
    done = bench("run", "--method", "noise2noise", *SMALL, "--steps", "5", cwd=place)
    assert done.returncode == 0, done.stderr
    (weights,) = (place / "results").rglob("weights.safetensors")
    again = bench(
        *("run", "--method", "noise2noise", *SMALL, "--weights", str(weights), "--out", "other"),
        *("--format", "csv"),
        cwd=place,
    )
    assert again.returncode == 0, again.stderr
    (row,) = rows(again.stdout)
    assert row["weights"] == str(weights)
    assert not (place / "other" / "trainings").exists()
    assert [e[2] for e in scores(place / "other")] == [e[2] for e in scores(place / "results")]
    wrong = bench("run", "--method", "supervised", "--weights", str(weights), *SMALL, cwd=place)
    assert wrong.returncode == 2
    assert "are of noise2noise, not of supervised" in wrong.stderr


def test_transductive_training_is_labelled_and_needs_noisy_evidence(place: Path) -> None:
    call = ("--datasets", "folder:test", "--train-set", "test", "--crop", "32", "--steps", "2")
    done = bench("run", "--method", "noise2score", *call, "--format", "csv", cwd=place)
    assert done.returncode == 0, done.stderr
    (row,) = rows(done.stdout)
    assert row["train_set"] == "test (transductive)"
    done = bench("run", "--method", "supervised", *call, cwd=place)
    assert "supervised declines" in done.stderr


def test_pictures_show_noisy_denoised_and_clean_side_by_side(place: Path) -> None:
    call = ("run", "--method", "identity", "--datasets", "folder:test")
    assert bench(*call, cwd=place).returncode == 0
    assert bench(*call, "--save-images", cwd=place).returncode == 0
    pictures = sorted((place / "results" / "pictures").rglob("*.png"))
    assert len(pictures) == 3
    strip = np.asarray(Image.open(pictures[0]))
    clean = np.asarray(Image.open(place / "test" / "0.png"))
    assert strip.shape == (48, 144)
    assert np.array_equal(strip[:, 96:], clean)
    assert not np.array_equal(strip[:, :48], clean)


def test_a_dry_run_lists_trainings_and_cells_and_computes_nothing(place: Path) -> None:
    done = bench("compare", *SMALL, "--dry-run", cwd=place)
    assert done.returncode == 0, done.stderr
    kinds = [line.split()[0] for line in done.stdout.splitlines()]
    assert kinds == ["training"] * 4 + ["cell"] * 5 + ["about"]
    steps = "custom (4000 steps of 4×32²)"
    assert f"{steps}, 2 patches a step: the network runs twice on each: about 27 s" in done.stdout
    assert f"{steps}: about 27 s" in done.stdout
    assert re.search(r"^about \d min on two CPU cores", done.stdout, re.MULTILINE)
    assert not list((place / "results").rglob("*.*"))


def test_a_method_that_raises_fails_its_cell_alone_and_is_retried_on_request(place: Path) -> None:
    (place / "frail.py").write_text(PLUGIN)
    call = ("compare", "--methods", "identity,frail:fail=true", "--datasets", "folder:test")
    call = (*call, "--plugin", "frail.py")
    done = bench(*call, cwd=place)
    assert done.returncode == 1
    where = "in frail.py:16 (denoise)"
    assert f"frail raised RuntimeError: no luck today, {where}" in done.stderr
    (path,) = (place / "results" / "errors").iterdir()
    assert f"traceback: {path.relative_to(place)}" in done.stderr
    assert "identity" in done.stdout
    assert path.read_text() in bench(*call, "--traceback", cwd=place).stderr
    cells = place / "results" / "cells"
    stamps = {cell: cell.stat().st_mtime_ns for cell in cells.iterdir()}
    said = done.stderr[done.stderr.index("failed on ") :]
    assert re.match(
        r"failed on \d{4}-\d\d-\d\d: frail:fail=True on folder:test, gaussian:25: ", said
    )
    assert "it is tried again once its plugin or an installed package has changed" in said
    assert bench(*call, cwd=place).stderr == said
    assert {cell: cell.stat().st_mtime_ns for cell in cells.iterdir()} == stamps
    assert bench(*call, "--retry-failed", cwd=place).returncode == 1
    assert {cell: cell.stat().st_mtime_ns for cell in cells.iterdir()} != stamps
    (place / "frail.py").write_text(PLUGIN.replace("no luck today", "still no luck"))
    assert "still no luck" in bench(*call, cwd=place).stderr


def test_killed_in_training_the_same_command_gives_the_same_numbers(place: Path) -> None:
    call = ("run", "--method", "noise2noise", *SMALL, "--steps", "12", "--out")
    assert bench(*call, "whole", cwd=place).returncode == 0
    killed = bench_process(*call, "broken", cwd=place, before=KILLED_IN_TRAINING)
    assert killed.returncode == -signal.SIGKILL, killed.stderr
    assert len(list((place / "broken").rglob("checkpoint.pt"))) == 1
    assert not list((place / "broken").rglob("weights.safetensors"))
    done = bench(*call, "broken", cwd=place)
    assert done.returncode == 0, done.stderr
    assert scores(place / "broken") == scores(place / "whole")


def test_killed_in_evaluation_the_same_command_gives_the_same_numbers(place: Path) -> None:
    (place / "frail.py").write_text(PLUGIN)
    call = ("run", "--method", "frail", "--plugin", "frail.py", "--save-images")
    call = (*call, "--datasets", "folder:test", "--out")
    assert bench(*call, "whole", cwd=place).returncode == 0
    killed = bench_process(*call, "broken", cwd=place, KILLED="1")
    assert killed.returncode == -signal.SIGKILL, killed.stderr
    assert len(list((place / "broken").rglob("*.png"))) == 1
    assert not list((place / "broken").glob("cells/*.json"))
    assert bench(*call, "broken", cwd=place).returncode == 0
    assert scores(place / "broken") == scores(place / "whole")


def test_help_says_what_each_option_does(place: Path) -> None:
    done = bench("run", "--help", cwd=place)
    assert done.returncode == 0
    assert "gaussian:25" in done.stdout
    assert "quick" in done.stdout
