"""Noise levels and families are told from one noisy image, or said not to be told."""

import math
import re
from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from denoisebench.images.pixels import Pixels, to_gray
from denoisebench.noise.family import Noise, NoiseFamily
from denoisebench.noise.flat_pixels import flat_share
from denoisebench.noise.level_estimator import clipped_share, relative_variance
from denoisebench.noise.level_reading import LevelReading, LevelUnknownError
from denoisebench.noise.power_law import PowerLaw
from denoisebench.noise_models.family_estimator import decide_family
from denoisebench.noise_models.gamma import Gamma
from denoisebench.noise_models.gaussian import Gaussian
from denoisebench.noise_models.poisson import Poisson
from denoisebench.noise_models.poisson_gaussian import PoissonGaussian
from denoisebench.noise_models.weibull import Weibull
from denoisebench.specs import parse_spec
from denoisebench_datasets.public.samples import SamplesSource

FAMILIES: list[PowerLaw] = [Gaussian(), Poisson(), Gamma(), Weibull()]
LEVELS = [
    *((Gaussian(), level) for level in (5.0, 25.0, 55.0)),
    *((Poisson(), level) for level in (0.005, 0.05, 0.1)),
    *((Gamma(), level) for level in (40.0, 120.0)),
    *((Weibull(), level) for level in (2.0, 5.0, 20.0)),
]

GUESSED = ("gaussian", "poisson", "gamma")


def flat(side: int) -> Pixels:
    return np.full((1, side, side), 0.5, np.float32)


def gradient(side: int) -> Pixels:
    rows, columns = np.mgrid[:side, :side] / side
    return (0.15 + 0.4 * rows + 0.4 * columns).astype(np.float32)[None]


def cartoon(side: int) -> Pixels:
    """Discs of several grays before a gradient."""
    image = 0.5 * gradient(side) + 0.2
    rows, columns = np.mgrid[:side, :side] / side
    for row, column, radius, gray in [(0.3, 0.3, 0.2, 0.9), (0.7, 0.6, 0.25, 0.15)]:
        image[0][np.hypot(rows - row, columns - column) < radius] = gray
    return image


def noisy(family: NoiseFamily, level: float, clean: Pixels, seed: int = 0) -> Pixels:
    return Noise(family, level, level).noisy(clean, seed=seed)[0]


def estimate(family: NoiseFamily, image: Pixels) -> float:
    level = family.estimate(image)
    assert level is not None
    return level


@pytest.mark.parametrize("scene", [flat, gradient, cartoon])
@pytest.mark.parametrize(("family", "level"), LEVELS)
def test_the_level_of_a_simple_scene_is_found(
    family: NoiseFamily, level: float, scene: Callable[[int], Pixels]
) -> None:
    image = noisy(family, level, scene(192))
    assert estimate(family, image) == pytest.approx(level, rel=0.05)


@pytest.mark.parametrize(("family", "level"), LEVELS)
def test_colour_channels_count_as_images_of_their_own(family: NoiseFamily, level: float) -> None:
    clean = np.concatenate([gradient(128), 0.5 * cartoon(128), flat(128)])
    assert estimate(family, noisy(family, level, clean)) == pytest.approx(level, rel=0.06)


def test_the_level_of_photographs_is_found() -> None:
    errors = []
    for image in SamplesSource(gray=False).open(parse_spec("samples")).images:
        clean = to_gray(image.load())[:, :256, :256]
        errors.append(estimate(Gaussian(), noisy(Gaussian(), 25.0, clean)) / 25.0 - 1.0)
    assert np.median(np.abs(errors)) < 0.03


def test_a_small_image_has_no_bias() -> None:
    """The least of many measured variances are too small; those of other patches are not."""
    found = [estimate(Gaussian(), noisy(Gaussian(), 25.0, flat(40), seed)) for seed in range(20)]
    assert np.mean(found) == pytest.approx(25.0, rel=0.02)


def test_no_comb_of_counts_is_read() -> None:
    """A Gaussian image of Poisson variance gives the same ζ as counts do."""
    clean = gradient(192)
    spread = np.sqrt(0.05 * clean) * np.random.default_rng(0).standard_normal(clean.shape)
    image = (clean + spread).astype(np.float32)
    assert estimate(Poisson(), image) == pytest.approx(0.05, rel=0.05)


