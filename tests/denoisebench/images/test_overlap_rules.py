"""Training images that are test images are refused, with both named."""

import pytest

from denoisebench.errors import UserError
from denoisebench.images.channels import GRAY
from denoisebench.images.image_set import ImageFile, ImageSet, Share
from denoisebench.images.overlap import refuse_overlap, refuse_same_pixels

CROP = "crop at row 7, column 109"


def image_set(spec, files, shares=()):
    """files: id -> SHA-256.  No file is ever read."""

    def unreadable():
        raise AssertionError("read")

    images = tuple(ImageFile(name, sha, unreadable) for name, sha in files.items())
    return ImageSet(spec, GRAY, images, shares)


def test_sets_without_a_common_file_pass():
    refuse_overlap(image_set("train", {"a": "1", "b": "2"}), image_set("test", {"a": "3"}))


def test_a_record_about_a_file_that_is_not_there_is_no_overlap():
    share = Share("04.png", "train/12003.jpg", "other", CROP)
    refuse_overlap(image_set("train", {"a": "1"}), image_set("test", {"04.png": "3"}, (share,)))
    elsewhere = Share("a", "test/b", "other", CROP)
    refuse_overlap(image_set("train", {"a": "1"}, (elsewhere,)), image_set("test", {"b": "3"}))


def test_the_same_file_in_both_sets_is_refused_with_both_names():
    train, test = image_set("bsd", {"a": "1", "12.jpg": "2"}), image_set("mine", {"x.png": "2"})
    with pytest.raises(UserError) as caught:
        refuse_overlap(train, test)
    assert str(caught.value) == (
        "training set bsd and data set mine overlap: bsd/12.jpg and mine/x.png (same file);"
        " train on a set without it"
    )


TRAIN = {"a.jpg": "1", "12003.jpg": "2"}
TEST = {"04.png": "3", "05.png": "4"}


@pytest.mark.parametrize("holder", ["test", "train"])
def test_shared_content_on_record_is_refused_whichever_set_has_the_record(holder):
    of_test = Share("04.png", "cbsd400/12003.jpg", "2", CROP)
    of_train = Share("12003.jpg", "set12/04.png", "3", CROP)
    train = image_set("mine", TRAIN, (of_train,) if holder == "train" else ())
    test = image_set("set12", TEST, (of_test,) if holder == "test" else ())
    with pytest.raises(UserError, match=rf"mine/12003\.jpg and set12/04\.png \({CROP}\)"):
        refuse_overlap(train, test)


def test_a_shared_file_is_recognised_by_its_content_under_any_set_and_name():
    share = Share("04.png", "cbsd400/12003.jpg", "2", CROP)
    copied = image_set("folder:/home/me", {"holiday.jpg": "2"})
    with pytest.raises(UserError, match=r"folder:/home/me/holiday\.jpg and set12/04\.png"):
        refuse_overlap(copied, image_set("set12", TEST, (share,)))


def test_equal_pixels_are_refused_with_both_names():
    with pytest.raises(UserError, match=r"train/b and test/x \(same pixels\)"):
        refuse_same_pixels("train", {"h1": "a", "h2": "b"}, "test", {"h2": "x", "h3": "y"})
    refuse_same_pixels("train", {"h1": "a"}, "test", {"h2": "a"})
