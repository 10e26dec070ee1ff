"""Noise by another name: the same noise model, noisy image and law."""

import numpy as np
import pytest
import torch
from noises import FAMILIES, noise, refuses
from scipy import stats

from denoisebench.noise.stream import Stream
from denoisebench.specs import parse_spec

GRAY = np.full((1, 200, 200), 0.5, dtype=np.float32)
ALARM = 1e-3  # the seeds are fixed: a test that passes once passes always

LAWS = {
    "rayleigh": stats.rayleigh(scale=0.5 / np.sqrt(np.pi / 2)),
    "exponential": stats.expon(scale=0.5),
    "chi2:6": stats.chi2(6, scale=0.5 / 6),
}


@pytest.mark.parametrize(
    ("text", "canonical"),
    [
        ("rayleigh", "weibull:2"),
        ("exponential", "gamma:1"),
        ("chi2:2", "gamma:1"),
        ("chi2:7", "gamma:3.5"),
        ("chi2:80..240", "gamma:40..120"),
        ("poisson-peak:30", "poisson:0.03333333333"),
        ("poisson-peak:20", "poisson:0.05"),
        ("poisson-peak:5..50", "poisson:0.02..0.2"),
        ("poisson-peak:1e7", "poisson:1e-07"),
        ("poisson-peak:0.1", "poisson:10"),
    ],
)
def test_another_name_means_the_same_noise_model_and_noisy_image(text, canonical):
    assert str(noise(text)) == canonical
    assert type(noise(text).family) is type(noise(canonical).family)
    assert str(noise(text).blind_range()) == str(noise(canonical).blind_range())
    ours, theirs = noise(text).noisy(GRAY, seed=3), noise(canonical).noisy(GRAY, seed=3)
    assert (ours[0] == theirs[0]).all()
    assert ours[1] == theirs[1]


@pytest.mark.parametrize("text", LAWS)
def test_the_noise_follows_the_law_of_its_name(text):
    noisy, _ = noise(text).noisy(GRAY, seed=0)
    assert stats.kstest(noisy.ravel(), LAWS[text].cdf).pvalue > ALARM
    assert LAWS[text].mean() == pytest.approx(0.5)


@pytest.mark.parametrize(
    ("name", "level"), [("rayleigh", 2.0), ("exponential", 1.0), ("chi2", 6.0)]
)
def test_a_family_of_another_name_samples_at_its_own_level(name, level):
    law = LAWS[f"{name}:{level:g}" if name == "chi2" else name]
    fixed = FAMILIES[name].sample(GRAY, level, Stream("alias"))
    rng = torch.Generator().manual_seed(0)
    fresh = FAMILIES[name].resample(torch.from_numpy(GRAY), torch.tensor(level), rng)
    for noisy in (fixed.ravel(), fresh.numpy().ravel()):
        assert stats.kstest(noisy, law.cdf).pvalue > ALARM


@pytest.mark.parametrize("name", ["rayleigh", "exponential", "chi2", "poisson-peak"])
def test_the_summary_says_what_it_is_the_same_as(name):
    assert "the same as " in FAMILIES[name].summary


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("rayleigh:3", "rayleigh has no level, it is weibull:2; write rayleigh"),
        ("rayleigh:k=2", "rayleigh has no level, it is weibull:2; write rayleigh"),
        ("exponential:1", "exponential has no level, it is gamma:1; write exponential"),
        ("chi2", "give one ν, as in chi2:80"),
        ("chi2:1", r"ν \(degrees of freedom, 2 or more\) must lie in 2\.\.20000000"),
        ("chi2:9..4", r"the range runs backwards; write 4\.\.9"),
        ("poisson-peak", r"give one P, as in poisson-peak:10"),
        ("poisson-peak:0", r"P \(counts at intensity 1\) must lie in 0\.1\.\.10000000"),
        ("poisson-peak:50..5", r"the range runs backwards; write 5\.\.50"),
    ],
)
def test_a_bad_spec_is_refused_in_one_line_that_says_what_would_be_right(text, message):
    refuses(text, message)


def test_the_estimate_of_chi_square_noise_is_in_its_degrees_of_freedom():
    ramp = np.linspace(0.5, 0.7, 96, dtype=np.float32)
    noisy, level = (
        FAMILIES["chi2"]
        .parse(parse_spec("chi2:100"))
        .noisy(np.broadcast_to(ramp, (1, 96, 96)).copy(), seed=0)
    )
    assert level == 50.0  # it is gamma:50
    assert FAMILIES["chi2"].estimate(noisy) == pytest.approx(100.0, rel=0.1)
    assert FAMILIES["chi2"].estimate(np.zeros((1, 8, 8), np.float32)) is None


def test_counts_of_a_peak_are_whole_and_have_its_mean_and_variance():
    rng = torch.Generator().manual_seed(0)
    family = FAMILIES["poisson-peak"]
    fixed = family.sample(GRAY, 30.0, Stream("peak"))
    fresh = family.resample(torch.from_numpy(GRAY)[None], torch.tensor(30.0), rng).numpy()
    for noisy in (fixed, fresh):
        counts = 30.0 * noisy.astype(np.float64)
        assert np.abs(counts - np.rint(counts)).max() < 1e-4
        assert counts.mean() == pytest.approx(15.0, abs=4 * np.sqrt(15.0) / 200)
        assert counts.var() == pytest.approx(15.0, rel=0.05)


def test_the_estimate_and_the_formula_of_a_peak_are_those_of_its_poisson_noise():
    ramp = np.broadcast_to(np.linspace(0.3, 0.7, 96, dtype=np.float32), (1, 96, 96)).copy()
    noisy, level = noise("poisson-peak:30").noisy(ramp, seed=0)
    assert level == float("0.03333333333")
    assert FAMILIES["poisson-peak"].estimate(noisy) == pytest.approx(30.0, rel=0.1)
    assert FAMILIES["poisson-peak"].estimate(np.zeros((1, 8, 8), np.float32)) is None
    y, score = torch.tensor([0.1, 0.5]), torch.tensor([1.0, -2.0])
    peak, zeta = torch.tensor(20.0), torch.tensor(0.05)
    ours = FAMILIES["poisson-peak"].tweedie(y, score, peak)
    assert torch.allclose(ours, FAMILIES["poisson"].tweedie(y, score, zeta))
