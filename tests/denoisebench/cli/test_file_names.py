"""Image files of any name: read, shown with what is odd escaped, and stored so."""

import csv
import os
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from a_result import RESULT
from bench import bench
from PIL import Image

from denoisebench.results.store import read_cells, write_cell

ODD = {b"caf\xe9.png": r"caf\xe9.png", b"b\x1b]0;x\x07\n.png": r"b\x1b]0;x\x07\x0a.png"}


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """d/: two images, of a name that is no UTF-8 and of one that steers a terminal."""
    (tmp_path / "d").mkdir()
    rows, columns = np.mgrid[:32, :32] / 32
    Image.fromarray(np.uint8(255 * rows * columns)).save(tmp_path / "a.png")
    for number, name in enumerate(ODD):
        data = Image.fromarray(np.uint8(np.rint(200 * rows + number)))
        try:
            data.save(tmp_path / "d" / os.fsdecode(name), "PNG")
        except OSError:
            pytest.skip("this file system takes UTF-8 names alone")
    return tmp_path


def test_results_and_pictures_have_names_that_can_be_shown(place):
    done = bench("run", "--method", "tv", "--datasets", "folder:d", "--save-images", cwd=place)
    assert done.returncode == 0, done.stderr
    (cell,) = read_cells(place / "results")
    assert {score.image for score in cell.scores} == set(ODD.values())
    (levels,) = place.glob("results/pictures/*/*/*/levels.csv")
    with levels.open(newline="", encoding="utf-8") as file:
        assert {line["image"] for line in csv.DictReader(file)} == set(ODD.values())
    pictures = {path.name for path in levels.parent.glob("*.png")}
    assert pictures == {"caf_xe9.png", "b_x1b_0_x_x07_x0a.png"}
    again = bench("run", "--method", "tv", "--datasets", "folder:d", "--save-images", cwd=place)
    assert again.stdout == done.stdout
    assert "1/2" not in again.stderr


def test_a_pack_holds_them_and_names_those_it_leaves_out(place):
    (place / "d" / os.fsdecode(b"bad\xff\x1b[2J.png")).write_bytes(b"no image")
    done = bench("datasets", "pack", "d", "--out", "x.pack", "--min-side", "1", cwd=place)
    assert done.returncode == 0, done.stderr
    assert "x.pack: 2 gray images" in done.stdout
    assert r"  d/bad\xff\x1b[2J.png is not a PNG" in done.stdout
    assert bench("datasets", "verify", "pack:x.pack", cwd=place).returncode == 0


def test_messages_escape_them(place):
    (place / "d" / os.fsdecode(b"bad\xff\x1b[2J.png")).write_bytes(b"no image")
    done = bench("estimate", "d", cwd=place)
    assert done.returncode == 1
    assert r"bench: d/bad\xff\x1b[2J.png is not a TIFF" in done.stderr


def test_a_folder_in_a_spec_has_a_name_that_can_be_stored(place):
    odd = os.fsdecode(b"d\xe9")
    (place / "d").rename(place / odd)
    done = bench("run", "--method", "tv", "--datasets", f"folder:{odd}", cwd=place)
    assert done.returncode == 2
    assert r"'folder:d\udce9' holds characters that cannot be shown" in done.stderr


@pytest.mark.parametrize("name", ["a: b.png", "day 2, slide=3.png", os.fsdecode(b"caf\xe9.png")])
def test_one_file_of_any_name_is_estimated_and_previewed_and_no_other_is_read(place, name):
    folder = place / "day 2, slide:3"
    folder.mkdir()
    (place / "a.png").rename(folder / name)
    (folder / "beside.png").write_bytes(b"no image")
    given = f"day 2, slide:3/{name}"
    done = bench("estimate", given, cwd=place)
    assert done.returncode == 0, done.stderr
    shown = given.replace("\udce9", r"\xe9")
    assert done.stdout.startswith(f"{shown}  ")
    assert len(done.stdout.splitlines()) == 1
    preview = bench("noise", "preview", "gaussian:25", "--image", given, cwd=place)
    assert preview.returncode == 0, preview.stderr
    everything = bench("estimate", "day 2, slide:3", cwd=place)
    assert everything.returncode == 1
    assert "beside.png is not a TIFF" in everything.stderr


def test_a_table_of_strange_results_does_not_steer_the_terminal(tmp_path):
    write_cell(tmp_path / "results", replace(RESULT, dataset="\x1b]0;title\x07set"))
    for form in ("table", "csv", "markdown"):
        done = bench("report", "--format", form, cwd=tmp_path)
        assert done.returncode == 0, done.stderr
        assert "\x1b" not in done.stdout
        assert r"\x1b" in done.stdout
