"""`pack:FILE` and how a pack is made: every pixel as it was, and damage told in one line."""

import hashlib
import json
import struct
from pathlib import Path

import numpy as np
import pytest
import tifffile
from PIL import Image

from denoisebench.errors import UserError
from denoisebench.images.channels import COLOUR, GRAY
from denoisebench.images.image_set import ImageSet
from denoisebench.images.pixels import pixel_hash, to_gray
from denoisebench.images.verify import verify
from denoisebench.plugin.image_source import PackChoice
from denoisebench.specs import parse_spec
from denoisebench_datasets.packs.file_format import smallest
from denoisebench_datasets.packs.source import PackSource
from denoisebench_datasets.reading.reader import read_image

RNG = np.random.default_rng(4)
ANY = PackChoice(1)


def quiet(progress):
    del progress


def levels(*shape, dtype=np.uint8):
    return RNG.integers(0, np.iinfo(dtype).max, shape, dtype=dtype, endpoint=True)


def save(path: Path, values) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    if values.dtype == np.uint8:
        Image.fromarray(values).save(path)
    else:
        tifffile.imwrite(path, values)
    return path


def pack(folder: Path, choice: PackChoice = ANY, name: str = "x.pack"):
    return PackSource().pack(folder, folder.parent / name, choice, quiet)


def reopened(image_set: ImageSet) -> ImageSet:
    return PackSource().open(parse_spec(image_set.spec))


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    folder = tmp_path / "photos"
    save(folder / "b.png", levels(12, 10, 3))
    save(folder / "a" / "z.png", levels(9, 20, 3))
    save(folder / "c.tif", levels(11, 13, 3, dtype=np.uint16))
    save(folder / ".hidden.png", levels(8, 8))
    save(folder / ".thumbs" / "b.png", levels(8, 8))
    (folder / "notes.txt").write_text("no image")
    return folder


def test_images_come_back_bit_for_bit_from_all_folders_in_the_order_of_their_paths(photos: Path):
    image_set = reopened(pack(photos).image_set)
    assert [image.id for image in image_set.images] == ["a/z.png", "b.png", "c.tif"]
    assert image_set.channels == COLOUR
    for image in image_set.indexed:
        pixels = image.load()
        np.testing.assert_array_equal(pixels, read_image(photos / image.id))
        assert image.size == pixels.shape[1:]
        assert image.pixel_sha256 == pixel_hash(pixels)
        assert image.sha256 == hashlib.sha256((photos / image.id).read_bytes()).hexdigest()


def test_the_luma_of_a_pack_is_that_of_the_files_and_is_known_unread(photos: Path):
    gray = PackSource().open(parse_spec(f"{pack(photos).image_set.spec}:channels=gray"))
    assert gray.channels == GRAY
    for image in gray.indexed:
        np.testing.assert_array_equal(image.load(), to_gray(read_image(photos / image.id)))
        assert image.pixel_sha256 == pixel_hash(image.load())


@pytest.mark.parametrize(
    ("pixels", "kind"),
    [
        (np.float32([0, 1, 7]) / np.float32(255), "uint8"),
        (np.float32([0, 257, 65535]) / np.float32(65535), "uint8"),
        (np.float32([0, 1, 258]) / np.float32(65535), "uint16"),
        (np.float32([0.1234567]), "float32"),
        (np.float32([0.0, 1.5]), "float32"),
        (np.float32([-0.25]), "float32"),
    ],
)
def test_an_image_is_stored_in_the_smallest_type_that_loses_nothing(pixels, kind):
    assert smallest(pixels.reshape(1, 1, -1))[0] == kind


def test_every_8_and_16_bit_value_and_any_float_survives(tmp_path: Path):
    folder = tmp_path / "all"
    save(folder / "8.png", np.arange(256, dtype=np.uint8).reshape(16, 16))
    save(folder / "16.tif", np.arange(65536, dtype=np.uint16).reshape(256, 256))
    save(folder / "float.tif", RNG.normal(size=(9, 7)).astype(np.float32))
    made = pack(folder)
    assert made.image_set.channels == GRAY
    for image in made.image_set.images:
        np.testing.assert_array_equal(image.load(), read_image(folder / image.id))
    assert made.file_bytes < 256 + 2 * 65536 + 4 * 63 + 2000


