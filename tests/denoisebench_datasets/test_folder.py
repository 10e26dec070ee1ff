"""`folder:PATH`: the user's own images."""

import hashlib
from pathlib import Path

import imagecodecs
import numpy as np
import pytest
from PIL import Image

from denoisebench.errors import UserError
from denoisebench.images.pixels import to_gray
from denoisebench.specs import Spec, parse_spec
from denoisebench_datasets.local.folder import FolderSource
from denoisebench_datasets.reading.reader import read_image

RNG = np.random.default_rng(1)
GRAY = Image.fromarray(RNG.integers(0, 256, (8, 10), dtype=np.uint8))
RGB = Image.fromarray(RNG.integers(0, 256, (8, 10, 3), dtype=np.uint8))


def open_folder(path, options=""):
    return FolderSource().open(parse_spec(f"folder:{path}{options}"))


def test_images_come_in_the_order_of_their_names_with_the_hash_of_their_bytes(tmp_path: Path):
    for name in ("b.PNG", "a.jpeg", "c.Tif"):
        GRAY.save(tmp_path / name)
    GRAY.save(tmp_path / ".hidden.png")
    (tmp_path / "notes.txt").write_text("no image")
    (tmp_path / "below.png").mkdir()
    image_set = open_folder(tmp_path)
    assert [image.id for image in image_set.images] == ["a.jpeg", "b.PNG", "c.Tif"]
    for image in image_set.images:
        assert image.sha256 == hashlib.sha256((tmp_path / image.id).read_bytes()).hexdigest()
        np.testing.assert_array_equal(image.load(), read_image(tmp_path / image.id))


def test_gray_files_alone_are_a_gray_set(tmp_path: Path):
    GRAY.save(tmp_path / "a.png")
    assert open_folder(tmp_path).channels == 1


def test_one_colour_file_makes_a_colour_set_with_gray_repeated(tmp_path: Path):
    GRAY.save(tmp_path / "a.png")
    GRAY.convert("RGB").save(tmp_path / "b.png")  # equal channels, but stored as colour
    image_set = open_folder(tmp_path)
    assert image_set.channels == 3
    first, second = (image.load() for image in image_set.images)
    np.testing.assert_array_equal(first, second)


def test_channels_decide_when_given(tmp_path: Path):
    RGB.save(tmp_path / "a.png")
    gray = open_folder(tmp_path, ":channels=gray")
    colour = open_folder(tmp_path, ":channels=colour")
    assert (gray.channels, colour.channels) == (1, 3)
    np.testing.assert_array_equal(gray.images[0].load(), to_gray(colour.images[0].load()))
    assert gray.digest != colour.digest


def test_the_canonical_spec_is_the_path_as_typed_but_normalised(tmp_path: Path):
    GRAY.save(tmp_path / "a.png")
    image_set = open_folder(f"{tmp_path}/./x/..//", ":channels=gray")
    assert image_set.spec == f"folder:{tmp_path}:channels=gray"


def test_open_decodes_no_pixels(tmp_path: Path):
    data = imagecodecs.png_encode(np.zeros((8, 8), np.uint16))
    (tmp_path / "half.png").write_bytes(data[:-20])
    image = open_folder(tmp_path).images[0]
    with pytest.raises(UserError, match=r"half\.png cannot be read as an image"):
        image.load()


def test_a_file_that_changed_is_told(tmp_path: Path):
    GRAY.save(tmp_path / "a.png")
    image = open_folder(tmp_path).images[0]
    RGB.save(tmp_path / "a.png")
    with pytest.raises(UserError, match=r"a\.png changed after the set was opened"):
        image.load()


@pytest.mark.parametrize(
    ("spec", "reason"),
    [
        ("folder", "write folder:PATH"),
        ("folder:a:b", "write folder:PATH"),
        ("folder:sigma=25/x", "write folder:PATH"),
        ("folder:/none/here", "folder /none/here cannot be read: No such file"),
        ("folder:.:channels=red", "folder.channels is gray or colour, not 'red'"),
        ("folder:.:channel=gray", "'channel'; did you mean 'channels'"),
    ],
)
def test_a_bad_spec_is_one_line(spec: str, reason: str):
    with pytest.raises(UserError, match=reason):
        FolderSource().open(parse_spec(spec))


def test_a_comma_in_the_path_is_refused():
    with pytest.raises(UserError, match="PATH without ':', ',' or '='"):
        FolderSource().open(Spec("folder", ("a,b",)))


def test_a_folder_without_images_says_which_endings_are_read(tmp_path: Path):
    (tmp_path / "raw.cr2").write_bytes(b"raw")
    with pytest.raises(UserError, match=r"holds no image; the endings read are \.png \.jpg"):
        open_folder(tmp_path)


def test_an_unreadable_file_is_told_when_the_folder_is_opened(tmp_path: Path):
    Image.new("CMYK", (8, 8)).save(tmp_path / "print.jpg")
    with pytest.raises(UserError, match=r"print\.jpg is stored as CMYK; convert it"):
        open_folder(tmp_path)
