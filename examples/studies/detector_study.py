"""The figures of docs/estimates.md on detectors: how closely their numbers are found, and what that
is worth to a network for Gaussian noise.

    python examples/studies/detector_study.py

needs CBSD400 and Set12.  The stretch is chosen on 4 training photographs, the rest is of Set12.
"""

from collections.abc import Callable, Iterator

import numpy as np
import numpy.typing as npt
from tabulate import tabulate

from denoisebench.api import load_denoiser
from denoisebench.noise_models.detector import Detector
from denoisebench.noise_models.noise_fit import fit_noise
from denoisebench.plugin import to_gray
from denoisebench.registry.loader import load

Array = npt.NDArray[np.float64]
Denoise = Callable[[Array], Array]

DETECTOR = Detector(gain=2.0, offset=100.0, read=3.0)
PHOTONS = 60.0
STRETCHES = (2.0, 5.0, 10.0, 15.0, 25.0, 40.0, 55.0)
"""σ of the noise after the transform, in 0-255 units."""

RANGE = (0.1, 99.9)
"""Percentiles that a stretch takes to 0 and 1."""


def recorded(clean: Array) -> tuple[Array, Array]:
    """The truth in the detector's numbers and a record of it."""
    rng = np.random.default_rng(0)
    truth = DETECTOR.gain * PHOTONS * clean + DETECTOR.offset
    counts = rng.poisson(PHOTONS * clean)
    noisy = (
        DETECTOR.gain * counts + DETECTOR.offset + DETECTOR.read * rng.standard_normal(clean.shape)
    )
    return truth, np.clip(np.rint(noisy), 0.0, 65535.0)


def stretched(values: Array, denoise: Denoise) -> Array:
    """Denoised between percentiles that are 0 and 1."""
    low, high = np.percentile(values, RANGE)
    return denoise((values - low) / (high - low)) * (high - low) + low


def stabilised(noisy: Array, detector: Detector, denoise: Denoise, sigma_255: float = 0.0) -> Array:
    """Denoised after the transform; sigma_255: of its noise for the network, about the middle at
    ½; 0 to stretch by percentiles."""
    even = detector.stabilise(noisy)
    if not sigma_255:
        return detector.restore(stretched(even, denoise))
    middle, unit = float(np.median(even)), 255.0 / sigma_255
    return detector.restore((denoise((even - middle) / unit + 0.5) - 0.5) * unit + middle)


def psnr(truth: Array, denoised: Array) -> float:
    """Over the range of the truth."""
    return float(10.0 * np.log10(np.ptp(truth) ** 2 / np.mean((truth - denoised) ** 2)))


def rows_of_stretches(photographs: list[Array], denoise: Denoise) -> Iterator[list[object]]:
    pairs = [recorded(clean) for clean in photographs]
    for sigma in (*STRETCHES, 0.0):
        found = [psnr(t, stabilised(y, DETECTOR, denoise, sigma)) for t, y in pairs]
        yield [f"σ = {sigma:g}" if sigma else "percentiles", f"{np.mean(found):.2f}"]


def rows_of_ways(
    photographs: list[Array], gaussian: Denoise, poisson: Denoise
) -> Iterator[list[str]]:
    pairs = [recorded(clean) for clean in photographs]
    fits = [fit_noise([noisy]).fit.detector for _, noisy in pairs]
    ways: dict[str, Callable[[Array, Detector | None], Array]] = {
        "noisy": lambda y, _: y,
        "y / 65535, Gaussian": lambda y, _: 65535.0 * gaussian(y / 65535.0),
        "percentiles, Gaussian": lambda y, _: stretched(y, gaussian),
        "percentiles, Poisson": lambda y, _: stretched(y, poisson),
        "true detector, Gaussian": lambda y, _: stabilised(y, DETECTOR, gaussian),
        "fitted detector, Gaussian": lambda y, fit: stabilised(y, fit or DETECTOR, gaussian),
    }
    for name, way in ways.items():
        found = [psnr(t, way(y, fit)) for (t, y), fit in zip(pairs, fits, strict=True)]
        yield [name, f"{np.mean(found):.2f}"]
    gains = [fit.gain for fit in fits if fit is not None]
    yield [f"gain: {len(gains)} of {len(fits)} found", f"{min(gains):.2f} to {max(gains):.2f}"]


def main() -> None:
    registries = load()
    gaussian, poisson = (
        load_denoiser("noise2score", noise=noise, parameters="unknown")
        for noise in ("gaussian:25", "poisson:0.05")
    )
    training = [to_gray(image.load())[0] for image in registries.image_set("cbsd400").images[::100]]
    tested = [image.load()[0] for image in registries.image_set("set12").images[:7]]
    print(tabulate(rows_of_stretches(training, gaussian), ["stretch", "PSNR"], "github"), "\n")
    print(tabulate(rows_of_ways(tested, gaussian, poisson), ["way", "PSNR"], "github"))


if __name__ == "__main__":
    main()
