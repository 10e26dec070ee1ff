"""A noise family under check, and how far a mean is off."""

import math
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

from denoisebench.conformance.subject import Subject
from denoisebench.images.channels import COLOUR, GRAY
from denoisebench.images.pixels import Pixels
from denoisebench.noise.family import Noise, NoiseFamily

IMAGES, SIDE_PX = 64, 128
"""A million pixels.  A mean over them has the spread of the means of single images as its error,
also where the noise of neighbours is alike."""

LOW, MIDDLE, HIGH = 0.1, 0.5, 0.9
"""Quantiles of the blind range.  At the low one no bound of the pixels is near."""

Array = npt.NDArray[np.float64]


@dataclass(eq=False, kw_only=True)
class NoiseSubject(Subject):
    """A noise family."""

    @property
    def family(self) -> NoiseFamily:
        assert isinstance(self.thing, NoiseFamily)  # by its kind
        return self.thing

    @property
    def channels(self) -> int:
        return COLOUR if self.family.colour_only else GRAY

    def at(self, quantile: float) -> Noise:
        """The noise at a quantile of the blind range."""
        level = Noise(self.family, *self.family.blind).level_quantile(quantile)
        return Noise(self.family, level, level)

    @cached_property
    def low(self) -> tuple[Pixels, Pixels]:
        """Clean and noisy images, (N, C, H, W), at a low level, between 0.2 and 0.8."""
        return self.drawn(self.at(LOW), np.linspace(0.2, 0.8, IMAGES))

    def drawn(self, noise: Noise, values: Array) -> tuple[Pixels, Pixels]:
        """Images of one value each, and their noisy copies."""
        shape = (self.channels, SIDE_PX, SIDE_PX)
        clean = np.stack([np.full(shape, value, np.float32) for value in values])
        noisy = [noise.noisy(image, seed=seed)[0] for seed, image in enumerate(clean)]
        return clean, np.stack(noisy)


def means_of(values: npt.NDArray[np.floating[Any]]) -> Array:
    """Of each image."""
    means: Array = values.mean(axis=(1, 2, 3))
    return means


def deviations(means: Array) -> float:
    """How many standard errors the mean of independent values is above 0."""
    error = float(means.std(ddof=1)) / math.sqrt(len(means))
    return float(means.mean()) / max(error, 1e-9)
