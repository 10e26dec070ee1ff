import numpy as np
import pytest

from denoisebench.errors import UserError
from denoisebench.noise_models.detector import Detector
from denoisebench.own_images.intensity import Intensity, parse_scale, span_of

GRAY_16 = np.dtype(np.uint16)


def test_linear_there_and_back() -> None:
    values = np.array([[100, 150], [4095, 280]], np.uint16)
    intensity = Intensity(100.0, 4095.0)
    shown = intensity.shown(values)
    assert shown.shape == (1, 2, 2)
    assert shown.dtype == np.float32
    assert shown.min() == 0.0
    assert shown.max() == 1.0
    np.testing.assert_allclose(intensity.restored(shown, values.dtype), values, atol=1e-3)


def test_rgb_there_and_back() -> None:
    values = np.arange(24, dtype=np.uint8).reshape(2, 4, 3)
    intensity = Intensity(0.0, 255.0)
    shown = intensity.shown(values)
    assert shown.shape == (3, 2, 4)
    np.testing.assert_array_equal(np.rint(intensity.restored(shown, values.dtype)), values)


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16, np.uint32, np.float32])
def test_every_number_of_a_detector_comes_back(dtype: type) -> None:
    """A quarter of a count brighter, of a gain of 2: the inverse is that of a mean."""
    values = np.linspace(200, 255 if dtype is np.uint8 else 65535, 4096).reshape(64, 64)
    values = values.round().astype(dtype)
    intensity = Intensity(5.0, 180.0, Detector(2.0, 100.0, 3.0))
    back = intensity.restored(intensity.shown(values), values.dtype)
    np.testing.assert_allclose(back, values.astype(np.float64) + 0.5, atol=0.05)


def test_level_is_in_units_of_255() -> None:
    assert Intensity(100.0, 355.0).level(25.0) == pytest.approx(25.0)
    stabilised = Intensity(0.0, 10.2, Detector(2.0, 100.0, 3.0))
    assert stabilised.level(123.0) == pytest.approx(25.0)  # σ is 1 there


def test_level_is_brought_into_the_range_trained_on() -> None:
    weak = Intensity(0.0, 65535.0)  # 16-bit: σ 20 is 0.08 of 255
    shown = weak.with_level(20.0, (5.0, 55.0))
    assert shown.level(20.0) == pytest.approx(5.0)
    assert (shown.black + shown.white) / 2.0 == pytest.approx(65535.0 / 2.0)
    assert weak.with_level(20.0 * 257, (5.0, 55.0)) == weak


def test_span_is_of_all_planes_together() -> None:
    dark, bright = np.full((8, 8), 10.0), np.full((8, 8), 90.0)
    intensity = span_of([dark, bright], None)
    assert intensity.black == pytest.approx(10.0)
    assert intensity.white == pytest.approx(90.0)


@pytest.mark.parametrize("shape", [(512, 512, 3), (600, 700, 3), (1024, 1024), (1024, 1023)])
def test_a_span_looks_at_all_colours_and_columns_of_a_large_image(shape: tuple[int, ...]) -> None:
    image = np.zeros(shape, np.uint16)
    image[..., -1] = 1000  # the last colour, or the last column
    if len(shape) == 2:
        image[:, ::4] = 1000  # and every fourth
    intensity = span_of([image], None)
    assert (intensity.black, intensity.white) == (0.0, 1000.0)


def test_span_of_one_value_is_no_division_by_zero() -> None:
    intensity = span_of([np.full((4, 4), 7.0)], None)
    assert np.isfinite(intensity.shown(np.full((4, 4), 7.0))).all()


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("auto", None),
        ("dtype", (0.0, 65535.0)),
        ("100:4095", (100.0, 4095.0)),
        ("-1:1", (-1.0, 1.0)),
    ],
)
def test_scales(text: str, wanted: tuple[float, float] | None) -> None:
    assert parse_scale(text, GRAY_16) == wanted


@pytest.mark.parametrize("text", ["", "100", "5:5", "9:1", "a:b", "0:inf", "nan:1", "1:2:3"])
def test_other_scales_are_refused(text: str) -> None:
    with pytest.raises(UserError, match="give auto, dtype or LOW:HIGH"):
        parse_scale(text, GRAY_16)
