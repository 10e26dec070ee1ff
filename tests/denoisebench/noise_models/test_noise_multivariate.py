"""Multivariate Gaussian noise: golden noisy images, its covariances given and random, and specs."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from noises import FAMILIES, begin_of_hash, noise, ramp, refuses
from scipy import linalg, stats

from denoisebench.budgets import get_budget
from denoisebench.errors import UserError
from denoisebench.noise.stream import Stream
from denoisebench.noise_models.multivariate import (
    EXAMPLE,
    cholesky,
    positive_definite,
    random_covariance,
    turned_covariance,
)
from denoisebench.planning.planner import make_plan
from denoisebench.planning.request import Request
from denoisebench.registry.loader import load

FAMILY = FAMILIES["multivariate-gaussian"]
SIDE = 120
GIVEN = f"multivariate-gaussian:1:covariance={EXAMPLE}"

# (spec, seed, draw) -> how the hash of the ramp's noisy copy begins, see test_noise_models.py.
GOLDEN = {
    ("multivariate-gaussian:75", 0, 0): "86c6a5343f6b6f54",
    ("multivariate-gaussian:75", 1, 1): "0655d3097f00f2f2",
    ("multivariate-gaussian:15..75", 0, 0): "596fd040d787b993",
    (GIVEN, 0, 0): "4adaabb72ca9b32f",
    (GIVEN, 0, 1): "9a2f555c3d464ad9",
}


def flat(value=0.5, side=SIDE):
    return np.full((3, side, side), value, dtype=np.float32)


def matrix(triangle):
    """The symmetric matrix of an upper triangle."""
    full = np.zeros((3, 3))
    full[np.triu_indices(3)] = triangle
    return full + np.triu(full, 1).T


def covariance_255(noisy):
    """What the covariance of a noisy flat image (3, H, W) is, in 0-255 units squared."""
    return np.cov(255.0 * noisy.reshape(3, -1).astype(np.float64))


def fresh(text, clean, levels, seed=0):
    """Fresh noisy copies of `clean` (3, H, W), one for each level: (B, 3, H, W)."""
    batch = torch.from_numpy(clean).expand(len(levels), *clean.shape)
    rng = torch.Generator().manual_seed(seed)
    level = torch.tensor(levels, dtype=torch.float32).view(-1, 1, 1, 1)
    return noise(text).family.resample(batch, level, rng).numpy()


def uniforms(count):
    return np.random.default_rng(0).uniform(size=(count, 12)).tolist()


@pytest.mark.parametrize(("text", "seed", "draw"), GOLDEN)
def test_a_noisy_image_is_the_same_on_every_machine_for_ever(text, seed, draw):
    assert begin_of_hash(text, seed, draw, ramp()) == GOLDEN[text, seed, draw]


def test_noise_of_a_given_covariance_has_it_at_any_level():
    expected = matrix([float(entry) for entry in EXAMPLE.split("/")])
    once, twice = fresh(GIVEN, flat(), [1.0, 2.0])
    for noisy, factor in ((noise(GIVEN).noisy(flat(), seed=0)[0], 1), (once, 1), (twice, 4)):
        assert noisy.dtype == np.float32
        assert np.abs(covariance_255(noisy) / factor - expected).max() < 5 * 3700 / SIDE
        std = np.sqrt(factor * np.diag(expected))
        z = (255.0 * (noisy - 0.5)).reshape(3, -1) / std[:, None]
        assert all(stats.kstest(channel, "norm").pvalue > 1e-3 for channel in z)


def test_the_covariance_is_exact_in_every_entry_where_channels_are_correlated_strongly():
    text = "multivariate-gaussian:10:covariance=1/0.9/-0.5/2/-1/3"
    expected = 100 * matrix([1, 0.9, -0.5, 2, -1, 3])
    for noisy in (noise(text).noisy(flat(), seed=0)[0], fresh(text, flat(), [10.0])[0]):
        assert np.abs(covariance_255(noisy) - expected).max() < 5 * 300 / SIDE


def test_the_factor_of_a_covariance_multiplies_to_it():
    for u in uniforms(20):
        upper = np.triu(matrix(cholesky(random_covariance(u))))
        assert upper.T @ upper == pytest.approx(matrix(random_covariance(u)), abs=1e-14)


def test_a_random_covariance_is_that_of_an_orthonormal_basis_and_its_variances():
    for u in uniforms(20):
        basis, _ = np.linalg.qr(np.reshape(u[3:], (3, 3)).T)
        expected = np.abs(basis.T @ np.diag(u[:3]) @ basis)
        assert matrix(random_covariance(u)) == pytest.approx(expected, abs=1e-12)


def test_the_covariance_of_the_papers_validation_comes_of_its_variances_and_basis():
    """NumPy's legacy seed 0 for D, and again for the vectors of U."""
    u = np.random.RandomState(0).uniform(size=9)
    basis = linalg.orth(u.reshape(3, 3))
    ours = 75.0**2 * np.array(turned_covariance(u[:3], basis.T))
    assert ours == pytest.approx([float(entry) for entry in EXAMPLE.split("/")], abs=0.05)


