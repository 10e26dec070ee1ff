"""`white` from the command line: asked for once a set, taken by every verb, part of the result."""

import re

import numpy as np
import pytest
import tifffile
from bench import bench

ROWS, COLUMNS = np.mgrid[:48, :56] / 48
RNG = np.random.default_rng(6)


@pytest.fixture
def place(tmp_path):
    """camera/: two images of 12 bits in 16; counts/: the same as floats."""
    for number in range(2):
        counts = 1500 + 800 * ROWS * COLUMNS + RNG.normal(0, 60, ROWS.shape) + number
        for folder, stored in (("camera", np.uint16(counts)), ("counts", np.float32(counts))):
            (tmp_path / folder).mkdir(exist_ok=True)
            tifffile.imwrite(tmp_path / folder / f"{number}.tif", stored)
    return tmp_path


@pytest.mark.parametrize(
    "command",
    [
        ("estimate", "folder:camera"),
        ("run", "--method", "identity", "--datasets", "folder:camera"),
        ("rank", "--datasets", "noisy:camera", "--methods", "identity"),
        ("datasets", "pack", "camera", "--out", "x.pack", "--min-side", "1"),
    ],
    ids=lambda command: command[0],
)
def test_data_of_fewer_bits_than_stored_are_noted_once(place, command):
    done = bench(*command, cwd=place)
    assert done.returncode == 0, done.stderr
    assert done.stderr.count("if these are 12-bit data, give :white=4095 with the set") == 1


def test_counts_are_refused_and_then_scored_as_another_set(place):
    asked = ("run", "--method", "identity", "--format", "csv", "--datasets")
    refused = bench(*asked, "folder:counts", cwd=place)
    assert refused.returncode == 2
    assert "counts/0.tif holds values from " in refused.stderr
    assert refused.stderr.count("\n") == 1
    for white in ("4095", "auto"):
        done = bench(*asked, f"folder:counts:white={white}", cwd=place)
        assert done.returncode == 0, done.stderr
        assert "12-bit" not in done.stderr
    stored = bench("report", "--format", "csv", cwd=place)
    assert stored.returncode == 0, stored.stderr
    assert "folder:counts:white=4095" in stored.stdout
    assert len(set(re.findall(r"folder:counts:white=[\d.]+", stored.stdout))) == 2


def test_a_pack_is_made_by_white_and_black(place):
    options = ("--out", "x.pack", "--min-side", "1")
    refused = bench("datasets", "pack", "counts", *options, cwd=place)
    assert refused.returncode == 2
    assert "say what is white" in refused.stderr
    made = bench(
        "datasets", "pack", "counts", *options, "--white", "auto", "--black", "100", cwd=place
    )
    assert made.returncode == 0, made.stderr
    assert bench("datasets", "verify", "pack:x.pack", cwd=place).returncode == 0
