"""BM3D, and Anscombe-BM3D for the noise of counts, through the authors' package.

Dabov, Foi, Katkovnik & Egiazarian, *Image Denoising by Sparse 3-D Transform-Domain Collaborative
Filtering*, IEEE TIP 2007; the package `bm3d` 4 is that of Mäkinen, Azzari & Foi, *Collaborative
Filtering of Correlated Noise*, IEEE TIP 2020.  Its licence is for non-commercial use: it is an
optional extra and imported only to denoise.
"""

import importlib.util
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np

from classical.adapter import COUNTS, GAUSSIAN, Array, declines_all_but, filter_image
from denoisebench.plugin import (
    Denoised,
    Inverse,
    Task,
    UntrainedMethod,
    refuse_unknown_words,
)

if TYPE_CHECKING:
    from torch import Tensor

Profile = Literal["np", "lc", "vn", "high"]

PROFILES: dict[Profile, str] = {
    "np": "BM3DProfile",
    "lc": "BM3DProfileLC",
    "vn": "BM3DProfileVN",
    "high": "BM3DProfileHigh",
}
"""Normal, low complexity, very noisy, high quality: the package's classes."""

OPPONENT = np.array([[1 / 3, 1 / 3, 1 / 3], [1 / 2, 0, -1 / 2], [1 / 4, -1 / 2, 1 / 4]])
"""RGB to brightness and two colour differences, as `bm3d_rgb` has it."""

LEAST_RANGE = 0.01
"""The least range of a colour difference, in standard deviations of the noise in it."""

MISSING = (
    "the package bm3d (for non-commercial use) is not installed:"
    " python -m pip install 'denoisebench[bm3d]'"
)


def bm3d_denoise(image: Array, sigma: float, profile: Profile) -> Array:
    """BM3D of (H, W), or of (H, W, 3) with blocks matched on brightness; sides of 9 pixels or more.

    sigma: of white noise, in the image's unit, the same in each channel.  One thread, so that the
    result is the same to the bit every time.

    `bm3d_rgb` divides by the range of each colour difference.  Where one is flat (a gray or blank
    image stored as RGB: its channels share one noise) the channels are denoised apart.
    """
    import bm3d

    settings = getattr(bm3d, PROFILES[profile])()
    settings.num_threads = 1
    if image.ndim == 2:
        gray: Array = bm3d.bm3d(image, sigma, settings)
        return gray
    if np.ptp(image @ OPPONENT.T, axis=(0, 1)).min() > LEAST_RANGE * sigma:
        colour: Array = bm3d.bm3d_rgb(image, sigma, settings)
        return colour
    channels = np.moveaxis(image, -1, 0)
    return np.stack([bm3d.bm3d(channel, sigma, settings) for channel in channels], axis=-1)


def _missing() -> str | None:
    return None if importlib.util.find_spec("bm3d") else MISSING


@dataclass(frozen=True, kw_only=True, slots=True)
class Bm3dConfig:
    """profile: a set of BM3D's parameters, a `Profile`."""

    profile: Profile = "np"

    def __post_init__(self) -> None:
        refuse_unknown_words(self)


class Bm3d(UntrainedMethod[Bm3dConfig]):
    name = "bm3d"
    summary = "similar blocks filtered together (Dabov et al., IEEE TIP 2007); Gaussian noise"
    paper_code = "the package bm3d (for non-commercial use)"
    config_type = Bm3dConfig

    def declines(self, config: Bm3dConfig, task: Task) -> str | None:
        name = task.noise.family.name
        if name in COUNTS:
            return f"it is for gaussian noise; anscombe-bm3d takes {name} noise"
        return declines_all_but(GAUSSIAN, task) or _missing()

    def denoise(
        self, config: Bm3dConfig, task: Task, noisy: "Tensor", level: float | None
    ) -> Denoised:
        return _filter(config.profile, task, noisy, level, "exact")


@dataclass(frozen=True, kw_only=True, slots=True)
class AnscombeBm3dConfig:
    """profile: of BM3D, a `Profile`.  inverse: of the transform, an `Inverse`."""

    profile: Profile = "np"
    inverse: Inverse = "exact"

    def __post_init__(self) -> None:
        refuse_unknown_words(self)


class AnscombeBm3d(UntrainedMethod[AnscombeBm3dConfig]):
    name = "anscombe-bm3d"
    summary = "BM3D of Anscombe's transform of counts (Mäkitalo & Foi 2011, 2013)"
    paper_code = "the package bm3d (for non-commercial use)"
    config_type = AnscombeBm3dConfig

    def declines(self, config: AnscombeBm3dConfig, task: Task) -> str | None:
        if task.noise.family.name in GAUSSIAN:
            return "it is for poisson and poisson-gaussian noise; bm3d takes gaussian noise"
        return declines_all_but(COUNTS, task) or _missing()

    def denoise(
        self, config: AnscombeBm3dConfig, task: Task, noisy: "Tensor", level: float | None
    ) -> Denoised:
        return _filter(config.profile, task, noisy, level, config.inverse)


def _filter(
    profile: Profile, task: Task, noisy: "Tensor", level: float | None, inverse: Inverse
) -> Denoised:
    def denoise(image: Array, sigma: float) -> Array:
        return bm3d_denoise(image, sigma, profile)

    return filter_image(task, noisy, level, denoise, inverse=inverse)
