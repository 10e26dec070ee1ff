"""A dry run says into how many tiles a large image is cut, and what memory they take."""

from pathlib import Path

import numpy as np
import pytest
from bench import bench
from PIL import Image

LIMIT = ("--memory", "0.001", "--dry-run")
"""A megabyte."""


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """A folder `mine` with a small image and one of 200×150 pixels."""
    (tmp_path / "mine").mkdir()
    rng = np.random.default_rng(0)
    for name, shape in (("a", (40, 50)), ("b", (150, 200))):
        noisy = (100 + 20 * rng.standard_normal(shape)).clip(0, 255).astype(np.uint8)
        Image.fromarray(noisy).save(tmp_path / "mine" / f"{name}.png")
    return tmp_path


# nlm takes 64 bytes a pixel: 125² pixels, of which halos and the grid of 8 take 61 or fewer a side
TILES = "6 tiles of 80 pixels, about 0.00092 GB"
# and 16 bytes of each pixel from edge to edge
TILES_AND_ROWS = "20 tiles of 48 pixels, about 0.0009 GB"


@pytest.mark.parametrize("verb", ["run", "compare", "sweep"])
def test_of_cells(verb: str, place: Path) -> None:
    methods = {"run": "--method", "compare": "--methods", "sweep": "--methods"}[verb]
    call = (verb, methods, "nlm", "--noise", "gaussian:25", "--datasets", "folder:mine")
    done = bench(*call, *LIMIT, cwd=place)
    assert done.returncode == 0, done.stderr
    assert f"; 200×150 pixels in {TILES}" in done.stdout
    assert "tiles" not in bench(*call, "--dry-run", cwd=place).stdout


def test_what_is_not_tiled_says_nothing(place: Path) -> None:
    call = ("run", "--method", "tv", "--noise", "gaussian:25", "--datasets", "folder:mine")
    assert "tiles" not in bench(*call, *LIMIT, cwd=place).stdout


def test_of_a_ranking(place: Path) -> None:
    done = bench("rank", "--images", "mine", "--methods", "nlm", *LIMIT, cwd=place)
    assert f"; 200×150 pixels in {TILES}" in done.stdout


def test_of_own_images(place: Path) -> None:
    call = ("denoise", "mine/b.png", "--method", "nlm", "--noise", "gaussian:20")
    done = bench(*call, *LIMIT, cwd=place)
    assert done.returncode == 0, done.stderr
    assert f"; a plane in {TILES_AND_ROWS}; would be saved as" in done.stdout
    assert "20 tiles of 48" in bench(*call, "--tile", "50", "--dry-run", cwd=place).stdout
    assert "tiles" not in bench(*call, "--dry-run", cwd=place).stdout