def test_one_colour_file_makes_a_colour_pack_with_gray_repeated(tmp_path: Path):
    gray = save(tmp_path / "photos" / "a.tif", levels(8, 9, dtype=np.uint16))
    save(tmp_path / "photos" / "b.png", levels(8, 9, 3))
    made = pack(tmp_path / "photos").image_set
    assert made.channels == COLOUR
    np.testing.assert_array_equal(made.images[0].load(), np.repeat(read_image(gray), 3, axis=0))
    luma = PackSource().open(parse_spec(f"{made.spec}:channels=gray"))
    assert [i.pixel_sha256 for i in luma.indexed] == [pixel_hash(i.load()) for i in luma.images]


@pytest.mark.parametrize("channels", [GRAY, COLOUR])
def test_channels_decide_when_given(photos: Path, channels: int):
    save(photos / "gray.png", levels(8, 8))
    made = reopened(pack(photos, PackChoice(1, channels=channels)).image_set)
    assert made.channels == channels
    for image in made.indexed:
        assert image.load().shape[0] == channels
        assert image.pixel_sha256 == pixel_hash(image.load())
    assert verify(made, quiet) == []


def test_both_sides_must_lie_within_the_limits_which_count_as_within(tmp_path: Path):
    folder = tmp_path / "photos"
    for height, width in [(8, 20), (7, 20), (20, 8), (21, 8), (8, 21), (12, 12)]:
        save(folder / f"{height}x{width}.png", levels(height, width))
    made = pack(folder, PackChoice(8, 20))
    assert [image.id for image in made.image_set.images] == ["12x12.png", "20x8.png", "8x20.png"]
    assert made.left_out == {
        "too small": ["7x20.png is 20×7 pixels"],
        "too large": ["21x8.png is 8×21 pixels", "8x21.png is 21×8 pixels"],
    }


def test_what_cannot_be_used_and_what_is_there_twice_is_left_out_and_named(photos: Path):
    first = read_image(photos / "b.png")
    save(photos / "copy.tif", (first.transpose(1, 2, 0) * 255).round().astype(np.uint8))
    (photos / "half.png").write_bytes((photos / "b.png").read_bytes()[:-30])
    Image.new("RGBA", (8, 8), (1, 2, 3, 4)).save(photos / "glass.png")
    made = pack(photos)
    assert len(made.image_set.images) == 3
    assert made.left_out["there twice"] == ["copy.tif has the pixels of b.png"]
    glass, half = made.left_out["not usable"]
    assert "glass.png has transparent pixels" in glass
    assert "half.png cannot be read as an image" in half


def test_a_gray_image_and_the_same_in_three_channels_are_one(tmp_path: Path):
    values = levels(8, 9)
    save(tmp_path / "photos" / "a.png", values)
    save(tmp_path / "photos" / "b.png", np.stack([values] * 3, axis=2))
    assert pack(tmp_path / "photos").left_out == {"there twice": ["b.png has the pixels of a.png"]}


def only(folder: Path, name: str) -> list[str]:
    return [path.name for path in folder.iterdir() if path.name != name]


def test_nothing_is_left_behind_when_packing_is_interrupted(photos: Path):
    def interrupt(progress):
        if progress.done == 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        PackSource().pack(photos, photos.parent / "x.pack", ANY, interrupt)
    assert only(photos.parent, "photos") == []


def test_a_pack_is_never_written_over(photos: Path):
    made = pack(photos)
    before = (photos.parent / "x.pack").read_bytes()
    with pytest.raises(UserError, match=r"x\.pack exists already; remove it"):
        pack(photos)
    assert (photos.parent / "x.pack").read_bytes() == before
    assert made.file_bytes == len(before)


@pytest.mark.parametrize(
    ("choice", "name", "reason"),
    [
        (PackChoice(500), "x.pack", r"no image of .* is left to pack \(3 too small; a/z\.png is"),
        (ANY, "none/x.pack", r"none/x\.pack cannot be written: No such file"),
        (ANY, "a,b.pack", "FILE without ':', ',' or '='"),
    ],
)
def test_what_cannot_be_packed_is_one_line(photos: Path, choice, name: str, reason: str):
    with pytest.raises(UserError, match=reason):
        pack(photos, choice, name)
    assert only(photos.parent, "photos") == []


def test_a_folder_without_images_or_that_is_not_there_is_one_line(tmp_path: Path):
    (tmp_path / "empty").mkdir()
    with pytest.raises(UserError, match=r"no image in or below .*; the endings read are \.png"):
        pack(tmp_path / "empty")
    with pytest.raises(UserError, match=r"folder .*none cannot be read: No such file"):
        pack(tmp_path / "none")