def test_absolute_values_leave_a_random_covariance_positive_definite():
    assert all(positive_definite(random_covariance(u)) for u in uniforms(2000))
    minus = [u for u in uniforms(200) if _signed_product(u) < 0.0]
    assert len(minus) > 20  # where the absolute values change the determinant
    for u in minus:
        assert np.linalg.eigvalsh(matrix(random_covariance(u))).min() > 0.0


def _signed_product(u):
    basis, _ = np.linalg.qr(np.reshape(u[3:], (3, 3)).T)
    signed = basis.T @ np.diag(u[:3]) @ basis
    return signed[0, 1] * signed[0, 2] * signed[1, 2]


def test_a_random_covariance_is_drawn_for_each_image_and_draw():
    clean, other = flat(), flat(0.6)
    model = noise("multivariate-gaussian:75")
    fixed = [
        *(model.noisy(clean, seed=0, draw=draw)[0] for draw in (0, 1)),
        model.noisy(other, seed=0)[0],
    ]
    drawn = fresh("multivariate-gaussian:75", clean, [75.0] * 3)
    for first, second, third in (fixed, drawn):
        assert np.abs(covariance_255(first) - covariance_255(second)).max() > 500
        assert np.abs(covariance_255(first) - covariance_255(third)).max() > 500


def test_the_noise_is_on_average_half_the_level_squared_whatever_the_random_covariance():
    small = flat(side=24)
    fixed = [noise("multivariate-gaussian:75").noisy(small, seed=s)[0] for s in range(60)]
    drawn = fresh("multivariate-gaussian:75", small, [75.0] * 200)
    for copies, spread in ((fixed, 60), (drawn, 200)):
        variances = [np.trace(covariance_255(noisy)) / 3 for noisy in copies]
        error = 75.0**2 * np.sqrt(1 / 12 / 3 / spread)
        assert np.mean(variances) == pytest.approx(75.0**2 / 2, abs=4 * error)


def test_uniforms_of_0_or_1_make_finite_noise():
    family = noise("multivariate-gaussian:75").family
    assert np.isfinite(cholesky(random_covariance([0.0] * 3 + [1, 0, 0, 0, 1, 0, 0, 0, 1]))).all()
    assert np.isfinite(family.sample(flat(1.0, 8), 1000.0, Stream("bright"))).all()


@pytest.mark.parametrize(
    ("text", "canonical"),
    [
        ("multivariate-gaussian:75.0", "multivariate-gaussian:75"),
        ("multivariate-gaussian:15..75", "multivariate-gaussian:15..75"),
        (GIVEN, GIVEN),
        (
            "multivariate-gaussian:1.0:covariance=1.0/ 0.30000000000001/0/1/-0/2e0",
            "multivariate-gaussian:1:covariance=1/0.3/0/1/0/2",
        ),
    ],
)
def test_a_spec_has_one_canonical_text_which_names_its_noise(text, canonical):
    assert str(noise(text)) == canonical
    assert str(noise(canonical)) == canonical
    assert noise(text) == noise(canonical)
    ours, theirs = noise(text).noisy(ramp(), seed=0), noise(canonical).noisy(ramp(), seed=0)
    assert (ours[0] == theirs[0]).all()


