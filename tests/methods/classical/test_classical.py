"""Non-local means, total variation, wavelets: what they gain, what leaves them unchanged, any size;
and what each classical method declines."""

import math
import sys
import warnings

import numpy as np
import pytest
import torch
from bench import bench, make_images

from classical import AnscombeBm3d, Bm3d, Identity, Nlm, Tv, Wavelet
from denoisebench.errors import UserError
from denoisebench.noise.family import Noise
from denoisebench.noise.level_reading import LevelUnknownError
from denoisebench.noise_models.gamma import Gamma
from denoisebench.noise_models.gaussian import Gaussian
from denoisebench.noise_models.poisson import Poisson
from denoisebench.noise_models.poisson_gaussian import PoissonGaussian
from denoisebench.plugin.method import Denoised, Evidence, Task
from denoisebench.specs import build_config, config_spec, parse_spec

FILTERS = [Nlm(), Tv(), Wavelet()]
EACH = pytest.mark.parametrize("method", FILTERS, ids=lambda method: method.name)
CLASSICAL = [Identity(), Bm3d(), AnscombeBm3d(), *FILTERS]
NAMES = {method.name: method for method in CLASSICAL}
INSTALL = "python -m pip install 'denoisebench[bm3d]'"


def task(family=None, parameters="known", channels=1, low=5.0, high=55.0):
    return Task(Noise(family or Gaussian(), low, high), parameters, channels)


def clean_image(channels, height=96, width=128):
    """Shaded, striped and with an edge; the channels differ."""
    row, column = np.mgrid[:height, :width] / 96.0
    base = 0.3 + 0.3 * row + 0.1 * np.sin(40.0 * (row + column)) * (row > 0.5)
    shapes = [base, base + 0.2 * (column > 0.7), 0.8 - 0.4 * column + 0.0 * row]
    return torch.tensor(np.stack(shapes[:channels]), dtype=torch.float32)[None]


def noisy_image(clean, sigma_255, seed=0):
    rng = torch.Generator().manual_seed(seed)
    return clean + sigma_255 / 255.0 * torch.randn(clean.shape, generator=rng)


def psnr_db(image, clean):
    return -10.0 * math.log10(float((image - clean).square().mean()))


def denoised(method, noisy, level, **settings):
    asked = task(parameters="unknown" if level is None else "known", channels=noisy.shape[1])
    found = method.denoise(method.config_type(**settings), asked, noisy, level)
    assert isinstance(found, Denoised)
    return found


@pytest.mark.parametrize("method", CLASSICAL, ids=lambda method: method.name)
def test_nothing_is_seen_beforehand(method):
    assert method.evidence(method.config_type()) is Evidence.NOTHING


@EACH
@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("sigma_255", [25.0, 50.0])
def test_noise_of_the_level_told_is_removed(method, channels, sigma_255):
    clean = clean_image(channels)
    noisy = noisy_image(clean, sigma_255)
    found = denoised(method, noisy, sigma_255)
    assert found.level is None
    assert found.image.dtype == torch.float32
    gain_db = 5.5 if isinstance(method, Wavelet) else 10.0
    assert psnr_db(found.image, clean) > psnr_db(noisy, clean) + gain_db


@EACH
@pytest.mark.parametrize("channels", [1, 3])
def test_scaled_and_shifted_images_give_scaled_and_shifted_estimates(method, channels):
    noisy = noisy_image(clean_image(channels), 20.0)
    expected = 1.7 * denoised(method, noisy, 20.0).image - 0.3
    assert torch.allclose(denoised(method, 1.7 * noisy - 0.3, 34.0).image, expected, atol=2e-5)


@EACH
@pytest.mark.parametrize("channels", [1, 3])
def test_rows_and_columns_are_treated_alike(method, channels):
    noisy = noisy_image(clean_image(channels), 30.0)
    turned = denoised(method, noisy.mT.contiguous(), 30.0).image.mT
    assert torch.allclose(turned, denoised(method, noisy, 30.0).image, atol=2e-5)


