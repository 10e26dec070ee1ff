"""Gray versions, and the names that images and image sets have by their content."""

import hashlib

import numpy as np
import pytest

from denoisebench.images.channels import COLOUR, GRAY
from denoisebench.images.image_set import ImageFile, ImageSet, IndexedFile
from denoisebench.images.pixels import pixel_hash, to_gray
from denoisebench.plugin.image_source import PackChoice


def one_pixel(*rgb_255):
    return (np.array(rgb_255, dtype=np.float32) / np.float32(255)).reshape(-1, 1, 1)


@pytest.mark.parametrize(
    ("rgb_255", "gray_255"),
    [
        ((255, 0, 0), 76),  # 76.245
        ((0, 255, 0), 150),  # 149.685
        ((0, 0, 255), 29),  # 29.07
        ((255, 255, 255), 255),
        ((0, 0, 0), 0),
        ((128, 128, 128), 128),
        ((10, 20, 30), 18),  # 18.15
        ((0, 5, 5), 4),  # 3.505
        ((12, 34, 56), 30),  # 29.93
    ],
)
def test_gray_is_the_bt601_luma_rounded_to_8_bits(rgb_255, gray_255):
    gray = to_gray(one_pixel(*rgb_255))
    assert gray.shape == (1, 1, 1)
    assert gray.dtype == np.float32
    assert gray[0, 0, 0] == np.float32(gray_255 / 255.0)


def test_equal_channels_keep_every_8_bit_value():
    values = (np.arange(256, dtype=np.float32) / np.float32(255)).reshape(1, 16, 16)
    assert (to_gray(np.repeat(values, 3, axis=0)) == values).all()


def test_float_colours_outside_the_range_become_black_and_white():
    assert to_gray(np.full((3, 2, 2), 1.5, dtype=np.float32)).max() == 1.0
    assert to_gray(np.full((3, 2, 2), -0.5, dtype=np.float32)).max() == 0.0


def test_a_gray_image_passes_through_unrounded():
    image = np.full((1, 4, 5), 0.123456, dtype=np.float32)
    assert to_gray(image) is image


def test_the_pixel_hash_is_of_the_shape_and_the_pixels():
    image = np.arange(6, dtype=np.float32).reshape(1, 2, 3)
    expected = hashlib.sha256(b"1,2,3\n" + image.astype("<f4").tobytes()).hexdigest()
    assert pixel_hash(image) == expected
    assert pixel_hash(image.reshape(1, 3, 2)) != expected
    changed = image.copy()
    changed[0, 0, 0] += np.float32(1e-7)
    assert pixel_hash(changed) != expected


def test_the_pixel_hash_does_not_depend_on_how_the_pixels_lie_in_memory():
    image = np.random.default_rng(0).random((3, 8, 9), dtype=np.float32)
    elsewhere = np.asfortranarray(image)
    view = np.repeat(image, 2, axis=2)[:, :, ::2]
    assert pixel_hash(image) == pixel_hash(elsewhere) == pixel_hash(view)


def colour_pixels():
    return np.concatenate([one_pixel(255, 0, 0), one_pixel(0, 255, 0)], axis=2)


def image_set(*, spec="s", ids=("a", "b"), sha="11", channels=COLOUR):
    files = tuple(ImageFile(i, f"{sha}{i}", colour_pixels) for i in ids)
    return ImageSet(spec, channels, files)


def test_the_digest_names_ids_files_and_channels_and_not_the_spec():
    digest = image_set().digest
    assert digest == hashlib.sha256(b"channels 3\na 11a\nb 11b").hexdigest()
    assert image_set(spec="other").digest == digest
    changed = [image_set(ids=("b", "a")), image_set(sha="22"), image_set(channels=GRAY)]
    assert len({digest, *(s.digest for s in changed)}) == 4


def test_the_gray_version_of_a_set_has_gray_pixels_and_another_digest():
    colour = image_set()
    gray = colour.gray("s-gray")
    assert (gray.spec, gray.channels) == ("s-gray", GRAY)
    assert [i.id for i in gray.images] == ["a", "b"]
    assert gray.digest != colour.digest
    for image in gray.images:
        assert (image.load() * 255).round().tolist() == [[[76, 150]]]
    assert colour.images[0].load().shape == (3, 1, 2)


def test_making_a_set_gray_reads_no_file():
    def unreadable():
        raise AssertionError("read")

    ImageSet("s", COLOUR, (ImageFile("a", "0", unreadable),)).gray("g")


def test_the_gray_version_of_an_indexed_set_is_indexed_by_its_luma():
    def colour():
        return np.zeros((3, 6, 6), dtype=np.float32)

    file = IndexedFile(
        id="a",
        sha256="1",
        load=colour,
        size=(6, 6),
        pixel_sha256="of colour",
        gray_sha256="of luma",
    )
    (gray,) = ImageSet("s", 3, (file,)).gray("g").indexed
    assert (gray.pixel_sha256, gray.size, gray.load().shape) == ("of luma", (6, 6), (1, 6, 6))


@pytest.mark.parametrize("choice", [{"min_side_px": 0}, {"min_side_px": 9, "max_side_px": 8}])
def test_a_choice_that_no_image_meets_is_refused(choice):
    with pytest.raises(ValueError, match="side"):
        PackChoice(**choice)
