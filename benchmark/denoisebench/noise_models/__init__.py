"""The suite's own noise models, registered as any plugin's are."""

from collections.abc import Iterable

from denoisebench.noise.family import NoiseFamily
from denoisebench.noise_models.additive import Laplace, Uniform
from denoisebench.noise_models.aliases import (
    ChiSquare,
    Exponential,
    PoissonPeak,
    Rayleigh,
    Speckle,
)
from denoisebench.noise_models.correlated import Correlated
from denoisebench.noise_models.dropout import Dropout
from denoisebench.noise_models.gamma import Gamma
from denoisebench.noise_models.gaussian import Gaussian
from denoisebench.noise_models.heteroscedastic import Heteroscedastic, HeteroscedasticShared
from denoisebench.noise_models.impulse import Impulse, ImpulseChannel
from denoisebench.noise_models.multivariate import MultivariateGaussian
from denoisebench.noise_models.poisson import Poisson
from denoisebench.noise_models.poisson_gaussian import PoissonGaussian
from denoisebench.noise_models.real import Real
from denoisebench.noise_models.rician import Rician
from denoisebench.noise_models.salt_and_pepper import SaltAndPepper
from denoisebench.noise_models.text import Text
from denoisebench.noise_models.weibull import Weibull
from denoisebench.plugin.hooks import hookimpl


@hookimpl
def register_noise_models() -> Iterable[NoiseFamily]:
    named_otherwise = [Rayleigh(), Exponential(), ChiSquare(), PoissonPeak(), Speckle()]
    gaussian_too = [
        Heteroscedastic(),
        HeteroscedasticShared(),
        MultivariateGaussian(),
        Correlated(),
    ]
    additive = [Uniform(), Laplace()]
    pixels_lost = [Impulse(), ImpulseChannel(), SaltAndPepper(), Dropout(), Text()]
    one_level = [Gaussian(), Poisson(), Gamma(), Weibull()]
    means = [*one_level, *named_otherwise, PoissonGaussian(), *gaussian_too, *additive]
    return [*means, Rician(), *pixels_lost, Real()]