@EACH
def test_weak_noise_changes_little_and_strong_noise_much(method):
    noisy = noisy_image(clean_image(1), 25.0)
    change = [float((denoised(method, noisy, s).image - noisy).std()) for s in (0.01, 10.0, 25.0)]
    assert change[0] < 1e-4 < change[1] < 0.08 < change[2]


@pytest.mark.parametrize(
    ("method", "mild", "strong"),
    [
        (Nlm(), {"h": 0.2}, {"h": 1.2}),
        (Nlm(), {"distance_px": 1}, {"distance_px": 9}),
        (Nlm(), {"patch_px": 7}, {"patch_px": 1}),
        (Tv(), {"weight": 0.3}, {"weight": 1.2}),
        (Tv(), {"iterations": 2}, {"iterations": 100}),
        (Tv(), {"eps": 0.5}, {"eps": 1e-5}),
        (Wavelet(), {"wavelet": "db1", "mode": "hard"}, {"wavelet": "db1", "mode": "soft"}),
        (Wavelet(), {"wavelet": "db1", "rule": "bayes"}, {"wavelet": "db1", "rule": "visu"}),
        (Wavelet(), {"wavelet": "sym4"}, {"wavelet": "db1"}),
    ],
)
def test_the_stronger_setting_takes_more_away(method, mild, strong):
    noisy = noisy_image(clean_image(1), 10.0)
    taken = [
        float((denoised(method, noisy, 10.0, **s).image - noisy).std()) for s in (mild, strong)
    ]
    assert taken[1] > 1.01 * taken[0]


@pytest.mark.parametrize(
    ("settings", "halvings"), [({}, 1), ({"levels": 2}, 2), ({"levels": 3}, 3)]
)
@pytest.mark.parametrize("channels", [1, 3])
def test_wavelets_leave_the_noise_of_the_coarsest_band_alone(settings, halvings, channels):
    """On a flat image.  The wavelet is orthogonal, so that each halving halves what is left."""
    noisy = noisy_image(torch.full((1, channels, 96, 96), 0.5), 25.0)
    left = denoised(Wavelet(), noisy, 25.0, rule="visu", **settings).image.std() * 255.0 / 25.0
    assert float(left) == pytest.approx(0.5**halvings, rel=0.15)


@EACH
@pytest.mark.parametrize("shape", [(1, 1, 1, 1), (1, 3, 1, 1), (1, 3, 5, 40), (1, 1, 2, 3)])
def test_a_small_image_is_denoised_without_a_warning(method, shape):
    noisy = noisy_image(torch.full(shape, 0.5), 25.0)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        found = denoised(method, noisy, 25.0).image
    assert found.shape == noisy.shape
    assert float((found - 0.5).abs().mean()) <= float((noisy - 0.5).abs().mean())


@EACH
@pytest.mark.parametrize("shape", [(1, 1, 33, 47), (1, 3, 61, 31)])
def test_an_image_of_odd_sides_is_denoised(method, shape):
    clean = clean_image(shape[1])[..., : shape[2], : shape[3]]
    noisy = noisy_image(clean, 25.0)
    found = denoised(method, noisy, 25.0).image
    assert found.shape == noisy.shape
    assert psnr_db(found, clean) > psnr_db(noisy, clean) + 3.0


@EACH
def test_an_image_without_noise_or_content_stays_as_it_is(method):
    for value in (0.0, 0.7):
        flat = torch.full((1, 3, 40, 40), value)
        assert torch.allclose(denoised(method, flat, 25.0).image, flat, atol=1e-6)


@EACH
@pytest.mark.parametrize("channels", [1, 3])
def test_an_unknown_level_is_estimated_used_and_told(method, channels):
    noisy = noisy_image(clean_image(channels), 25.0)
    found = denoised(method, noisy, None)
    assert found.level == pytest.approx(25.0, rel=0.1)
    assert torch.equal(found.image, denoised(method, noisy, found.level).image)


