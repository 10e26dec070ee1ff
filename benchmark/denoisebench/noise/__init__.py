"""The suite's own noise models, registered as any plugin's are."""

from collections.abc import Iterable

from denoisebench.hookspecs import hookimpl
from denoisebench.noise.aliases import ChiSquare, Exponential, PoissonPeak, Rayleigh
from denoisebench.noise.correlated import Correlated
from denoisebench.noise.dropout import Dropout
from denoisebench.noise.gamma import Gamma
from denoisebench.noise.gaussian import Gaussian
from denoisebench.noise.heteroscedastic import Heteroscedastic, HeteroscedasticShared
from denoisebench.noise.impulse import Impulse, ImpulseChannel
from denoisebench.noise.model import NoiseFamily
from denoisebench.noise.multivariate import MultivariateGaussian
from denoisebench.noise.poisson import Poisson
from denoisebench.noise.real import Real
from denoisebench.noise.text import Text
from denoisebench.noise.weibull import Weibull


@hookimpl
def register_noise_models() -> Iterable[NoiseFamily]:
    named_otherwise = [Rayleigh(), Exponential(), ChiSquare(), PoissonPeak()]
    gaussian_too = [
        Heteroscedastic(),
        HeteroscedasticShared(),
        MultivariateGaussian(),
        Correlated(),
    ]
    pixels_lost = [Impulse(), ImpulseChannel(), Dropout(), Text()]
    one_level = [Gaussian(), Poisson(), Gamma(), Weibull()]
    return [*one_level, *named_otherwise, *gaussian_too, *pixels_lost, Real()]