@pytest.mark.parametrize(("rho", "power"), [(0, 2), (1, 1), (2, 0)])
@pytest.mark.parametrize("unit", [1e-6, 1000.0, 1e15])
def test_the_variance_is_in_the_unit_of_the_image(rho: int, power: int, unit: float) -> None:
    image = noisy(Gaussian(), 25.0, cartoon(96))
    one = relative_variance(image, rho)
    other = relative_variance(image * np.float32(unit), rho)
    assert one is not None
    assert other is not None
    assert other.phi == pytest.approx(one.phi * unit**power, rel=1e-3)
    assert other.error == pytest.approx(one.error, rel=0.05)


def test_saturated_borders_are_passed_over() -> None:
    image = noisy(Gaussian(), 25.0, gradient(192))
    image = np.clip(np.pad(image, ((0, 0), (80, 0), (0, 80)), constant_values=-1.0), 0.0, 1.0)
    assert estimate(Gaussian(), image) == pytest.approx(25.0, rel=0.1)


def field(image: Pixels, value: float) -> Pixels:
    """The image within a circle, as of a microscope; beyond it is one value."""
    rows, columns = np.mgrid[: image.shape[1], : image.shape[2]]
    beyond = np.hypot(rows - image.shape[1] / 2, columns - image.shape[2] / 2)
    return np.where(beyond > 0.45 * image.shape[1], np.float32(value), image)


def bar(image: Pixels, value: float) -> Pixels:
    """The image above a bar of one value, with a scale in it."""
    image = image.copy()
    image[:, -30:] = value
    image[:, -20:-16, 30:90] = 1.0
    return image


def border(image: Pixels, value: float) -> Pixels:
    """The image within a border narrower than a patch."""
    return np.pad(image[:, 5:-5, 5:-5], ((0, 0), (5, 5), (5, 5)), constant_values=value)


def eight_bit(image: Pixels) -> Pixels:
    return (np.rint(np.clip(image, 0.0, 1.0) * 255.0) / 255.0).astype(np.float32)


@pytest.mark.parametrize("stored", [np.float32, eight_bit])
@pytest.mark.parametrize("value", [0.0, 46.0 / 255.0, 0.5, 1.0])
@pytest.mark.parametrize("mask", [field, bar, border])
def test_flat_regions_of_any_value_and_what_their_edge_cuts_are_passed_over(
    mask: Callable[[Pixels, float], Pixels], value: float, stored: Callable[[Pixels], Pixels]
) -> None:
    image = stored(mask(noisy(Gaussian(), 25.0, gradient(192)), value))
    assert estimate(Gaussian(), image) == pytest.approx(25.0, rel=0.05)
    assert flat_share(image) > 0.02


def test_only_pixels_of_flat_patches_are_flat() -> None:
    image = noisy(Gaussian(), 25.0, gradient(64))
    assert flat_share(image) == 0.0
    image[:, 20:40, 20:40] = 0.3
    assert flat_share(image) == pytest.approx(400 / 64**2, abs=1 / 64**2)
    image[:, ::6] = 0.7
    assert flat_share(image) == 0.0
    assert flat_share(np.zeros((1, 3, 3), np.float32)) == 1.0
    assert flat_share(np.zeros((1, 0, 5), np.float32)) == 0.0


def test_eight_bit_steps_are_noise_of_their_own() -> None:
    image = eight_bit(noisy(Gaussian(), 0.4, gradient(192)))
    assert estimate(Gaussian(), image) == pytest.approx(math.hypot(0.4, 1 / 12**0.5), rel=0.05)


def test_the_error_of_a_level_is_about_what_it_differs_by_between_images() -> None:
    images = [noisy(Gaussian(), 25.0, gradient(96), seed) for seed in range(12)]
    readings = [Gaussian().read(image) for image in images]
    spread = np.std([reading.level for reading in readings], ddof=1)
    assert np.mean([reading.error for reading in readings]) == pytest.approx(spread, rel=0.8)


def test_a_drawing_without_noise_has_no_level() -> None:
    drawing = flat(128)
    drawing[:, 30:60, 30:90] = 0.9
    drawing[:, 70:90, 20:40] = 0.1
    assert [family.estimate(drawing) for family in FAMILIES] == [None] * 4


