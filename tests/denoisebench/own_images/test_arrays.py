import numpy as np
import pytest

import denoisebench

RAMP = np.linspace(60.0, 190.0, 96)[:, None] + 20.0 * np.sin(np.arange(96) / 7.0)


def noisy(sigma: float, seed: int = 0) -> np.ndarray:
    return RAMP + np.random.default_rng(seed).normal(0.0, sigma, RAMP.shape)


def error(a: np.ndarray, b: np.ndarray) -> float:
    return float(np.sqrt(np.mean((a.astype(float) - b) ** 2)))


@pytest.mark.parametrize("kind", ["uint8", "uint16", "int16", "float32", "float64"])
def test_shape_and_type_stay_and_noise_goes(kind: str) -> None:
    image = np.rint(noisy(10.0)).astype(kind)
    denoised = denoisebench.denoise(image, method="nlm")
    assert denoised.shape == image.shape
    assert denoised.dtype == image.dtype
    assert error(denoised, RAMP) < 0.5 * error(image, RAMP)


def test_default_method_uses_bundled_weights() -> None:
    image = noisy(4.0).astype(np.float32)
    report = denoisebench.denoise(image, details=True)
    assert report.denoiser == ("noise2score zoo:gray-gaussian-blind",)
    image = noisy(16.0).astype(np.float32)
    report = denoisebench.denoise(image, details=True)
    assert report.denoiser == ("noise2score zoo:gray-gaussian25",)
    assert error(report.image, RAMP) < 0.4 * error(image, RAMP)


@pytest.mark.parametrize("shape", [(1, 19), (23, 1), (1, 1), (2, 2), (31, 37), (2, 2, 3)])
def test_a_network_denoises_images_of_any_shape(shape: tuple[int, ...]) -> None:
    image = np.random.default_rng(0).integers(80, 120, shape).astype(np.uint16)
    denoised = denoisebench.denoise(image, noise="gaussian:10", unit="adu")
    assert (denoised.shape, denoised.dtype) == (image.shape, image.dtype)


@pytest.mark.parametrize("value", [0, 7, 65535])
def test_an_image_of_one_value_has_no_noise(value: int) -> None:
    image = np.full((40, 44), value, np.uint16)
    report = denoisebench.denoise(image, details=True)
    assert report.denoiser == ("copied",)
    np.testing.assert_array_equal(report.image, image)


def test_told_level_is_in_the_numbers_of_the_array_when_asked() -> None:
    image = noisy(12.0).astype(np.float32)
    report = denoisebench.denoise(image, "nlm", "gaussian:12", details=True, unit="adu")
    assert "told" in report.noise[0]
    assert error(report.image, RAMP) < 0.5 * error(image, RAMP)


def test_one_scale_for_all_planes_keeps_the_means_of_a_flickering_series() -> None:
    series = np.stack([noisy(8.0, seed) * gain for seed, gain in enumerate((1.0, 0.8, 1.2))])
    denoised = denoisebench.denoise(series, "nlm")
    span = series.max() - series.min()
    difference = np.abs(denoised.mean(axis=(1, 2)) - series.mean(axis=(1, 2)))
    assert (difference < 0.002 * span).all()


def test_channels_of_unlike_noise_are_fitted_apart() -> None:
    image = np.stack([noisy(4.0), noisy(20.0, 1)]).astype(np.float32)
    report = denoisebench.denoise(image, "nlm", axes="CYX", details=True)
    assert len(report.noise) == 2
    assert report.noise[0] != report.noise[1]


def test_scaled_and_shifted_input_gives_scaled_and_shifted_output() -> None:
    image = np.rint(noisy(10.0)).astype(np.uint16)
    plain = denoisebench.denoise(image, "nlm").astype(float)
    moved = denoisebench.denoise((image * 10 + 1000).astype(np.uint16), "nlm").astype(float)
    assert np.abs((moved - 1000.0) / 10.0 - plain).max() <= 1.0


@pytest.mark.parametrize("shape", [(1, 1), (1, 7), (13, 1), (2, 2), (31, 37)])
def test_images_of_any_size(shape: tuple[int, int]) -> None:
    image = np.random.default_rng(0).integers(80, 120, shape).astype(np.uint8)
    denoised = denoisebench.denoise(image, "nlm", "gaussian:10")
    assert denoised.shape == shape


@pytest.mark.parametrize("value", [0, 7, 255])
def test_flat_image_is_copied(value: int) -> None:
    image = np.full((40, 40), value, np.uint8)
    report = denoisebench.denoise(image, details=True)
    np.testing.assert_array_equal(report.image, image)
    assert report.denoiser == ("copied",)


def test_nan_is_refused() -> None:
    image = noisy(5.0)
    image[3, 4] = np.nan
    with pytest.raises(ValueError, match="NaN"):
        denoisebench.denoise(image)


@pytest.mark.parametrize(
    ("shape", "axes", "said"),
    [
        ((2, 3, 8, 8), None, "give its axes"),
        ((2, 8, 8), "YX", "do not fit"),
        ((8, 8, 4), "YXS", "RGB"),
        ((2, 8, 8), "YXT", "do not fit"),
    ],
)
def test_axes_that_do_not_fit_are_refused(
    shape: tuple[int, ...], axes: str | None, said: str
) -> None:
    with pytest.raises(ValueError, match=said):
        denoisebench.denoise(np.zeros(shape), axes=axes)


def test_colour_image_without_weights_that_fit_says_what_is_used() -> None:
    image = np.stack([noisy(10.0, seed) for seed in range(3)], axis=-1).astype(np.float32)
    report = denoisebench.denoise(image, details=True)
    assert report.image.shape == image.shape
    assert report.denoiser[0]
