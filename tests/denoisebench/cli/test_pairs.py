"""`bench noise write` and `pairs:`: from files the same numbers as from memory."""

import json
import shlex
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from bench import bench, make_images

TRAIN = ("--train-set", "folder:train", "--crop", "32", "--batch", "4", "--steps", "3")
PAIRS = "pairs:w/folder_test/noisy_25:w/folder_test/clean"


@pytest.fixture
def place(tmp_path: Path) -> Path:
    make_images(tmp_path / "train", 3, seed=1)
    make_images(tmp_path / "test", 2, seed=2)
    return tmp_path


def scores(out: Path) -> dict[tuple[str, str], list[dict[str, Any]]]:
    """Method and data set of each cell -> its images' scores, without times and endings."""
    cells = [json.loads(path.read_text()) for path in (out / "cells").glob("*.json")]
    return {
        (c["method"], c["dataset"]): [
            s | {"denoise_s": None, "image": Path(s["image"]).stem} for s in c["scores"]
        ]
        for c in cells
    }


def write(place: Path, *arguments: str) -> list[str]:
    done = bench("noise", "write", *arguments, "--out", "w", cwd=place)
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()


def test_scores_from_written_files_are_those_from_memory(place: Path) -> None:
    (line,) = write(place, "gaussian:25", "--datasets", "folder:test")
    assert line == f"bench run --method noise2score --noise gaussian:25 --datasets {PAIRS}"
    done = bench(
        *("compare", "--methods", "identity,noise2score", "--datasets", f"folder:test,{PAIRS}"),
        *TRAIN,
        cwd=place,
    )
    assert done.returncode == 0, done.stderr
    assert f"{PAIRS}: its noisy images are used as given and taken for gaussian:25" in done.stderr
    got = scores(place / "results")
    for method in ("identity", "noise2score"):
        from_memory, from_files = got[method, "folder:test"], got[method, PAIRS]
        assert from_files == from_memory
        assert [score["level"] for score in from_files] == [25.0, 25.0]
    assert got["identity", PAIRS] != got["noise2score", PAIRS]


def test_folders_have_the_official_names_and_the_printed_commands_work(place: Path) -> None:
    noises = "gaussian:25,poisson:0.01,gamma:100,gaussian:5..50"
    lines = write(place, noises, "--datasets", "folder:test,samples:part=test")
    names = {"clean", "noisy_25", "noisy_0.01", "noisy_g_100", "noisy_5..50"}
    for data_set in ("folder_test", "samples"):
        assert {path.name for path in (place / "w" / data_set).iterdir()} == names
    stored = np.load(place / "w" / "samples" / "noisy_g_100" / "coffee.npy")
    assert (stored.dtype, stored.shape) == (np.float32, (400, 600, 3))
    assert np.load(place / "w" / "folder_test" / "clean" / "0.npy").shape == (48, 48)
    assert len(lines) == 8
    for line in (lines[1], lines[3]):
        arguments = shlex.split(line)[1:]
        done = bench(*arguments, *TRAIN, "--dry-run", cwd=place)
        assert done.returncode == 0, done.stderr
    assert lines[3].count("--parameters unknown") == 1


def test_writing_again_is_fine_and_other_pixels_are_never_overwritten(place: Path) -> None:
    call = ("gaussian:25", "--datasets", "folder:test")
    (line,) = write(place, *call, "--dry-run")
    assert line == "2 images into w/folder_test/noisy_25 and w/folder_test/clean"
    assert not (place / "w").exists()
    write(place, *call)
    before = {path: path.read_bytes() for path in (place / "w").rglob("*.*")}
    write(place, *call)
    done = bench("noise", "write", *call, "--seed", "1", "--out", "w", cwd=place)
    assert done.returncode == 2
    assert "noisy_25/0.npy is there and holds other pixels; give another --out" in done.stderr
    assert {path: path.read_bytes() for path in (place / "w").rglob("*.*")} == before