@pytest.mark.parametrize(
    ("family", "reason"),
    [
        (Gaussian(), "out of range: σ is below 0.01"),
        (Poisson(), "out of range: ζ is below 1e-07"),
        (Gamma(), "out of range: k is above 10000000"),
        (Weibull(), "out of range: k is above 1000"),
    ],
)
def test_a_level_beyond_the_range_is_told_as_such_and_never_as_its_end(
    family: PowerLaw, reason: str
) -> None:
    rng = np.random.default_rng(0)
    image = (gradient(96) * (1.0 + 1e-6 * rng.standard_normal((1, 96, 96)))).astype(np.float32)
    image = np.concatenate([image * 1e-3, image * 1e-3])
    reading = family.read(image)
    assert str(reading) == reason
    assert family.estimate(image) is None
    with pytest.raises(LevelUnknownError, match=f"{family.name} noise cannot be told .{reason}"):
        reading.required()


def test_a_level_at_the_end_of_the_range_may_be_found_a_little_beyond_it() -> None:
    assert LevelReading(Gamma(), 0.95).required() == Gamma.lowest
    assert LevelReading(Gamma(), 0.85).known is None
    assert LevelReading(Gamma(), math.nan).known is None
    assert str(LevelReading(Gaussian(), 25.0, 0.123)) == "gaussian:25 ±0.12"


def bad(kind: float) -> Pixels:
    image = gradient(64)
    image[0, 5, 5] = kind
    return image


@pytest.mark.parametrize(
    "image",
    [
        np.zeros((1, 64, 64), np.float32),
        np.ones((1, 64, 64), np.float32),
        flat(64),
        flat(1),
        noisy(Gaussian(), 25.0, flat(5)),
        noisy(Gaussian(), 25.0, flat(20)),
        np.zeros((3, 0, 7), np.float32),
        noisy(Gaussian(), 25.0, flat(64))[:, :7],
        bad(math.nan),
        bad(math.inf),
    ],
    ids=["black", "white", "gray", "1×1", "5×5", "20×20", "empty", "line", "NaN", "∞"],
)
def test_what_cannot_be_told_is_none(image: Pixels) -> None:
    assert [family.estimate(image) for family in FAMILIES] == [None] * 4
    verdict = decide_family(image)
    assert (verdict.reading, verdict.confidence) == (None, 0.0)
    assert verdict.reason == "the image is too small, too dark or flat"


def five_points() -> Pixels:
    """An image of patches so much alike that LAPACK's divide and conquer fails on some threads."""
    image = np.zeros((1, 28, 33), np.float32)
    image[0, [0, 12, 18, 23, 25], [0, 6, 31, 5, 13]] = (
        *(5.0127113e16, 1.7272997e16, 2.8825688e16),
        *(-8.0814631e15, 1.5366602e16),
    )
    return image


def no_convergence(_: object) -> None:
    raise np.linalg.LinAlgError