def test_the_blind_range_keeps_the_covariance_and_is_as_strong_as_that_of_a_random_one():
    assert str(noise("multivariate-gaussian:75").blind_range()) == "multivariate-gaussian:10..100"
    halves = "covariance=0.5/0/0/0.5/0/0.5"
    assert str(noise(f"multivariate-gaussian:75:{halves}").blind_range()).startswith(
        f"multivariate-gaussian:10..100:{halves}"
    )
    blind = noise(GIVEN).blind_range()
    assert str(blind) == f"multivariate-gaussian:0.12..1.2:covariance={EXAMPLE}"
    assert FAMILY.blind == (10.0, 100.0)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("multivariate-gaussian", r"give one L, as in multivariate-gaussian:75 or multivariate"),
        ("multivariate-gaussian:75:10", r"give one L, as in multivariate-gaussian:75 or"),
        ("multivariate-gaussian:75:r=1", r"give one L, as in multivariate-gaussian:75 or"),
        ("multivariate-gaussian:0", r"L \(standard deviation, .*\) must lie in 0\.01\.\.1000"),
        ("multivariate-gaussian:1:covariance=1/2/3", "covariance is the six entries of the upper"),
        ("multivariate-gaussian:1:covariance=1/0/0/1/0/x", "'x' is not a number"),
        ("multivariate-gaussian:1:covariance=1/2/0/1/0/1", "is not positive definite"),
        ("multivariate-gaussian:1:covariance=-1/0/0/1/0/1", "is not positive definite"),
        ("multivariate-gaussian:1:covariance=1/0/0/1/0/0", "is not positive definite"),
        ("multivariate-gaussian:1:covariance=1/0.9/-0.9/1/0.9/1", "is not positive definite"),
        ("multivariate-gaussian:1:covariance=inf/0/0/1/0/1", "is not a number"),
        ("multivariate-gaussian:1:covariance=nan/0/0/1/0/1", "is not a number"),
    ],
)
def test_a_bad_spec_is_refused_in_one_line_that_says_what_would_be_right(text, message):
    refuses(text, message)


ASKED = Request(
    methods=("identity",),
    noises=("gaussian:25",),
    parameters=("known",),
    datasets=("samples-gray",),
    train_sets=("samples:part=train",),
    draws="fixed",
    budget=get_budget("smoke"),
    weights="none",
    seeds=(0,),
)
GRAY_HAS_NONE = "noise {} is of colour images alone, and samples-gray is gray; give colour images"


@pytest.mark.parametrize(
    "asked",
    [
        replace(ASKED, noises=("multivariate-gaussian:75",)),
        replace(
            ASKED,
            methods=("noise2noise",),
            parameters=("unknown",),
            source_noise="multivariate-gaussian:75",
        ),
        replace(ASKED, methods=("noise2noise",), target_noise="multivariate-gaussian:75"),
    ],
    ids=["test noise", "source noise", "target noise"],
)
def test_a_plan_for_gray_images_is_refused_and_one_for_colour_is_made(asked):
    registries = load()
    message = GRAY_HAS_NONE.format("multivariate-gaussian:75")
    with pytest.raises(UserError, match=f"^{message}$"):
        make_plan(asked, registries)
    assert make_plan(replace(asked, datasets=("samples",)), registries).cells


def test_colour_noise_is_refused_for_gray_images_alone():
    model = noise("multivariate-gaussian:75")
    model.refuse_gray(3, "photo.png")
    noise("gaussian:25").refuse_gray(1, "photo.png")
    with pytest.raises(UserError, match=r"and photo\.png is gray; give colour images"):
        model.refuse_gray(1, "photo.png")
