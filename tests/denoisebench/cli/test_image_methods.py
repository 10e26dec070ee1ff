"""Methods that learn on the very image they denoise, from the command line."""

import json
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from bench import MAIN, bench, environment, make_images
from PIL import Image

QUICK = "zs-n2n:steps=4"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    make_images(tmp_path / "test", 2)
    return tmp_path


def cells(folder: Path) -> list[dict[str, Any]]:
    return [json.loads(path.read_text()) for path in sorted(folder.glob("results/cells/*.json"))]


def scores(folder: Path) -> list[dict[str, Any]]:
    """Of the only cell, but for the times."""
    (cell,) = cells(folder)
    return [{**score, "denoise_s": 0.0} for score in cell["scores"]]


def run(folder: Path, *options: str, method: str = QUICK) -> str:
    done = bench("run", "--method", method, "--datasets", "folder:test", *options, cwd=folder)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_a_result_has_the_steps_and_the_seconds_of_each_image(folder: Path) -> None:
    table = run(folder)
    (cell,) = cells(folder)
    assert cell["evidence"] == "image"
    assert (cell["train_set"], cell["budget"], cell["training"]) == ("", "", "")
    assert cell["network_parameters"] == 21_313
    assert [score["steps"] for score in cell["scores"]] == [4, 4]
    assert all(score["denoise_s"] > 0.0 for score in cell["scores"])
    note = r"Learned on each image while denoising it, mean over images:\s+zs-n2n:steps=4\s+gauss"
    assert re.search(note, table)
    assert re.search(r"4 steps\s+in\s+[\d.]+ s\.", table)


def test_compare_shows_it_by_its_evidence(folder: Path) -> None:
    done = bench(
        *("compare", "--methods", f"identity,tv,{QUICK}", "--datasets", "folder:test"),
        cwd=folder,
    )
    assert done.returncode == 0, done.stderr
    assert re.search(r"sees +nothing +\| image", done.stdout), done.stdout


def test_another_seed_begins_with_other_weights_and_noise(folder: Path) -> None:
    run(folder, "--seeds", "0,1")
    first, second = ([score["psnr_db"] for score in cell["scores"]] for cell in cells(folder))
    assert first != second


def test_the_budget_changes_nothing(folder: Path) -> None:
    ids = {run(folder, "--dry-run", *more).split()[1] for more in ((), ("--budget", "smoke"))}
    assert len(ids) == 1


def test_a_dry_run_says_that_it_takes_longer_than_a_network(folder: Path) -> None:
    Image.fromarray(np.zeros((512, 512), np.uint8)).save(folder / "test" / "big.png")
    assert "about 3 min" in run(folder, "--dry-run", method="zs-n2n")


def test_an_image_has_the_same_estimate_in_another_set(folder: Path) -> None:
    run(folder)
    both = {score["image"]: score["psnr_db"] for score in scores(folder)}
    (folder / "test" / "0.png").unlink()
    (folder / "results" / "cells").rename(folder / "both")
    run(folder)
    (left,) = scores(folder)
    assert left["psnr_db"] == both[left["image"]]


def test_workers_make_the_same(folder: Path) -> None:
    run(folder)
    alone = scores(folder)
    (folder / "results" / "cells").rename(folder / "alone")
    run(folder, "--workers", "2")
    assert scores(folder) == alone


def test_rank_takes_it(folder: Path) -> None:
    done = bench(
        *("rank", "--methods", f"tv,{QUICK}", "--datasets", "folder:test"),
        *("--noise", "gaussian:25"),
        cwd=folder,
    )
    assert done.returncode == 0, done.stderr
    assert QUICK in done.stdout


def test_denoise_takes_it(folder: Path) -> None:
    rng = np.random.default_rng(0)
    clean = np.asarray(Image.open(folder / "test" / "0.png"), np.float64)
    noisy = np.clip(clean + rng.normal(0, 20, clean.shape), 0, 255).astype(np.uint8)
    Image.fromarray(noisy).save(folder / "noisy.png")
    given = ("denoise", "noisy.png", "--method", QUICK, "--noise", "gaussian:20", "--out")
    for out in ("one", "two"):
        done = bench(*given, out, cwd=folder)
        assert done.returncode == 0, done.stderr
        assert QUICK in done.stdout
    one, two = (np.asarray(Image.open(folder / out / "noisy.png")) for out in ("one", "two"))
    assert one.shape == clean.shape
    assert not np.array_equal(one, noisy)
    assert np.array_equal(one, two)


@pytest.mark.parametrize(
    "given",
    [
        ("run", "--method", QUICK, "--datasets", "folder:test", "--weights", "w.safetensors"),
        ("denoise", "test", "--method", QUICK, "--weights", "train", "--noise", "gaussian:9"),
    ],
)
def test_weights_are_refused(folder: Path, given: tuple[str, ...]) -> None:
    done = bench(*given, cwd=folder)
    assert done.returncode == 2
    assert "zs-n2n learns on each image by itself; leave it out" in done.stderr


def test_show_says_how_it_learns() -> None:
    done = bench("show", "method", "zs-n2n", cwd=Path())
    assert "at most 2000 steps on each image" in done.stdout
    assert "22,275 in colour" in done.stdout


def started(folder: Path, method: str) -> "subprocess.Popen[str]":
    call = [sys.executable, "-c", MAIN, "run", "--method", method, "--datasets", "folder:test"]
    pipes = {"stdout": subprocess.DEVNULL, "stderr": subprocess.PIPE}
    return subprocess.Popen(call, cwd=folder, env=environment(), text=True, **pipes)


def wait_for_scores(folder: Path, count: int) -> None:
    for _ in range(1200):
        lines = [path.read_text().count("\n") for path in folder.glob("results/cells/*.unfinished")]
        if sum(lines) >= count:
            return
        time.sleep(0.1)
    raise AssertionError(f"{count} images were not scored in two minutes")


def test_it_is_killed_and_goes_on_between_images(folder: Path) -> None:
    method = "zs-n2n:steps=100"
    make_images(folder / "test", 3)
    process = started(folder, method)
    wait_for_scores(folder, 1)
    process.kill()
    process.wait()
    (journal,) = folder.glob("results/cells/*.unfinished")
    kept = [json.loads(line) for line in journal.read_text().splitlines()]
    assert 1 <= len(kept) < 3
    run(folder, method=method)
    resumed, (cell,) = scores(folder), cells(folder)
    assert cell["scores"][0]["denoise_s"] == kept[0]["denoise_s"]  # it was not denoised again
    (folder / "results").rename(folder / "before")
    run(folder, method=method)
    assert scores(folder) == resumed


def test_ctrl_c_ends_it_within_an_image(folder: Path) -> None:
    Image.fromarray(np.zeros((48, 48), np.uint8)).save(folder / "test" / "0.png")
    process = started(folder, "zs-n2n:steps=1000000")
    for _ in range(1200):
        if list(folder.glob("results/claims/*")):
            break
        time.sleep(0.1)
    time.sleep(2.0)  # now it learns
    begin = time.monotonic()
    os.kill(process.pid, signal.SIGINT)
    _, said = process.communicate(timeout=60)
    assert process.returncode == 130
    assert "Traceback" not in said
    assert time.monotonic() - begin < 20.0  # of a machine that is busy with other tests
