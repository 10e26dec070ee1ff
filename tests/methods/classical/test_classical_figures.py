"""The classical figures on public sets: run by `make bm3d` with DENOISEBENCH_DATA (half an hour).

The reference figures were measured with bm3d 4.0.3, noise drawn by another generator.  Protocol
`float` does not round the estimate to 8 bits, which gives up to 0.03 dB less than rounding it.
"""

from collections.abc import Callable
from statistics import fmean

import pytest
import torch
from protocols import get_protocol

from classical import AnscombeBm3d, Bm3d
from denoisebench.images.image_set import ImageSet
from denoisebench.noise.family import Noise
from denoisebench.noise_models.gaussian import Gaussian
from denoisebench.noise_models.poisson import Poisson
from denoisebench.plugin.method import Denoised, Task

pytestmark = [pytest.mark.bm3d, pytest.mark.slow]
pytest.importorskip("bm3d", reason="the optional package bm3d is not installed")


@pytest.mark.parametrize(
    ("method", "family", "level", "dataset", "psnr_db"),
    [
        (Bm3d(), Gaussian(), 25.0, "set12", 29.98),
        (Bm3d(), Gaussian(), 50.0, "set12", 26.75),
        (AnscombeBm3d(), Poisson(), 0.01, "set12", 31.73),
        (AnscombeBm3d(), Poisson(), 0.05, "set12", 27.96),
        (Bm3d(), Gaussian(), 25.0, "bsd68", 28.63),
        (Bm3d(), Gaussian(), 25.0, "cbsd68", 30.83),
    ],
    ids=lambda value: getattr(value, "name", str(value)),
)
def test_a_public_set_gives_the_figure_known_for_it_within_a_tenth_of_a_decibel(
    real_set: Callable[[str], ImageSet],
    method: Bm3d | AnscombeBm3d,
    family: Gaussian | Poisson,
    level: float,
    dataset: str,
    psnr_db: float,
) -> None:
    image_set, noise = real_set(dataset), Noise(family, level, level)
    task = Task(noise, "known", image_set.channels)
    scores = []
    for image in image_set.images:
        clean = image.read().clean
        noisy = torch.from_numpy(noise.noisy(clean, seed=0)[0])[None]
        found = method.denoise(method.config_type(), task, noisy, level)
        assert isinstance(found, Denoised)
        scores.append(get_protocol("float").score(found.image[0].numpy(), clean).psnr_db)
    assert fmean(scores) == pytest.approx(psnr_db, abs=0.1)