def test_given_noisy_images_are_trained_on(place: Path) -> None:
    write(place, "gaussian:25", "--datasets", "folder:test,folder:train")
    given = "pairs:w/folder_train/noisy_25:w/folder_train/clean"
    call = ("run", "--method", "supervised", "--datasets", "folder:test", *TRAIN)
    assert bench(*call, cwd=place).returncode == 0
    again = bench(*call, "--train-set", given, "--out", "files", cwd=place)
    assert again.returncode == 0, again.stderr
    assert scores(place / "files") == scores(place / "results")  # the same images, so weights
    done = bench(
        *("run", "--method", "noise2score", "--datasets", PAIRS, *TRAIN, "--train-set", "test"),
        *("--format", "csv", "--out", "transductive"),
        cwd=place,
    )
    assert done.returncode == 0, done.stderr
    assert "test (transductive)" in done.stdout


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("noise", "write", "gausian:25", "--out", "w"), "did you mean 'gaussian'?"),
        (("noise", "write", "gaussian:25"), "Missing option '--out'"),
        (("noise", "write", "gaussian:25", "--out", "a=b"), "give a folder without ':', ',' or"),
        (
            ("noise", "write", "gaussian:25", "--datasets", "folder:test", "--out", "file"),
            "file/folder_test/clean/0.npy cannot be written: Not a directory",
        ),
        (("run", "--method", "identity", "--datasets", "pairs:test"), "write pairs:NOISY_DIR:CL"),
        (
            ("run", "--method", "identity", "--datasets", "pairs:test:train"),
            "train/2.png has no partner test/2.*",
        ),
        (
            (
                "run",
                "--method",
                "identity",
                "--datasets",
                "pairs:test:test",
                "--noise=gamma:40..90",
            ),
            "give the one level they have, as --noise gamma:40, or --parameters unknown",
        ),
    ],
)
def test_bad_input_is_one_line_and_status_2(
    place: Path, arguments: tuple[str, ...], said: str
) -> None:
    (place / "file").write_text("precious")
    done = bench(*arguments, cwd=place)
    assert done.returncode == 2, done.stderr
    assert said in done.stderr
    assert "Traceback" not in done.stderr
    assert (place / "file").read_text() == "precious"


def test_an_image_that_does_not_tell_its_level_is_left_out_and_a_set_of_such_ones_fails(
    place: Path,
) -> None:
    write(place, "gaussian:25", "--datasets", "folder:test")
    dim = 1e-6 * np.random.default_rng(0).random((64, 64)).astype(np.float32)
    for folder in ("noisy_25", "clean"):
        np.save(place / "w/folder_test" / folder / "dim.npy", dim)
    call = ("compare", "--methods", "identity,tv", "--parameters", "unknown", "--datasets", PAIRS)
    done = bench(*call, cwd=place)
    assert done.returncode == 0
    assert "whose noise level cannot be told: dim.npy." in " ".join(done.stdout.split())
    for path in (place / "w/folder_test").glob("*/[0-9]*.npy"):
        path.unlink()
    done = bench(*call, cwd=place)
    assert done.returncode == 1
    assert (
        f": tv on {PAIRS}, gaussian:25: dim.npy: its level of gaussian noise cannot be told"
        " (out of range: σ is below 0.01): give the level, as --noise gaussian:5, or leave the"
        " image out"
    ) in done.stderr


def test_a_told_level_that_the_images_contradict_is_noted_once_and_kept(place: Path) -> None:
    write(place, "gaussian:25", "--datasets", "folder:test")
    call = ("compare", "--methods", "identity,tv", "--datasets", PAIRS)
    for told, noted in (("gaussian:0.098", 1), ("gaussian:60", 1), ("gaussian:25", 0)):
        for _ in ("computed", "found again"):
            done = bench(*call, "--noise", told, cwd=place)
            assert done.returncode == 0, done.stderr
            said = f"{PAIRS}: its noisy images look like gaussian:2"
            assert done.stderr.count(said) == noted, done.stderr
            assert done.stderr.count(f", and {told} was told (correlated noise") == noted


def test_a_result_says_whether_estimated_levels_have_the_unit_of_the_noise(place: Path) -> None:
    call = ("run", "--method", "tv", "--parameters", "unknown", "--datasets", "folder:test")
    for noise, comparable in (("poisson:0.05", False), ("correlated:25:1", True)):
        out = ("--out", noise.partition(":")[0])
        done = bench(*call, *out, "--noise", noise, "--source-noise", "gaussian:5..55", cwd=place)
        assert done.returncode == 0, done.stderr
        (path,) = (place / out[1] / "cells").glob("*.json")
        assert json.loads(path.read_text())["same_level_unit"] is comparable