def test_a_gray_pack_has_no_colour_version(tmp_path: Path):
    save(tmp_path / "photos" / "a.png", levels(8, 9))
    spec = pack(tmp_path / "photos").image_set.spec
    with pytest.raises(UserError, match="the pack is gray; pack the folder with --channels colour"):
        PackSource().open(parse_spec(f"{spec}:channels=colour"))


HEADER = struct.Struct("<16sIQQ32s")


def rewritten(data: bytes, change) -> bytes:
    """A pack whose index was changed and is signed as its maker would have."""
    magic, version, at, length, _ = HEADER.unpack_from(data)
    index = json.loads(data[at : at + length])
    change(index)
    text = json.dumps(index).encode()
    header = HEADER.pack(magic, version, at, len(text), hashlib.sha256(text).digest())
    return header + data[HEADER.size : at] + text


def flipped(data: bytes, at: int) -> bytes:
    return data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :]


@pytest.mark.parametrize(
    ("damage", "reason"),
    [
        (lambda d: d[:0], "is no pack; `bench datasets pack DIR --out FILE` makes one"),
        (lambda d: b"\x89PNG" + d[4:], "is no pack"),
        (lambda d: d[:40], "is no pack"),
        (lambda d: bytes(HEADER.size) + d[HEADER.size :], "is no pack"),
        (lambda d: d[:-1], r"is damaged: it has \d+ bytes and should have \d+"),
        (lambda d: d + b"more", r"is damaged: it has \d+ bytes"),
        (lambda d: flipped(d, len(d) - 9), "its index is not what was written"),
        (lambda d: flipped(d, 16), "a pack of version 0 and version 1 is read"),
        (lambda d: rewritten(d, lambda i: i["images"].pop()), "its index is wrong"),
        (lambda d: rewritten(d, lambda i: i["images"].clear()), "`array` of length >= 1"),
        (lambda d: rewritten(d, lambda i: i.update(channels=1)), "a colour image in a gray pack"),
        (lambda d: rewritten(d, lambda i: i["images"][0].update(shape=[3, -9, -20])), "shape"),
        (lambda d: rewritten(d, lambda i: i["images"][0].update(type="object")), r"\[0\]\.type"),
        (lambda d: rewritten(d, lambda i: i["images"][0].update(id="b.png")), "have one name"),
        (lambda d: rewritten(d, lambda i: i["images"][0].update(more=1)), "its index is wrong"),
        (lambda d: rewritten(d, lambda i: i["images"][0].update(sha256=7)), "its index is wrong"),
    ],
)
def test_a_damaged_cut_or_foreign_file_is_one_line_when_it_is_opened(photos: Path, damage, reason):
    spec = pack(photos).image_set.spec
    path = photos.parent / "x.pack"
    path.write_bytes(damage(path.read_bytes()))
    with pytest.raises(UserError, match=reason) as caught:
        PackSource().open(parse_spec(spec))
    assert "\n" not in str(caught.value)
    assert "x.pack" in str(caught.value)


def test_changed_pixels_are_told_by_the_image_when_it_is_loaded_and_by_verify(photos: Path):
    image_set = pack(photos).image_set
    path = photos.parent / "x.pack"
    path.write_bytes(flipped(path.read_bytes(), HEADER.size + 3 * 9 * 20 + 5))  # in b.png
    image_set = reopened(image_set)
    with pytest.raises(UserError, match=r"x\.pack: the pixels of b\.png are not those"):
        image_set.images[1].load()
    (problem,) = verify(image_set, quiet)
    assert "b.png" in problem


def test_a_pack_that_was_cut_after_it_was_opened_is_told(photos: Path):
    image_set = pack(photos).image_set
    path = photos.parent / "x.pack"
    path.write_bytes(path.read_bytes()[:620])
    image_set.images[0].load()
    with pytest.raises(UserError, match=r"x\.pack is damaged: it ends before b\.png"):
        image_set.images[1].load()
    path.unlink()
    with pytest.raises(UserError, match=r"x\.pack cannot be read: No such file"):
        image_set.images[0].load()


@pytest.mark.parametrize(
    ("spec", "reason"),
    [
        ("pack", "write pack:FILE"),
        ("pack:a:b", "write pack:FILE"),
        ("pack:none.pack", r"none\.pack cannot be read: No such file"),
        ("pack:.", "cannot be read: Is a directory"),
        ("pack:x.pack:channels=red", "pack.channels is gray or colour, not 'red'"),
    ],
)
def test_a_bad_spec_is_one_line(spec: str, reason: str):
    with pytest.raises(UserError, match=reason):
        PackSource().open(parse_spec(spec))