def test_a_solver_that_does_not_converge_gives_way_to_another(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    image = noisy(Gaussian(), 25.0, gradient(64))
    expected = Gaussian().estimate(image)
    monkeypatch.setattr(np.linalg, "eigh", no_convergence)
    assert Gaussian().estimate(image) == pytest.approx(expected, rel=1e-4)


@settings(max_examples=60, deadline=None)
@example(five_points())
@given(
    arrays.arrays(
        np.float32,
        st.tuples(st.sampled_from([1, 3]), st.integers(1, 48), st.integers(1, 48)),
        elements=st.floats(width=32),
        fill=st.floats(-1, 1, width=32),
    )
)
def test_any_array_gives_a_level_in_its_range_or_none(image: Pixels) -> None:
    with np.errstate(all="raise", under="ignore"):
        for family in FAMILIES:
            level = family.estimate(image)
            assert level is None or family.lowest <= level <= family.highest
        verdict = decide_family(image)
    assert 0.0 <= verdict.confidence <= 1.0


@pytest.mark.parametrize("scene", [gradient, cartoon])
@pytest.mark.parametrize(
    ("family", "level"), [pair for pair in LEVELS if pair[0].name != "weibull"]
)
def test_the_family_of_a_simple_scene_is_found(
    family: NoiseFamily, level: float, scene: Callable[[int], Pixels]
) -> None:
    image = noisy(family, level, scene(192))
    verdict = decide_family(image)
    assert verdict.family == family.name
    assert verdict.reading is not None
    assert verdict.reading.known == family.estimate(image)
    assert verdict.confidence > 0.9


def detector(gain: float, read: float, offset: float, light: Pixels) -> Pixels:
    """Counts of a 16-bit camera, divided by 65535.  gain, read, offset: in its own numbers."""
    rng = np.random.default_rng(0)
    counts = gain * rng.poisson(light) + offset + read * rng.standard_normal(light.shape)
    return (np.rint(counts) / 65535.0).astype(np.float32)


def test_counts_above_an_offset_are_not_called_gamma_noise() -> None:
    """Variance grows as intensity to about 2 here, by chance of the offset."""
    image = detector(2.0, 3.0, 100.0, 60.0 * cartoon(256))
    verdict = decide_family(image)
    assert verdict.family == "poisson-gaussian"
    assert verdict.confidence > 0.99
    reading = verdict.reading
    assert reading is not None
    assert 65535.0 * reading.required() == pytest.approx(2.0, rel=0.1)
    assert isinstance(reading.family, PoissonGaussian)
    hidden = 3.0**2 / 2.0  # read noise looks like a lower offset
    assert 65535.0 * reading.family.offset == pytest.approx(100.0 - hidden, rel=0.02)
    assert "more offset and more read noise look the same" in verdict.reason


def test_read_noise_without_an_offset_is_found() -> None:
    verdict = decide_family(detector(2.0, 6.0, 0.0, 60.0 * gradient(384)))
    assert verdict.reading is not None
    assert isinstance(verdict.reading.family, PoissonGaussian)
    assert verdict.reading.family.offset == 0.0
    assert verdict.reading.family.read_255 == pytest.approx(6.0 / 257.0, rel=0.2)
    assert re.fullmatch(r"poisson-gaussian:3\.\d+e-05:0\.02\d+", str(verdict.reading))


@pytest.mark.parametrize(("gain", "offset"), [(0.5, 20.0), (1.0, 100.0), (5.0, 300.0)])
@pytest.mark.parametrize("peak", [30.0, 300.0])
@pytest.mark.parametrize("scene", [gradient, cartoon])
def test_no_detector_has_gamma_noise(
    scene: Callable[[int], Pixels], peak: float, gain: float, offset: float
) -> None:
    assert decide_family(detector(gain, 2.0, offset, peak * scene(192))).family != "gamma"


def test_weibull_noise_passes_for_gamma_noise() -> None:
    assert decide_family(noisy(Weibull(), 5.0, gradient(192))).family == "gamma"


@pytest.mark.parametrize(("family", "level"), LEVELS)
def test_one_intensity_tells_no_family(family: NoiseFamily, level: float) -> None:
    verdict = decide_family(noisy(family, level, flat(192)))
    assert verdict.reading is None
    assert verdict.reason.endswith(("nearly one intensity", "more than one family fits"))


def test_a_clean_image_tells_no_family() -> None:
    assert decide_family(cartoon(192)).reason == "the image holds hardly any noise"


@pytest.mark.parametrize(
    ("rho", "family"), [(0.5, "poisson-gaussian"), (1.5, "poisson-gaussian"), (-2.0, None)]
)
def test_a_law_between_the_families_is_a_line_and_one_beyond_them_no_family(
    rho: float, family: str | None
) -> None:
    clean = gradient(256)
    spread = 0.06 * clean ** (rho / 2) * np.random.default_rng(0).standard_normal(clean.shape)
    verdict = decide_family((clean + spread).astype(np.float32))
    assert verdict.family == family
    assert verdict.rho == pytest.approx(rho, abs=0.2)
    assert family or verdict.reason.endswith("no family fits")


def test_clipping_shows_in_the_greatest_value() -> None:
    image = noisy(Gaussian(), 25.0, gradient(128))
    assert clipped_share(image) < 0.001
    assert clipped_share(np.clip(image, 0.0, 0.8)) > 0.05
    assert clipped_share(np.zeros((1, 0, 0), np.float32)) == 0.0


@pytest.mark.parametrize("rho", [0, 1, 2])
@pytest.mark.parametrize("side", [64, 512])
def test_an_estimate_leaves_the_image_as_it_is(rho: int, side: int) -> None:
    noisy = gradient(side) + np.random.default_rng(0).normal(0.0, 0.05, (1, side, side))
    image = noisy.astype(np.float32)
    before = image.copy()
    assert relative_variance(image, rho) is not None
    assert np.array_equal(image, before)
