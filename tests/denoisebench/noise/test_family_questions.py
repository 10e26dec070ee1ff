"""What methods ask a noise family, which answers for itself: names are not looked at."""

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
    assert able == {"chi2", "gamma", "gaussian", "poisson", "poisson-peak", "weibull"}
