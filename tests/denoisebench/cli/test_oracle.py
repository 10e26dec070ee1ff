"""`--parameters oracle` from the command to the table, and what it refuses."""

import csv
import io
from pathlib import Path

import pytest
from bench import bench, make_images

TV = ("compare", "--methods", "identity,tv", "--datasets", "folder:test")


@pytest.fixture
def place(tmp_path: Path) -> Path:
    make_images(tmp_path / "test", 2, seed=2)
    return tmp_path


def test_an_oracle_is_no_worse_than_an_estimate_but_by_the_grid_and_says_what_it_took(
    place: Path,
) -> None:
    done = bench(*TV, "--parameters", "unknown,oracle", "--format", "csv", cwd=place)
    assert done.returncode == 0, done.stderr
    lines = list(csv.DictReader(io.StringIO(done.stdout)))
    psnr_db = {(x["method"], x["parameters"]): float(x["psnr_db"]) for x in lines if x["method"]}
    assert set(psnr_db) == {("identity", "unknown"), ("tv", "unknown"), ("tv", "oracle")}
    assert psnr_db["tv", "oracle"] > psnr_db["tv", "unknown"] - 0.01
    assert "identity declines gaussian:25 oracle: it makes the same image" in done.stderr
    again = bench("report", "--format", "table", cwd=place)
    assert "| oracle" in again.stdout.splitlines()[0]


def test_where_all_decline_there_is_a_line_and_no_table(place: Path) -> None:
    run = ("run", "--method", "identity", "--datasets", "folder:test", "--parameters", "oracle")
    for command in (run, ("report",)):
        done = bench(*command, cwd=place)
        assert done.returncode == 2
        assert "nothing to show: identity declines gaussian:25 oracle: it" in done.stderr


def test_levels_picked_under_one_protocol_are_not_scored_under_another(place: Path) -> None:
    bench(*TV[:2], "tv", *TV[3:], "--parameters", "oracle", "--keep-estimates", cwd=place)
    done = bench("rescore", "--protocol", "float:estimate=truncated", cwd=place)
    assert "its levels were picked under float-1; run it under" in done.stdout + done.stderr


def test_a_sweep_has_a_curve_of_the_oracle(place: Path) -> None:
    sweep = ("sweep", "--method", "identity,tv", "--datasets", "folder:test", "--points", "2")
    done = bench(*sweep, "--noise", "gaussian:15..35", "--parameters", "oracle", cwd=place)
    assert done.returncode == 0, done.stderr
    assert "oracle, protocol float-1" in done.stdout
    assert "parameters oracle" not in done.stdout


def test_weights_that_clean_images_picked_stand_under_oracle_beside_the_last_ones(
    place: Path,
) -> None:
    make_images(place / "train", 50, seed=7, side=32)
    run = ("run", "--method", "noise2noise", "--datasets", "folder:test", "--budget", "smoke")
    train = ("--train-set", "folder:train")
    last = bench(*run, *train, cwd=place)
    picked = bench(*run, *train, "--oracle-checkpoint", cwd=place)
    assert last.returncode == picked.returncode == 0, picked.stderr
    assert "Oracle checkpoint: of each training" in picked.stdout
    assert "trained, oracle checkpoint" in picked.stdout
    assert len(list((place / "results" / "trainings").iterdir())) == 2
    both = bench("report", "--format", "table", cwd=place).stdout
    assert "| oracle checkpoint" in both.splitlines()[0]
    assert "*" not in both.split("PSNR in dB")[0]


def test_an_oracle_checkpoint_needs_clean_images_to_hold_out_and_a_training(place: Path) -> None:
    run = ("run", "--method", "noise2noise", "--datasets", "folder:test", "--oracle-checkpoint")
    make_images(place / "train", 4, seed=7, side=32)
    few = bench(*run, "--budget", "smoke", "--train-set", "folder:train", cwd=place)
    assert few.returncode == 2
    assert "has no clean images to hold out; give a training set of 50 images or more" in few.stderr
    given = bench(*run, "--weights", "some.safetensors", cwd=place)
    assert given.returncode == 2
    assert "which --weights replaces" in given.stderr
