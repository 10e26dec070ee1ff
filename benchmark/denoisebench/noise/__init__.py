"""The suite's own noise models, registered as any plugin's are."""

from collections.abc import Iterable

from denoisebench.hookspecs import hookimpl
from denoisebench.noise.aliases import ChiSquare, Exponential, Rayleigh
from denoisebench.noise.gamma import Gamma
from denoisebench.noise.gaussian import Gaussian
from denoisebench.noise.model import NoiseFamily
from denoisebench.noise.poisson import Poisson
from denoisebench.noise.weibull import Weibull


@hookimpl
def register_noise_models() -> Iterable[NoiseFamily]:
    return [Gaussian(), Poisson(), Gamma(), Weibull(), Rayleigh(), Exponential(), ChiSquare()]
