"""The suite's own noise models, registered as any plugin's are."""

from collections.abc import Iterable

from denoisebench.hookspecs import hookimpl
from denoisebench.noise.aliases import ChiSquare, Exponential, PoissonPeak, Rayleigh
from denoisebench.noise.dropout import Dropout
from denoisebench.noise.gamma import Gamma
from denoisebench.noise.gaussian import Gaussian
from denoisebench.noise.impulse import Impulse, ImpulseChannel
from denoisebench.noise.model import NoiseFamily
from denoisebench.noise.poisson import Poisson
from denoisebench.noise.text import Text
from denoisebench.noise.weibull import Weibull


@hookimpl
def register_noise_models() -> Iterable[NoiseFamily]:
    named_otherwise = [Rayleigh(), Exponential(), ChiSquare(), PoissonPeak()]
    pixels_lost = [Impulse(), ImpulseChannel(), Dropout(), Text()]
    return [Gaussian(), Poisson(), Gamma(), Weibull(), *named_otherwise, *pixels_lost]