@EACH
@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize(
    ("family", "gain"), [(Poisson(), 0.05), (PoissonGaussian(10.0, 0.1), 0.05)]
)
def test_noise_of_counts_is_removed_and_the_brightness_kept(method, channels, family, gain):
    clean = clean_image(channels)
    noisy, _ = Noise(family, gain, gain).noisy(clean[0].numpy(), seed=0)
    noisy = torch.from_numpy(noisy)[None]
    for level in (gain, None):
        asked = task(family, "known" if level else "unknown", channels, gain, gain)
        found = method.denoise(method.config_type(), asked, noisy, level)
        gain_db, bias = (5.0, 5e-3) if isinstance(method, Wavelet) else (8.0, 2e-3)
        assert psnr_db(found.image, clean) > psnr_db(noisy, clean) + gain_db
        assert float((found.image - noisy).mean()) == pytest.approx(0.0, abs=bias)
        assert found.level is None if level else found.level == pytest.approx(gain, rel=0.1)


@EACH
@pytest.mark.parametrize("image", [torch.zeros(1, 1, 64, 64), clean_image(3, 12, 12)])
def test_an_image_that_does_not_tell_its_level_is_refused(method, image):
    with pytest.raises(LevelUnknownError, match=r"too small, too dark or flat.*--noise gaussian:5"):
        denoised(method, image, None)


@EACH
def test_a_level_out_of_range_is_refused_and_not_taken_for_its_end(method):
    with pytest.raises(LevelUnknownError, match=r"out of range: σ is below 0\.01"):
        denoised(method, 1e-6 * noisy_image(clean_image(1), 25.0), None)


@pytest.mark.parametrize(
    ("name", "family", "reason"),
    [
        *[
            ("bm3d", family, f"it is for gaussian noise; anscombe-bm3d takes {family.name} noise")
            for family in (Poisson(), PoissonGaussian())
        ],
        ("bm3d", Gamma(), "it is for gaussian noise, not gamma"),
        (
            "anscombe-bm3d",
            Gaussian(),
            "it is for poisson and poisson-gaussian noise; bm3d takes gaussian noise",
        ),
        ("anscombe-bm3d", Gamma(), "it is for poisson and poisson-gaussian noise, not gamma"),
        *[
            (name, Gamma(), "it is for gaussian, poisson and poisson-gaussian noise, not gamma")
            for name in ("nlm", "tv", "wavelet")
        ],
        *[
            (name, family, None)
            for name in ("identity", "nlm", "tv", "wavelet")
            for family in (Gaussian(), Poisson(), PoissonGaussian())
        ],
        ("identity", Gamma(), None),
    ],
)
@pytest.mark.parametrize("parameters", ["known", "unknown"])
@pytest.mark.parametrize("channels", [1, 3])
def test_noise_that_a_method_is_not_for_is_declined(name, family, reason, parameters, channels):
    method = NAMES[name]
    asked = task(family, parameters, channels, 1.0, 2.0)
    assert method.declines(method.config_type(), asked) == reason


@pytest.mark.parametrize(("name", "family"), [("bm3d", Gaussian()), ("anscombe-bm3d", Poisson())])
def test_a_missing_package_is_declined_with_the_command_that_installs_it(name, family, monkeypatch):
    monkeypatch.setitem(sys.modules, "bm3d", None)  # as if it were not there
    reason = NAMES[name].declines(NAMES[name].config_type(), task(family))
    assert reason is not None
    assert "\n" not in reason
    assert "non-commercial" in reason
    assert reason.endswith(INSTALL)


