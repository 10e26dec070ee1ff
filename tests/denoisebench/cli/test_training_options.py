"""Trainings on given pairs, on other noise, from weights: run as a user does."""

import json
from pathlib import Path

import numpy as np
import pytest
from bench import bench, make_images

RUN = ("run", "--method", "noise2noise", "--budget", "smoke", "--format", "json")


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two folders of noisy copies of the same scenes, and other images to test on."""
    place = tmp_path_factory.mktemp("options")
    make_images(place / "test", 2, seed=1)
    make_images(place / "scenes", 3, seed=2)
    rng = np.random.default_rng(0)
    for name in ("a", "b"):
        (place / name).mkdir()
        for number in range(3):
            scene = rng.random((48, 48), dtype=np.float32) * 0.1 + 0.2 * number
            np.save(place / name / f"{number}.npy", scene)
    return place


def summary(stdout: str) -> list[dict[str, object]]:
    lines: list[dict[str, object]] = json.loads(stdout)["summary"]
    return lines


def training(out: Path) -> Path:
    (folder,) = (out / "trainings").iterdir()
    return folder


def test_pairs_of_noisy_images_from_disk_are_trained_on(place: Path) -> None:
    out = place / "pairs"
    done = bench(
        *RUN, "--train-set", "pairs:a:b", "--datasets", "folder:test", "--out", "pairs", cwd=place
    )
    assert done.returncode == 0, done.stderr
    assert "second folder are taken as second noisy copies" in done.stderr
    (line,) = summary(done.stdout)
    assert (line["evidence"], line["train_set"]) == ("noisy-pairs", "pairs:a:b")
    assert json.loads((training(out) / "recipe.json").read_text())["train_set"] == "pairs:a:b"


def test_a_training_goes_on_from_weights(place: Path) -> None:
    common = (*RUN, "--train-set", "folder:scenes", "--datasets", "folder:test")
    first = bench(*common, "--steps", "80", "--out", "first", cwd=place)
    assert first.returncode == 0, first.stderr
    weights = training(place / "first") / "weights.safetensors"
    start = str(weights.relative_to(place))
    second = bench(*common, "--start", start, "--out", "second", cwd=place)
    assert second.returncode == 0, second.stderr
    (line,) = summary(second.stdout)
    assert line["weights"] == f"trained from {weights.parent.name}"
    losses = [
        json.loads((training(place / out) / "history.json").read_text())[0]["loss"]
        for out in ("first", "second")
    ]
    assert losses[1] < 0.9 * losses[0]


def test_trained_on_one_noise_and_tested_on_another(place: Path) -> None:
    done = bench(
        *RUN,
        *("--source-noise", "gaussian:0..50", "--target-noise", "gaussian:5"),
        *("--train-set", "folder:scenes", "--datasets", "folder:test", "--out", "noises"),
        cwd=place,
    )
    assert done.returncode == 0, done.stderr
    (line,) = summary(done.stdout)
    assert line["noise"] == "gaussian:25"
    assert line["draws"] == "fixed, gaussian:0..50 to gaussian:5"


@pytest.mark.parametrize(
    ("options", "text"),
    [
        (("--start", "none.safetensors"), "weights none.safetensors: No such file"),
        (("--start", "x", "--weights", "y"), "give only one"),
        (("--method", "tv", "--weights", "y"), "--weights y: tv learns nothing; leave it out"),
        (("--source-noise", "gausian:5"), "unknown noise model 'gausian'; did you mean"),
        (("--target-noise", "gaussian:9..5"), "the range runs backwards"),
    ],
)
def test_what_is_wrong_is_told_in_a_line(place: Path, options: tuple[str, ...], text: str) -> None:
    done = bench(*RUN, *options, "--datasets", "folder:test", "--out", "wrong", cwd=place)
    assert done.returncode == 2
    assert text in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1


def test_why_a_cell_is_missing_stands_beneath_the_saved_table(place: Path) -> None:
    done = bench(
        *("compare", "--methods", "identity,pure", "--datasets", "folder:test", "--out", "why"),
        cwd=place,
    )
    assert done.returncode == 0, done.stderr
    table = (place / "why" / "table.txt").read_text(encoding="utf-8")
    assert "–: pure declines gaussian:25 known: it is for poisson noise" in table
    assert table.strip() == done.stdout.strip()


def test_a_method_that_declines_everything_is_one_line(place: Path) -> None:
    done = bench("run", "--method", "pure", "--datasets", "folder:test", cwd=place)
    assert done.returncode == 2
    assert done.stderr.startswith("bench: nothing to compute: pure declines gaussian:25 known: ")
    assert len(done.stderr.strip().splitlines()) == 1
