"""Shared content is found whole, cropped, turned and mirrored, and nothing else is found."""

from dataclasses import replace

import numpy as np
import pytest

from denoisebench.images.corners import turn, turn_points, undo
from denoisebench.images.image_set import ImageFile, ImageSet
from denoisebench.images.overlap_search import find_overlap
from denoisebench_datasets.public.tables import table


def ignore(_progress):
    pass


def made_set(name, **images):
    """A set of gray images given as (H, W)."""
    files = tuple(
        ImageFile(key, key, lambda pixels=pixels: pixels[None].astype(np.float32))
        for key, pixels in images.items()
    )
    return ImageSet(name, 1, files)


def blobs(seed, height=160, width=200):
    """Something like a photograph: smoothed noise of several sizes, in 8 bits."""
    from skimage.filters import gaussian

    rng = np.random.default_rng(seed)
    total = sum(gaussian(rng.normal(size=(height, width)), s) * s for s in (1.5, 4, 10))
    total = (total - total.min()) / (total.max() - total.min())
    return np.rint(total * 255) / 255


PHOTO = blobs(0)
STRANGERS = {"b": blobs(1), "c": blobs(2)}


@pytest.mark.parametrize("orientation", range(8))
def test_turning_moves_the_points_with_the_pixels_and_is_undone(orientation):
    image = np.arange(12, dtype=np.float32).reshape(3, 4)
    points = np.argwhere(image >= 0)
    turned = turn(image, orientation)
    moved = turn_points(points, image.shape, orientation)
    np.testing.assert_array_equal(turned[tuple(moved.T)], image.ravel())
    np.testing.assert_array_equal(turn(turned, undo(orientation)), image)


@pytest.mark.parametrize("orientation", range(8))
@pytest.mark.parametrize("crop_is_first", [True, False])
def test_a_turned_crop_is_found_at_its_place(orientation, crop_is_first):
    crop = made_set("crop", x=turn(PHOTO[30:120, 50:150], orientation), **STRANGERS)
    whole = made_set("whole", y=PHOTO)
    pairs = find_overlap(*((crop, whole) if crop_is_first else (whole, crop)), ignore)
    (found,) = pairs
    assert {found.image_a, found.image_b} == {"x", "y"}
    assert found.how.startswith("crop at row 30, column 50")
    assert (", " in found.how[len("crop at row 30, column 50") :]) == (orientation > 0)
    assert (found.pixels, found.differing) == (9000, 0)


def test_small_differences_pass_and_are_counted():
    rng = np.random.default_rng(3)
    wrong = rng.random(PHOTO.shape) < 0.25
    other = np.clip(PHOTO + wrong * rng.choice([-1, 1], PHOTO.shape) / 255, 0, 1)
    (found,) = find_overlap(made_set("a", x=PHOTO), made_set("b", y=other, **STRANGERS), ignore)
    assert found.how == "the same image"
    assert 0.2 < found.fraction_differing < 0.3


def test_another_contrast_passes():
    (found,) = find_overlap(made_set("a", x=PHOTO), made_set("b", y=0.2 + 0.6 * PHOTO), ignore)
    assert found.how == "the same image"


def test_two_pieces_of_one_photograph_are_found_where_they_meet():
    left, right = made_set("a", x=PHOTO[:, :130]), made_set("b", y=PHOTO[:, 60:])
    (found,) = find_overlap(left, right, ignore)
    assert found.how == "160×70 pixels at row 0, column 0"  # of the larger, the right one


def test_strangers_and_flat_images_share_nothing():
    flat, small = np.full((64, 64), 0.5), PHOTO[:16, :16]
    one = made_set("a", x=PHOTO, flat=flat, small=small)
    assert find_overlap(one, made_set("b", flat=flat, small=small, **STRANGERS), ignore) == []


def test_progress_reaches_its_total():
    steps = []
    find_overlap(made_set("a", x=PHOTO), made_set("b", **STRANGERS), steps.append)
    assert [step.done for step in steps] == list(range(6))
    assert {step.total for step in steps} == {5}


def some(image_set, *ids):
    return replace(image_set, images=tuple(i for i in image_set.images if i.id in ids))


def test_set12_holds_a_crop_of_a_bsds_image(real_set):
    train = some(real_set("cbsd400"), "12003.jpg", "100007.jpg", "8049.jpg", "97017.jpg")
    (found,) = find_overlap(train, real_set("set12"), ignore)
    assert (found.image_a, found.image_b) == ("12003.jpg", "04.png")
    assert found.how == "crop at row 7, column 109"
    assert found.pixels == 65536
    assert found.differing < 30


def test_gray_and_colour_versions_meet(real_set):
    names = [f"test{number:03}.png" for number in range(1, 6)]
    found = find_overlap(real_set("cbsd68"), some(real_set("bsd68"), *names), ignore)
    assert [pair.image_b for pair in found] == names
    assert {pair.how for pair in found} == {"the same image"}


@pytest.mark.slow
@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("cbsd400", "set12"),
        ("cbsd400", "kodak"),
        ("cbsd400", "bsd300"),
        ("bsd300", "cbsd68"),
        ("bsd300", "bsd68"),
        ("cbsd68", "bsd68"),
        ("set14", "set12"),
        ("kodak", "set14"),
        ("samples-gray", "set12"),
    ],
)
def test_the_record_is_what_is_found(real_set, one, other):
    recorded = [
        (row["image"], row["other_image"], row["how"])
        for row in table("shares.csv")
        if (row["set"], row["other_set"]) == (one, other)
        and not row["how"].startswith("the same photograph")  # seen by eye: resampled
    ]
    found = find_overlap(real_set(one), real_set(other), ignore)
    assert sorted((pair.image_a, pair.image_b, pair.how) for pair in found) == sorted(recorded)