def test_a_comparison_goes_on_without_a_missing_package(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "bm3d", None)  # as if it were not there
    make_images(tmp_path / "test", 1)
    call = ["compare", "--methods", "identity,bm3d,tv", "--datasets", "folder:test", "--dry-run"]
    done = bench(*call, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    (line,) = [line for line in done.stderr.splitlines() if "bm3d" in line]
    assert line.startswith("bm3d declines gaussian:25 known: ")
    assert line.endswith(INSTALL)
    assert "identity" in done.stdout
    assert "tv" in done.stdout


@pytest.mark.parametrize(
    ("spec", "message"),
    [
        ("bm3d:profile=deb", r"bm3d\.profile: 'deb' is none of np, lc, vn, high"),
        ("anscombe-bm3d:profile=x", r"anscombe-bm3d\.profile: 'x' is none of np, lc, vn, high"),
        (
            "anscombe-bm3d:inverse=none",
            r"anscombe-bm3d\.inverse: 'none' is none of exact, asymptotic, algebraic",
        ),
        ("nlm:h=0", r"nlm\.h: '0' is not in 0\.001\.\.1000"),
        ("nlm:h=nan", r"nlm\.h: 'nan' is not a number"),
        ("nlm:patch_px=4", r"nlm\.patch_px: 4 must be odd and above 0"),
        ("nlm:patch_px=-1", r"nlm\.patch_px: '-1' is not in 1\.\.63"),
        ("nlm:distance_px=0", r"nlm\.distance_px: '0' is not in 1\.\.50"),
        ("nlm:distance_px=1000000", r"nlm\.distance_px: '1000000' is not in 1\.\.50"),
        ("tv:weight=-1", r"tv\.weight: '-1' is not in 0\.001\.\.1000"),
        ("tv:weight=1e-320", r"tv\.weight: '1e-320' is not in 0\.001\.\.1000"),
        ("tv:eps=inf", r"tv\.eps: 'inf' is not a number"),
        ("tv:iterations=0", r"tv\.iterations: '0' is not in 1\.\.100000"),
        ("wavelet:wavelet=sym", r"wavelet\.wavelet: PyWavelets has no 'sym'; give one like sym4"),
        ("wavelet:wavelet=bior2.2", r"wavelet\.wavelet: bior2\.2 is not orthogonal; give one like"),
        ("wavelet:rule=sure", r"wavelet\.rule: 'sure' is none of bayes, visu"),
        ("wavelet:levels=11", r"wavelet\.levels: 11 must lie in 0\.\.10"),
        ("wavelet:mode=firm", r"wavelet\.mode: 'firm' is none of soft, hard"),
    ],
)
def test_a_setting_that_makes_no_sense_is_refused(spec, message):
    parsed = parse_spec(spec)
    with pytest.raises(UserError, match=message):
        build_config(NAMES[parsed.name].config_type, parsed)


@pytest.mark.parametrize(
    "spec",
    ["anscombe-bm3d:inverse=algebraic:profile=lc", "nlm:h=0.8", "wavelet:rule=visu:wavelet=db2"],
)
def test_settings_are_read_and_written_alike(spec):
    parsed = parse_spec(spec)
    config = build_config(NAMES[parsed.name].config_type, parsed)
    assert str(config_spec(parsed.name, config)) == spec


@pytest.mark.parametrize(
    ("settings", "size", "most"),
    [({"levels": 10}, (40, 40), 2), ({"levels": 3}, (55, 900), 2), ({"levels": 1}, (13, 20), 0)],
)
def test_more_halvings_than_an_image_allows_are_refused_with_the_most(settings, size, most):
    with pytest.raises(
        UserError, match=rf"^wavelet\.levels: {settings['levels']} .* {most} at mos"
    ):
        denoised(Wavelet(), torch.zeros(1, 1, *size), 25.0, **settings)


def test_as_many_halvings_as_an_image_allows_are_made():
    image = torch.zeros(1, 1, 56, 60)
    assert denoised(Wavelet(), image, 25.0, levels=3).image.shape == image.shape
