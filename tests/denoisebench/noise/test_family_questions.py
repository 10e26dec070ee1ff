"""What methods ask a noise family, which answers for itself: names are not looked at."""

import pytest
import torch

from denoisebench.errors import UserError
from denoisebench.images.pixels import Pixels
from denoisebench.noise.family import NoiseFamily
from denoisebench.noise.stream import Stream
from denoisebench.registry.loader import load


class Shifted(NoiseFamily):
    """y = x: a family of which nothing is known but how it is drawn."""

    name, summary, symbol, unit = "shifted", "y = x", "a", "none"
    lowest, highest, blind = 0.0, 1.0, (0.1, 0.9)

    def sample(self, clean: Pixels, level: float, stream: Stream) -> Pixels:
        return clean


class Guessed(Shifted):
    def estimate(self, noisy: Pixels) -> float | None:
        return float(noisy.mean())


def test_a_family_can_estimate_where_it_defines_how() -> None:
    assert not Shifted().can_estimate
    assert Guessed().can_estimate


def test_these_families_estimate_their_level() -> None:
    able = {name for name, family in load().noises.items() if family.can_estimate}
    of_power_laws = {"chi2", "gamma", "gaussian", "poisson", "poisson-peak", "weibull"}
    assert able == of_power_laws | {"laplace", "poisson-gaussian", "uniform"}


SPECS = [
    "gaussian:25",
    "poisson:0.05",
    "gamma:9",
    "weibull:2",
    "weibull:20",
    "correlated:25:0.25",
    "heteroscedastic:40:10",
    "heteroscedastic-shared:40:10",
    "poisson-gaussian:0.05:10",
    "poisson-gaussian:0.05:10:0.05",
    "uniform:25",
    "laplace:25",
]


@pytest.mark.parametrize("text", SPECS)
def test_a_variance_is_that_of_the_noise(text: str) -> None:
    noise = load().noise(text)
    rng, level = torch.Generator().manual_seed(0), torch.full((1, 1, 1, 1), noise.low)
    x = torch.tensor([0.1, 0.5, 0.9]).view(1, 3, 1, 1)
    noisy = noise.family.resample(x.expand(1, 3, 200, 200), level, rng)
    told = noise.family.variance(x, level).expand(1, 3, 1, 1).flatten().tolist()
    assert told == pytest.approx(noisy.var(dim=(0, 2, 3)).tolist(), rel=0.05)


def test_every_family_that_tells_its_variance_is_checked() -> None:
    families = load().noises
    able = {name for name, family in families.items() if family.has_variance}
    assert able == {text.partition(":")[0] for text in SPECS} | {
        "chi2", "exponential", "poisson-peak", "rayleigh", "speckle"
    }  # fmt: skip


@pytest.mark.parametrize(
    ("alias", "level", "text"),
    [("chi2", 18.0, "gamma:9"), ("poisson-peak", 20.0, "poisson:0.05")],
)
def test_an_alias_has_the_variance_of_what_it_stands_for(
    alias: str, level: float, text: str
) -> None:
    noise, x = load().noise(text), torch.tensor([0.1, 0.9])
    told = load().noises[alias].variance(x, torch.tensor(level))
    torch.testing.assert_close(told, noise.family.variance(x, torch.tensor(noise.low)))


def test_a_family_that_tells_no_variance_says_so() -> None:
    assert not Shifted().has_variance
    with pytest.raises(UserError, match=r"^noise 'shifted' does not define its variance$"):
        Shifted().variance(torch.zeros(1), torch.zeros(1))


def test_the_unit_of_a_level_is_told() -> None:
    families = load().noises.values()
    percents = {f.name for f in families if f.unit_scale == 100.0}
    assert percents == {f.name for f in families if f.unit.startswith("percent")}
    sigmas = {f.name for f in families if f.unit_scale == 255.0}
    assert sigmas == {f.name for f in families if "0-255 units" in f.unit}


def test_every_family_of_gaussian_noise_with_a_matrix_tells_it() -> None:
    families = load().noises
    assert {name for name, family in families.items() if family.has_covariance} == {"correlated"}
    given = load().noise("multivariate-gaussian:1:covariance=4/1/0/2/0/3")
    assert given.family.has_covariance  # a random one is of each image


@pytest.mark.parametrize(
    "text", ["correlated:25:0.7", "multivariate-gaussian:25:covariance=1/0.5/0.2/2/0.1/0.4"]
)
def test_a_covariance_is_that_of_the_noise(text: str) -> None:
    """Cov(a·n, b·n) = aᵀΣb, of any two images a and b."""
    noise, shape = load().noise(text), (3, 6, 7)
    rng = torch.Generator().manual_seed(0)
    a, b = torch.randn(2, *shape, generator=rng)
    level = torch.full((20_000, 1, 1, 1), noise.low)
    drawn = noise.family.resample(torch.zeros(20_000, *shape), level, rng)
    told = [noise.family.times_covariance(x[None], level[:1])[0] for x in (a, b)]
    along_a, along_b = ((drawn * x).sum(dim=(1, 2, 3)) for x in (a, b))
    spread = float((along_a.var() * along_b.var()).sqrt()) * 5.0 / 20_000**0.5
    assert float((along_a * along_b).mean()) == pytest.approx(
        float((a * told[1]).sum()), abs=spread
    )
    assert float(along_a.var()) == pytest.approx(float((a * told[0]).sum()), rel=0.05)


def test_a_family_that_tells_no_covariance_says_so() -> None:
    for family in (Shifted(), load().noise("multivariate-gaussian:25").family):
        assert not family.has_covariance
        with pytest.raises(UserError, match="covariance"):
            family.times_covariance(torch.zeros(1, 3, 2, 2), torch.ones(1))
