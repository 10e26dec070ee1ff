"""`bench plot images`: images of several methods in one figure."""

from pathlib import Path

import numpy as np
import pytest
from bench import bench, make_images
from PIL import Image

from denoisebench.figures.image_figure import Box, Panel, Row, parse_box, telling_box


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with results of two methods on two sets, their images saved."""
    place = tmp_path_factory.mktemp("place")
    for name in ("one", "two"):
        make_images(place / name, 2)
    sets = "folder:one,folder:two"
    asked = ("--methods", "identity,tv,wavelet", "--datasets", sets, "--save-images")
    assert bench("compare", *asked, cwd=place).returncode == 0
    return place


def test_the_box_is_where_the_denoised_images_differ() -> None:
    rng = np.random.default_rng(0)
    clean = rng.integers(0, 255, (100, 120, 3), dtype=np.uint8)
    other = clean.copy()
    other[60:80, 30:50] //= 2
    panels = [
        Panel(name, "", p) for name, p in zip("nabc", (clean, clean, other, clean), strict=True)
    ]
    box = telling_box(Row("01", panels))
    assert box.side == 24
    assert 26 <= box.x <= 30
    assert 56 <= box.y <= 60


def test_an_image_smaller_than_the_least_box_is_shown_whole() -> None:
    pixels = np.zeros((10, 16, 3), np.uint8)
    assert telling_box(Row("01", [Panel("n", "", pixels)] * 3)).side == 10


def test_a_crop_is_three_numbers() -> None:
    assert parse_box("10,20,64") == Box(10, 20, 64)


def test_the_figure_is_as_wide_as_a_page_and_the_same_each_time(place: Path) -> None:
    asked = ("plot", "images", "1", "0.png", "--dataset", "folder:one")
    for name in ("a.png", "b.png", "a.pdf", "b.pdf"):
        made = bench(*asked, "--out", name, cwd=place)
        assert made.returncode == 0, made.stderr
        assert made.stdout == f"saved as {name}\n"
    assert (place / "a.png").read_bytes() == (place / "b.png").read_bytes()
    assert (place / "a.pdf").read_bytes() == (place / "b.pdf").read_bytes()
    assert (place / "a.pdf").read_bytes().startswith(b"%PDF")
    with Image.open(place / "a.png") as figure:
        assert figure.width == 1074  # 7.16 inches at 150 dpi


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        ((), "choose one of these with --noise and --dataset"),
        (("9", "--dataset", "folder:one"), "unknown image '9'"),
        (("--crop", "1,2"), "--crop 1,2: give X,Y,SIDE in pixels"),
        (
            ("--crop", "40,0,30", "--dataset", "folder:one"),
            "is not inside 0.png, which has 48 x 48",
        ),
        (("--out", "a.jpg"), "give a file that ends in .png, .pdf or .svg"),
    ],
)
def test_bad_input_is_one_line(place: Path, arguments: tuple[str, ...], reason: str) -> None:
    made = bench("plot", "images", *arguments, cwd=place)
    assert made.returncode == 2
    assert reason in made.stderr
    assert made.stderr.count("\n") == 1


def test_results_without_pictures_say_which_option_saves_them(tmp_path: Path) -> None:
    make_images(tmp_path / "photos", 1)
    bench("run", "--method", "tv", "--datasets", "folder:photos", cwd=tmp_path)
    made = bench("plot", "images", cwd=tmp_path)
    assert made.returncode == 2
    assert "a run with --save-images saves them" in made.stderr
