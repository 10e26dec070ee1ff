"""`--seeds 0,1,2`: a cell for each, one line of the table, and nothing computed twice."""

import csv
import io
from pathlib import Path

import pytest
from bench import bench, make_images

IDENTITY = ("run", "--method", "identity", "--datasets", "folder:test", "--format", "csv")


@pytest.fixture
def place(tmp_path: Path) -> Path:
    make_images(tmp_path / "test", 3)
    return tmp_path


def test_each_seed_is_a_cell_and_their_mean_is_one_line(place: Path) -> None:
    done = [bench(*IDENTITY, "--seed", seed, "--out", seed, cwd=place) for seed in ("0", "1")]
    one, other = (next(csv.DictReader(io.StringIO(each.stdout))) for each in done)
    assert (one["seed"], other["seed"]) == ("0", "1")
    both = bench(*IDENTITY, "--seeds", "0,1", "--out", "0", cwd=place)
    (line,) = csv.DictReader(io.StringIO(both.stdout))
    assert (line["seed"], line["images"]) == ("0 1", "3")
    mean = (float(one["psnr_db"]) + float(other["psnr_db"])) / 2
    assert float(line["psnr_db"]) == pytest.approx(mean, abs=1e-4)
    names = [{path.name for path in (place / seed / "cells").iterdir()} for seed in "01"]
    assert names[1] < names[0]
    assert len(names[0]) == 2


def test_a_plan_names_the_seed_of_each_cell_and_a_settings_file_may_list_them(place: Path) -> None:
    (place / "seeds.toml").write_text("seeds = [0, 7]\n")
    done = bench(*IDENTITY, "--config", "seeds.toml", "--dry-run", cwd=place)
    cells = [line for line in done.stdout.splitlines() if line.startswith("cell")]
    assert [line.split(", seed ")[1][0] for line in cells] == ["0", "7"]
    (place / "seed.toml").write_text("seed = 7\n")
    done = bench(*IDENTITY, "--config", "seed.toml", "--dry-run", cwd=place)
    assert "seed" not in done.stdout
    assert done.stdout.startswith(cells[1].split()[0] + "     " + cells[1].split()[1])


@pytest.mark.parametrize(
    ("seeds", "said"),
    [
        ("0,-1", "'-1' is not in 0..4294967295"),
        ("0,x", "'x' is not a whole number"),
        ("0,0", "names '0' twice"),
        ("0,00", "seed 0 is named twice"),
        ("0,", "has an empty item"),
    ],
)
def test_seeds_that_are_none_are_refused_in_a_line(place: Path, seeds: str, said: str) -> None:
    done = bench(*IDENTITY, "--seeds", seeds, cwd=place)
    assert done.returncode == 2
    assert said in done.stderr
    assert len(done.stderr.splitlines()) == 1
