"""NumPy's .npy files: floats arrive as they are, and nothing in them is ever unpickled."""

import io
import os

import numpy as np
import pytest

from denoisebench.errors import UserError
from denoisebench_datasets.reading.reader import decode_image, open_image

RNG = np.random.default_rng(3)
GRAY = RNG.normal(0.5, 1.0, (9, 13))
RGB = RNG.normal(0.5, 1.0, (9, 13, 3))


def npy(array, **options):
    stream = io.BytesIO()
    np.save(stream, array, **options)
    return stream.getvalue()


@pytest.mark.parametrize("dtype", ["<f4", ">f4", "<f8", ">f8"])
@pytest.mark.parametrize(
    ("array", "expected"),
    [
        (GRAY, GRAY[None]),
        (GRAY[:, :, None], GRAY[None]),
        (GRAY[None], GRAY[None]),
        (RGB, RGB.transpose(2, 0, 1)),
        (RGB.transpose(2, 0, 1), RGB.transpose(2, 0, 1)),
        (np.asfortranarray(RGB), RGB.transpose(2, 0, 1)),
    ],
    ids=["HW", "HW1", "1HW", "HW3", "3HW", "by columns"],
)
def test_floats_arrive_as_they_are_neither_clipped_nor_rounded(array, expected, dtype):
    data = npy(array.astype(dtype))
    pixels = decode_image(data, "x")
    assert pixels.dtype == np.float32
    assert pixels.flags.c_contiguous
    np.testing.assert_array_equal(pixels, expected.astype(np.float32))
    assert open_image(data, "x").shape == pixels.shape


@pytest.mark.parametrize("dtype", ["|u1", "<u2", ">u2"])
def test_integers_are_scaled_as_those_of_an_image_are(dtype):
    largest = np.iinfo(dtype).max
    stored = RNG.integers(0, largest, (9, 13), endpoint=True).astype(dtype)
    stored[0, 0] = largest
    pixels = decode_image(npy(stored), "x")
    np.testing.assert_array_equal(pixels[0], (stored / float(largest)).astype(np.float32))
    assert pixels[0, 0, 0] == 1.0


class Trap:
    """Makes a folder when it is unpickled."""

    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return os.mkdir, (str(self.path),)


HALF = npy(GRAY)[:-8]
REFUSED = {
    "int64": (
        npy(np.zeros((4, 4), np.int64)),
        "holds int64 values, whose range is unknown; say what is",
    ),
    "half": (
        npy(np.zeros((4, 4), np.float16)),
        "holds float16 values; float32, float64 and integers",
    ),
    "bool": (npy(np.zeros((4, 4), bool)), "holds bool values"),
    "complex": (npy(np.zeros((4, 4), complex)), "holds complex128 values"),
    "fields": (npy(np.zeros((4, 4), [("a", "f4")])), "holds void32 values"),
    "a line": (npy(np.zeros(4)), r"has shape \(4,\); \(H, W\), "),
    "a number": (npy(np.zeros(())), r"has shape \(\)"),
    "alpha": (npy(np.zeros((8, 9, 4))), r"has shape \(8, 9, 4\)"),
    "batch": (npy(np.zeros((2, 1, 8, 9))), r"has shape \(2, 1, 8, 9\)"),
    "nothing": (npy(np.zeros((0, 9))), r"has shape \(0, 9\)"),
    "doubtful": (npy(np.zeros((3, 9, 3))), "where channels may be first or last"),
    "NaN": (npy(np.full((4, 4), np.nan)), "holds NaN"),
    "1e39": (npy(np.full((4, 4), 1e39)), "as a mark of missing data"),
    "cut off": (HALF, "cannot be read as an image: it ends before its last pixel"),
    "header": (npy(GRAY)[:20], "cannot be read as an image: "),
    "huge": (
        npy(GRAY).replace(b"(9, 13)", b"(9e9,13)".replace(b"9e9", b"99999")[:7]),
        "cannot be read as an image: ",
    ),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_no_array_of_one_image_is_refused_in_one_line(name):
    data, reason = REFUSED[name]
    with pytest.raises(UserError, match=reason) as caught:
        decode_image(data, "here.npy")
    assert str(caught.value).startswith("here.npy ")
    assert "\n" not in str(caught.value)


def test_a_pickle_inside_is_refused_and_its_code_does_not_run(tmp_path):
    sprung = tmp_path / "sprung"
    objects = np.array([[Trap(sprung)]], dtype=object)
    for read in (decode_image, open_image):
        with pytest.raises(UserError, match=r"here\.npy holds object values"):
            read(npy(objects, allow_pickle=True), "here.npy")
    assert not sprung.exists()
