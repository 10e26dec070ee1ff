"""Which values are black and white: images in [0, 1], noisy or not, are read, others refused."""

import io

import numpy as np
import pytest

from denoisebench.errors import UserError
from denoisebench.noise.family import Noise
from denoisebench.noise_models import register_noise_models
from denoisebench_datasets.reading.encoded import Kind
from denoisebench_datasets.reading.reader import decode_image
from denoisebench_datasets.reading.remark import remark_on
from denoisebench_datasets.reading.scale import Scale

ROWS, COLUMNS = np.mgrid[:96, :120] / 120
CLEAN = (0.5 + 0.45 * np.sin(9 * ROWS) * np.cos(7 * COLUMNS)).astype(np.float32)
RNG = np.random.default_rng(5)


def npy(values):
    stream = io.BytesIO()
    np.save(stream, values)
    return stream.getvalue()


OTHER_UNITS = {
    "0 to 255": 255 * CLEAN,
    "0 to 65535": 65535 * CLEAN,
    "noisy counts": 4095 * CLEAN + RNG.normal(0, 100, CLEAN.shape),
    "-1 to 1": 2 * CLEAN - 1,
    "-1 to 1, noisy": 2 * CLEAN - 1 + RNG.normal(0, 0.2, CLEAN.shape),
    "mean 0, variance 1": (CLEAN - CLEAN.mean()) / CLEAN.std(),
    "dB": -5 * CLEAN,
    "0 to 3e38": 3e38 * CLEAN.astype(np.float64),
}


@pytest.mark.parametrize("unit", OTHER_UNITS)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_floats_in_another_unit_are_refused_with_the_ways_out(unit, dtype):
    with pytest.raises(UserError, match="x holds ") as caught:
        decode_image(npy(OTHER_UNITS[unit].astype(dtype)), "x")
    assert "3e38" in unit or ":white=4095 (that value), :white=auto" in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("family", "level"),
    [
        *(("gaussian", level) for level in (25.0, 150.0, 1000.0)),
        *(("correlated", level) for level in (50.0, 1000.0)),
        *(("poisson", level) for level in (0.05, 10.0)),
        ("gamma", 1.0),
        ("chi2", 2.0),
        ("weibull", 1.0),
        ("impulse", 50.0),
    ],
)
@pytest.mark.parametrize(
    "clean", [CLEAN, np.zeros_like(CLEAN), np.ones_like(CLEAN)], ids=["image", "black", "white"]
)
def test_noise_however_strong_is_no_other_unit(family, level, clean):
    model = next(model for model in register_noise_models() if model.name == family)
    noisy, _ = Noise(model, level, level).noisy(clean[None], seed=3)
    np.testing.assert_array_equal(decode_image(npy(noisy[0]), "x"), noisy)


def test_the_overshoot_of_a_resized_image_is_allowed():
    decode_image(npy(1.1 * CLEAN - 0.05), "x")


@pytest.mark.parametrize("value", [-9999.0, -999.0, -3.4028235e38, 3.4028235e38, 1.7e308])
def test_a_mark_of_missing_data_is_named(value):
    values = CLEAN.astype(np.float64)
    values[7:20, 30:50] = value
    with pytest.raises(UserError, match=r"in 2\.26% of its values, as a mark of missing data"):
        decode_image(npy(values), "x")


def test_one_wild_pixel_is_refused():
    values = CLEAN.copy()
    values[3, 4] = 6000.0
    with pytest.raises(UserError, match=r"holds values from .* to 6000, which are no image"):
        decode_image(npy(values), "x")


@pytest.mark.parametrize("dtype", [np.uint16, np.int32, np.int64, np.float32, np.float64])
def test_black_and_white_are_0_and_1(dtype):
    values = np.rint(100 + 3995 * CLEAN).astype(dtype)
    pixels = decode_image(npy(values), "x", Scale(100.0, 4095.0))
    np.testing.assert_allclose(pixels[0], (values.astype(float) - 100) / 3995, rtol=1e-6)


def test_a_scale_that_does_not_fit_is_refused():
    with pytest.raises(UserError, match=r"taken by black 0, white 255, which are no image in \[0"):
        decode_image(npy(np.rint(4095 * CLEAN).astype(np.uint16)), "x", Scale(white=255.0))
    with pytest.raises(UserError, match="which are no image"):
        decode_image(npy(CLEAN), "x", Scale(white=1e-300))


SIXTEEN, EIGHT, FLOAT = Kind(16, is_float=False), Kind(8, is_float=False), Kind(32, is_float=True)


@pytest.mark.parametrize(
    ("kinds", "largest", "said"),
    [
        ({SIXTEEN}, 4095 / 65535, "the largest value of all is 4095, of 65535; if these are 12-b"),
        ({SIXTEEN}, 900 / 65535, "if these are 10-bit data, give :white=1023"),
        ({SIXTEEN}, 16383 / 65535, "if these are 14-bit data, give :white=16383"),
        ({SIXTEEN}, 16384 / 65535, ""),
        ({SIXTEEN, EIGHT}, 4095 / 65535, ""),
        ({EIGHT}, 0.01, ""),
        (
            {FLOAT},
            1.4e-6,
            "the largest value of all is 1.4e-06; if that is white, give :white=auto",
        ),
        ({FLOAT}, 0.01, ""),
        ({FLOAT}, 0.0, ""),
    ],
)
def test_a_set_that_leaves_most_of_its_range_unused_is_asked_about(kinds, largest, said):
    assert said in remark_on("folder:x", kinds, Scale(), largest)
    assert bool(said) == bool(remark_on("folder:x", kinds, Scale(), largest))
    assert remark_on("folder:x", kinds, Scale(white=5.0), largest) == ""
